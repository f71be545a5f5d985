"""Who may see the page, and what a browser may do with it.

On the loopback interface the check of the Host header keeps other sites out: a site whose name
was made to resolve to 127.0.0.1 (DNS rebinding) still calls itself by its name. Anywhere else a
token is needed, too. It comes once in the URL, as Jupyter has it, and lives in a cookie from then.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Flask, Response, abort, redirect, request

COOKIE = "logdiag"
_MONTH = 30 * 86_400  # seconds
_READING = {"GET", "HEAD"}

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; img-src 'self' data:; "
        # the chart library makes <style> elements; attributes, which a log could reach, stay shut
        "style-src 'self'; style-src-elem 'self' 'unsafe-inline'; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class Access:
    """`token`: what a visitor must know; None: nothing. `names`: under which the page is called.

    An IP address and `localhost` are always right: no name server can make them a stranger's.
    """

    token: str | None = None
    names: frozenset[str] = field(default_factory=frozenset)

    def knows(self, host: str) -> bool:
        """Whether a Host header is one of ours; ports do not matter, tunnels change them."""
        name = _name_of(host)
        return name == "localhost" or name in self.names or _is_address(name)

    def admits(self, word: str | None) -> bool:
        """Whether it is the token, compared in constant time."""
        return self.token is None or hmac.compare_digest(
            (word or "").encode("utf-8", "replace"), self.token.encode()
        )


def new_token() -> str:
    """192 random bits, as text for a URL."""
    return secrets.token_urlsafe(24)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the page there."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def protect(app: Flask, access: Access) -> None:
    """Check every request before anything is done, and give every answer its headers."""

    @app.before_request
    def check() -> Response | None:
        if not access.knows(request.host):
            abort(421, "This page does not answer to the name in the Host header.")
        if request.method not in _READING:
            abort(405)
        if access.token is None:
            return None
        if "token" in request.args and access.admits(request.args["token"]):
            return _welcome(access.token)
        if not access.admits(_shown()):
            abort(401, "Only who has the token may see this page.")
        return None

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.extend(HEADERS)
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


def _shown() -> str | None:
    """The token that the request carries: a browser in its cookie, a program in a header."""
    scheme, _, word = request.headers.get("Authorization", "").partition(" ")
    return word if scheme.lower() == "bearer" else request.cookies.get(COOKIE)


def _welcome(token: str) -> Response:
    """Put the token into a cookie, and take it out of the address bar and the history."""
    rest = [(key, value) for key, value in request.args.items(multi=True) if key != "token"]
    # a path that begins with // would be another host's
    place = "/" + request.path.lstrip("/") + (f"?{urlencode(rest)}" if rest else "")
    response = redirect(place, 303)
    response.set_cookie(COOKIE, token, max_age=_MONTH, httponly=True, samesite="Strict")
    return response  # type: ignore[return-value]


def _name_of(host: str) -> str:
    """The name in a Host header: without port, brackets and the final dot."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".").lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

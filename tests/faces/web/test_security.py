from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.test import Client

from logdiag.faces.web import security
from logdiag.faces.web.security import Access
from tests.faces.filled import leaky, timeline
from tests.faces.web.asking import client, refused

STATUS = "/api/v1/status"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A small timeline."""
    return timeline(tmp_path / "timeline.db", leaky)


@pytest.fixture
def open_page(db: Path) -> Client:
    """A page on the loopback interface, called `page.example.org` beside its address."""
    return client(db, Access(None, frozenset({"page.example.org"})))


@pytest.fixture
def guarded(db: Path) -> Client:
    """A page that others can reach."""
    return client(db, Access("secret"))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8765", "localhost", "LocalHost.:1", "[::1]:8765", "192.0.2.1", "page.example.org"],
)
def test_the_page_answers_to_its_own_names(open_page: Client, host: str) -> None:
    """IP addresses, localhost and the names it was given, whatever the port."""
    assert 200 == open_page.get(STATUS, headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[", "1.2.3", ""]
)
def test_a_strangers_name_for_it_is_refused(open_page: Client, host: str) -> None:
    """A name that was made to resolve to this machine gets nothing, not even a page."""
    response = open_page.get(STATUS, headers={"Host": host})
    assert (421, "This page does not answer to the name in the Host header.") == refused(response)
    assert 421 == open_page.get("/", headers={"Host": host}).status_code


@pytest.mark.parametrize("path", ["/", STATUS, "/static/x.js", "/nowhere"])
def test_without_the_token_nothing_is_shown(guarded: Client, path: str) -> None:
    """Pages, data, static files and errors alike ask for it first."""
    assert [401] * 4 == [
        guarded.get(path, headers=headers).status_code
        for headers in (
            {}, {"Cookie": "logdiag=wrong"}, {"Authorization": "Bearer wrong"},
            {"Authorization": "Bearer"},
        )
    ]  # fmt: skip
    assert 401 == guarded.get(path, query_string={"token": "wrong"}).status_code


def test_the_token_moves_from_the_address_into_a_cookie(guarded: Client) -> None:
    """The first visit is sent on to the same address without it; from then the cookie counts."""
    first = guarded.get("/timeline?service=a%26b&token=secret&q=1")
    assert (303, "/timeline?service=a%26b&q=1") == (first.status_code, first.location)
    assert {"logdiag=secret", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"} == {
        part for part in first.headers["Set-Cookie"].split("; ") if not part.startswith("Expires")
    }
    assert 200 == guarded.get(STATUS).status_code


def test_the_token_leads_to_no_other_host(guarded: Client) -> None:
    """A path that looks like an address of another host stays a path."""
    location = guarded.get("//evil.example/?token=secret").location
    assert location is None or not location.startswith("//")


def test_programs_send_the_token_in_a_header(guarded: Client) -> None:
    """`Authorization: Bearer` is as good as the cookie."""
    headers = {"Authorization": "Bearer secret"}
    assert 200 == guarded.get(STATUS, headers=headers).status_code


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_it_is_for_reading_only(open_page: Client, method: str) -> None:
    """Nothing but GET and HEAD is answered, on any path."""
    for path in ("/", STATUS, "/static/x.js"):
        assert 405 == open_page.open(path, method=method).status_code


@pytest.mark.parametrize("path", ["/", STATUS, "/nowhere", "/api/v1/nowhere"])
def test_every_answer_says_what_a_browser_may_do(open_page: Client, path: str) -> None:
    """No inline script, nothing from elsewhere, no frames, no guessing, no referrer, no CORS."""
    headers = open_page.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert ("'none'", "'self'", "'none'") == (
        policy["default-src"], policy["script-src"], policy["frame-ancestors"]
    )  # fmt: skip
    assert "unsafe-inline" not in policy["script-src"]
    assert ("nosniff", "no-referrer") == (
        headers["X-Content-Type-Options"], headers["Referrer-Policy"]
    )  # fmt: skip
    assert [] == [name for name, _ in headers.items() if name.startswith("Access-Control")]


def test_what_a_stranger_writes_is_escaped(open_page: Client) -> None:
    """HTML in an address comes back as text, on a page and in an error."""
    for path in ("/?service=<script>alert(1)</script>", "/<script>alert(1)</script>"):
        assert "<script>alert" not in open_page.get(path).text


def test_only_loopback_addresses_are_loopback() -> None:
    """Where a token is needed is decided by the address that was bound."""
    assert [True, True, True, False, False, False] == [
        security.is_loopback(host)
        for host in ("127.0.0.1", "::1", "127.8.8.8", "0.0.0.0", "::", "192.0.2.1")
    ]


def test_tokens_cannot_be_guessed() -> None:
    """Each is new, and long."""
    tokens = {security.new_token() for _ in range(100)}
    assert (100, 32) == (len(tokens), min(map(len, tokens)))

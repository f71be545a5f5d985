"""The types of a pattern's fields: what each may look like, and what value it becomes.

A type is either a *run* (any number of characters of one class; it ends where the text that
follows it in the template begins) or a *shape* (an expression of its own). Both are written so
that Python's `re` never goes back over a character it took: runs are possessive (`++`), shapes
are atomic (`(?>...)`). See `compile.py` for why that makes every template linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

from logdiag.model import Event

Value = str | int | float | None
Convert = Callable[[str], Value]

MAX_INT = 2**63 - 1  # what SQLite can keep


class Type(NamedTuple):
    """A field type. Exactly one of `run` (a class, without brackets) and `shape` is given."""

    name: str
    about: str
    run: str = ""
    shape: str = ""
    convert: Convert | None = None


def _known(text: str) -> str | None:
    return None if text == "-" else text  # what access logs write for "nothing"


def digest(text: str) -> str | None:
    """What stands for a secret: the same for the same, and no way back."""
    known = _known(text)
    return known and blake2b(known.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _port(text: str) -> int | None:
    return _integer(text) or None  # 0 is what uvicorn writes behind a proxy


def _integer(text: str) -> int | None:
    value = int(text) if len(text) < 20 else MAX_INT + 1
    return value if abs(value) <= MAX_INT else None


def clean_address(text: str) -> str:
    """An address as every reporter would write it: no brackets, v4 out of a v4-mapped v6."""
    bare = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
    return bare[7:] if bare[:7].lower() == "::ffff:" and "." in bare else bare


def _unquoted(text: str) -> str | None:
    bare = text[1:-1]
    return _known(re.sub(r"\\(.)", r"\1", bare) if "\\" in bare else bare)


_UNITS = {
    "": 1.0,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "milli": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(us|µs|ms|milli|s|m|h|d)?")


def seconds(text: str) -> float | None:
    """`1.5s`, `250 ms`, `1h 2m 3s`, `2min`, `01:02:03` or a bare number as seconds."""
    if ":" in text:
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part or 0)
        return total
    parts = _DURATION.findall(text)
    return round(sum(float(n) * _UNITS[u] for n, u in parts), 9) if parts else None


_V4 = r"(?:\d{1,3}\.){3}\d{1,3}"
_V6 = rf"(?>(?:[0-9A-Fa-f]{{0,4}}:){{2,7}})(?:{_V4}|[0-9A-Fa-f]{{0,4}})(?>(?:%\w++)?)"
_HOST = r"\w[\w-]*+(?>(?:\.\w[\w-]*+)*)"
_UNIT = r"(?:us|µs|ms|milliseconds|minutes?|min|m|seconds?|secs?|s|hours?|h|days?|d)"
_NUMBER = r"[0-9]++(?>(?:\.[0-9]++)?)"
_UUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"

TYPES: dict[str, Type] = {
    kind.name: kind
    for kind in (
        Type("word", "anything without blanks", run=r"\S", convert=_known),
        Type("id", "an identifier: no blanks, quotes, brackets, commas",
             run=r"^\s\"'`()\[\]{}<>,;", convert=_known),
        Type("secret", "an identifier that is kept as a digest only",
             run=r"^\s\"'`()\[\]{}<>,;", convert=digest),
        Type("rest", "anything, up to what follows", run=r"\s\S"),
        Type("int", "a whole number", shape=r"-?[0-9]{1,18}+(?![0-9])", convert=int),
        Type("port", "a port; 0 is none", shape=r"[0-9]{1,5}(?![0-9])", convert=_port),
        Type("closecode", "a close code of RFC 6455, 1000 to 4999",
             shape=r"[1-4][0-9]{3}(?![0-9A-Za-z_-])", convert=int),
        Type("number", "a number, fractions allowed",
             shape=rf"-?{_NUMBER}", convert=float),
        Type("status", "three digits, an HTTP status",
             shape=r"[1-5][0-9]{2}(?![0-9])", convert=int),
        Type("method", "an HTTP method", shape=r"[A-Z]{3,10}(?![A-Za-z])"),
        Type(
            "address",
            "IPv4, IPv6 (bare or in brackets) or a host name",
            shape=rf"\[{_V6}\]|{_V4}(?!\w|\.\w)|{_V6}|{_HOST}",
            convert=clean_address,
        ),
        Type("ip", "IPv4 or IPv6, no host name",
             shape=rf"\[{_V6}\]|{_V4}(?!\w|\.\w)|{_V6}", convert=clean_address),
        Type("path", "a URL or its path, no blanks or quotes",
             shape=r"(?:/|https?://|wss?://|\*)[^\s\"]*+"),
        Type("quoted", "text in double or single quotes",
             shape=r"\"(?>(?:[^\"\\]|\\.)*)\"|'(?>(?:[^'\\]|\\.)*)'", convert=_unquoted),
        Type("uuid", "a UUID", shape=_UUID),
        Type(
            "duration",
            "1.5s, 250 ms, 1h 2m, 01:02:03, or bare seconds",
            shape=rf"[0-9]++(?>(?::[0-9]{{2}}){{1,2}})(?>(?:\.[0-9]++)?)"
            rf"|{_NUMBER}(?>(?:\ ?{_UNIT}(?![A-Za-z]))?)"
            rf"(?>(?:\ {_NUMBER}\ ?{_UNIT}(?![A-Za-z]))*)",
            convert=seconds,
        ),
        Type("time", "a timestamp of any known kind", run=r"^\"\[\]"),
    )
}  # fmt: skip

# Which type a field has when its template does not say.
DEFAULTS: dict[str, str] = {
    "connection": "id", "client": "address", "port": "port", "user": "id", "agent": "rest",
    "path": "path", "status": "status", "code": "int", "reason": "rest", "total": "int",
    "duration": "duration", "state": "int", "recipients": "int", "message": "rest",
    "process": "id", "session": "secret", "time": "time", "_": "word",
}  # fmt: skip
FIELDS: tuple[str, ...] = tuple(name for name in DEFAULTS if name not in ("_", "time"))
SLOTS: dict[str, int] = {name: index for index, name in enumerate(Event._fields)}

_KIND: dict[str, type] = {
    "port": int, "status": int, "code": int, "total": int, "state": int, "recipients": int,
    "duration": float,
}  # fmt: skip


def kind_of(name: str) -> type:
    """The Python type of an event's field: int, float or str."""
    return _KIND.get(name, str)


def coerce(name: str, value: object) -> Value:
    """A JSON attribute or a constant as the value of field `name`; None where it does not fit."""
    if value is None or isinstance(value, bool | dict | list):
        return None
    wanted = kind_of(name)
    if wanted is str:
        text = str(value)
        if name == "session":
            return digest(text)
        return (clean_address(text) if name == "client" else text) or None
    try:
        if name == "port":
            return _port(str(value))
        return _integer(str(value)) if wanted is int else float(str(value))
    except ValueError:
        return None

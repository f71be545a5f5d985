"""Attributes of structured lines: which fields of an event they fill, and what they say of time.

Names are compared without case, `_`, `-` and `.`. Sources: winston, pino and pino-http, bunyan,
structlog, python-json-logger, ECS, OpenTelemetry's semantic conventions, journald.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from logdiag.formats.fields import Value, coerce

MAX_ATTRIBUTES = 200  # of one line; what a client can make a server log is not trusted
MAX_DEPTH = 3

MESSAGE_KEYS = ("message", "msg", "MESSAGE", "log", "event", "text", "request")
TIME_KEYS = (
    "__REALTIME_TIMESTAMP",
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "asctime",
    "datetime",
    "date",
    "t",
)
LOGGER_KEYS = (
    "logger",
    "logger_name",
    "loggerName",
    "name",
    "label",
    "context",
    "SYSLOG_IDENTIFIER",
)
PROCESS_KEYS = ("pid", "process", "processId", "process_id", "_PID", "SYSLOG_PID")

# Field -> the names of attributes that fill it, the best first. "*x": at any depth.
_SOURCES: dict[str, str] = {
    "connection": "*connectionid *connid *socketid *websocketid *wsid *sessionid clientid *cid"
    " *sid connection socket id ws.id socket.id connection.id client.id",
    "client": "*remoteaddress *remoteaddr *clientip *clientaddress *remoteip *ipaddress *ip client"
    " remote peer address addr *xforwardedfor *client.address",
    "port": "*remoteport *clientport port",
    "user": "*userid *username user.id user *uid *sub",
    "session": "*usersession *usersessionid *loginsession *authsession *browsersession"
    " *clientsession *clientsessionid user.session session.id",
    "agent": "*useragent ua httpuseragent",
    "path": "*url *path *originalurl *uri *endpoint *requesturi *urlpath",
    "status": "*statuscode *status *httpstatus",
    "code": "*closecode code wscode event.code",
    "reason": "*closereason *reason *disconnectreason",
    "total": "*totalconnections *activeconnections *connectioncount *connections *openconnections"
    " *clientcount *totalclients *connectedclients total *active clients",
    "duration": "*durationseconds *connectionduration requesttime",
    "state": "*readystate",
    "recipients": "*recipients *recipientcount *sentto",
}
_RANKS: dict[str, tuple[str, int, bool]] = {}
for _field, _names in _SOURCES.items():
    for _rank, _name in enumerate(_names.split()):
        _RANKS[_name.lstrip("*").replace("-", "")] = (_field, _rank, _name.startswith("*"))

_INSPECTED = re.compile(r"([A-Za-z_][\w]{0,63}): (?:'([^']*)'|\"([^\"]*)\"|([^\s,{}\[\]]+))")


_KEY = re.compile(r"[A-Za-z_][\w.-]{0,63}=")
_BEHIND = re.compile(r"\s\s*+(?=[A-Za-z_][\w.-]{0,63}=)")
_PAIR = re.compile(
    r"([A-Za-z_][\w.-]{0,63}+)(?>(?:=(?:\"((?>(?:[^\"\\]|\\.)*))\"|'((?>(?:[^'\\]|\\.)*))'|([^\s\"']*+)))?)(?:\s\s*+|$)"
)
MAX_PAIR_STARTS = 4  # places where pairs behind a message may begin


def load(text: str) -> dict[str, Any] | None:
    """A JSON object, or None for whatever is none: wrong, or nested deeper than Python goes."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def inspected(text: str) -> dict[str, Any] | None:
    """What Node's `util.inspect` prints behind a message, `{ id: 'x', total: 3 }`; else None."""
    if not (text.startswith("{ ") and text.endswith(" }")):
        return None
    pairs = _INSPECTED.findall(text[:8_192])
    return {name: single or double or bare for name, single, double, bare in pairs} or None


def logfmt(text: str, start: int, end: int) -> dict[str, Any] | None:
    """A text of `key=value` pairs and nothing else (logfmt, structlog's kv); else None."""
    if not _KEY.match(text, start, end):
        return None
    return _pairs(text, start, end)


def pairs_behind(text: str, start: int, end: int) -> tuple[int, dict[str, Any]] | None:
    """Where the pairs behind a message begin, and what they say; None where there are none."""
    for number, match in enumerate(_BEHIND.finditer(text, start, end)):
        if number >= MAX_PAIR_STARTS:
            break
        if found := _pairs(text, match.end(), end):
            return match.start(), found
    return None


def _pairs(text: str, start: int, end: int) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    while start < end:
        match = _PAIR.match(text, start, end)
        if match is None or len(found) > MAX_ATTRIBUTES:
            return None
        key, double, single, bare = match.groups()
        found[key] = bare if double is None and single is None else (double or single or "")
        start = match.end()
    return found


def message(attributes: Mapping[str, Any]) -> str | None:
    """The text of a structured line. journald writes what is not UTF-8 as an array of bytes."""
    for key in MESSAGE_KEYS:
        value = attributes.get(key)
        if isinstance(value, str):
            return value
        if key == "MESSAGE" and isinstance(value, list):
            try:
                return bytes(value).decode("utf-8", "backslashreplace")
            except (ValueError, TypeError):
                continue
    return None


def first_text(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """The first of these attributes that is a text or a number, as text."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return None


def fields(attributes: Mapping[str, Any]) -> dict[str, Value]:
    """The event fields that the attributes fill."""
    best: dict[str, tuple[int, Value]] = {}
    for depth, name, value in _walk(attributes):
        known = _meaning(name, depth)
        if known is None:
            continue
        field, rank = known
        if field in best and best[field][0] <= rank + 100 * depth:
            continue
        if (fitting := coerce(field, value)) is not None:
            best[field] = (rank + 100 * depth, fitting)
    return {field: value for field, (_, value) in best.items()}


@lru_cache(maxsize=4_096)  # a program has few attribute names, and writes them in every line
def _meaning(name: str, depth: int) -> tuple[str, int] | None:
    """The field that an attribute fills, and how well; `name` dotted, at this depth."""
    name = name.lower().replace("_", "").replace("-", "")
    if name in _RANKS:
        return _RANKS[name][:2]
    known = _RANKS.get(name.rpartition(".")[2])
    return known[:2] if known and (known[2] or not depth) else None


def _walk(attributes: Mapping[str, Any]) -> Iterator[tuple[int, str, Any]]:
    """(depth, name with its parent's in front, value), breadth first, bounded."""
    queue: list[tuple[int, str, Mapping[str, Any]]] = [(0, "", attributes)]
    seen = 0
    for depth, prefix, mapping in queue:
        for key, value in mapping.items():
            seen += 1
            if seen > MAX_ATTRIBUTES:
                return
            if isinstance(value, dict):
                if depth < MAX_DEPTH:
                    queue.append((depth + 1, f"{key}.", value))
            else:
                yield depth, prefix + key, value

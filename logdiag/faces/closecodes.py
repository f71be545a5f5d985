"""What close codes are called. Pure."""

from __future__ import annotations

# RFC 6455 section 7.4.1, and what was registered since (IANA, WebSocket Close Code Number Registry)
_NAMES = {
    1000: "normal closure", 1001: "going away", 1002: "protocol error", 1003: "unsupported data",
    1005: "no status received", 1006: "abnormal closure", 1007: "invalid frame payload data",
    1008: "policy violation", 1009: "message too big", 1010: "mandatory extension",
    1011: "internal error", 1012: "service restart", 1013: "try again later", 1014: "bad gateway",
    1015: "TLS handshake", 3000: "unauthorized", 3003: "forbidden", 3008: "timeout",
}  # fmt: skip
# RFC 6455 section 7.4.2
_RANGES = (
    (range(1000), "not used"), (range(1000, 3000), "reserved"),
    (range(3000, 4000), "of a library"), (range(4000, 5000), "of the application"),
)  # fmt: skip


def name(code: int | None) -> str:
    """In the words of RFC 6455; of a code without a name, whose it is; "not told" for None."""
    if code is None:
        return "not told"
    words = (words for numbers, words in _RANGES if code in numbers)
    return _NAMES.get(code) or next(words, "invalid")

"""Secrets and controls never leave the room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag.formats.redact import MAX_TEXT, plain, redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_123"
CASES = [
    ("/ws?token=abc&x=1", "/ws?token=[redacted]&x=1"),
    ("/ws?access_token=abc", "/ws?access_token=[redacted]"),
    ("/ws?api_key=a&apikey=b&key=c", "/ws?api_key=[redacted]&apikey=[redacted]&key=[redacted]"),
    ("?auth=a password=b passwd=c secret=d", "?auth=[redacted] password=[redacted] "
     "passwd=[redacted] secret=[redacted]"),
    ("?jwt=a&sid=b&session=c&signature=d&ticket=e", "?jwt=[redacted]&sid=[redacted]"
     "&session=[redacted]&signature=[redacted]&ticket=[redacted]"),
    ("?token%3Dabc", "?token%3D[redacted]"),
    (r'{"url":"/ws?token\u003dabc"}', r'{"url":"/ws?token\u003d[redacted]"}'),
    ('{"authorization":"Bearer abc"}', '{"authorization":"Bearer [redacted]"}'),
    (r'{\"token\":\"abc\"}', r'{\"token\":\"[redacted]\"}'),
    ("{ token: 'abc' }", "{ token: '[redacted]' }"),
    ("Authorization: Bearer abcdef123456", "Authorization: Bearer [redacted]"),
    (f"got {JWT}.", "got [redacted]."),
    ("wss://user:pw@host/ws", "wss://[redacted]@host/ws"),
    ("GET /x - No authHeader or no bearer found", "GET /x - No authHeader or no bearer found"),
    ("monkey=5 author: x", "monkey=5 author: x"),
    ("a\x00b\x1bc\u202ed", "a\\x00b\\x1bc\\u202ed"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_secrets_and_controls_are_replaced(text: str, expected: str) -> None:
    """Exactly the secret is gone; twice is the same as once."""
    assert expected == redact(text)
    assert expected == redact(redact(text))


@given(st.text())
def test_what_is_kept_is_short_and_visible(text: str) -> None:
    """No control character survives, and nothing is longer than the bound."""
    kept = redact(plain(text))
    assert len(kept) <= MAX_TEXT
    assert [] == [c for c in kept if ord(c) < 32 or c == "\x7f"]


def test_colours_are_seen_through() -> None:
    """Escapes of a terminal, and rsyslog's spelling of them."""
    assert "info: x y" == plain("\x1b[32minfo\x1b[39m: #033[1mx#033[0m \x1b]0;title\x07y")

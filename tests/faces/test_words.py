from __future__ import annotations

import pytest

from logdiag.faces.words import clipped, moment, plural, safe, size, spoken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain [red] <b>", "plain [red] <b>"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\r\tc", r"a\x0ab\x0d\x09c"),
        ("\x9b31m\x7f", r"\x9b31m\x7f"),
        ("abc\u202edef\u2066", r"abc\u202edef\u2066"),
        ("\ud800", r"\ud800"),
        ("Müller 名前", "Müller 名前"),
    ],
)
def test_what_steers_a_terminal_is_written_out(text: str, expected: str) -> None:
    """Controls, bidirectional overrides and lone surrogates become visible; text stays."""
    assert expected == safe(text)


def test_a_clipped_text_is_never_longer_than_allowed() -> None:
    """Ten thousand characters become as many as are wanted, escapes counted as written."""
    assert "a" * 17 + "..." == clipped("a" * 10_000, 20)
    assert "a" * 20 == clipped("a" * 20, 20)
    assert 20 == len(clipped("\x1b" * 10_000, 20))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"), (0.25, "0.2 s"), (8, "8 s"), (9.96, "10 s"), (59.4, "59 s"),
        (59.9, "1 min"), (250, "4 min 10 s"), (3600, "1 h"), (86_399.6, "1 d"),
        (187_200, "2 d 4 h"),
    ],
)  # fmt: skip
def test_a_duration_is_told_in_two_units_at_most(seconds: float, expected: str) -> None:
    """Short ones have a decimal, long ones two units, and rounding carries over."""
    assert expected == spoken(seconds)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (18_710, "18.7 kB"), (999_960, "1.0 MB"),
     (5 * 10**15, "5000.0 TB")],
)  # fmt: skip
def test_a_size_is_told_in_decimal_units(count: int, expected: str) -> None:
    """Bytes as they are, beyond that one decimal."""
    assert expected == size(count)


def test_small_words() -> None:
    """Times lose their fraction and the T; nouns get their number."""
    assert "2026-11-20 10:00:00Z" == moment("2026-11-20T10:00:00.123456Z")
    assert "" == moment(None)
    assert ["1 line", "2 lines", "1,234 lines"] == [plural(n, "line") for n in (1, 2, 1234)]
    assert "1 line looks" == plural(1, "line looks", "lines look")

"""Templates as expressions: what fields take, where they end, and that nothing backtracks."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from logdiag import resources
from logdiag.formats import load
from logdiag.formats.compile import Program, compile_regex, compile_template, literal_sets, usable
from logdiag.formats.language import PatternError, parse

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from re import _constants, _parser  # type: ignore[attr-defined]

MAX_BOUNDED = 64  # repetitions that a backtracking repeat may have


def groups(template: str, text: str) -> list[object] | None:
    """The converted fields of a text, or None where it does not match."""
    program = compile_template(parse(template))
    match = re.compile(program.source).fullmatch(text)
    if match is None:
        return None
    pairs = zip(program.fields, match.groups(), strict=True)
    return [convert(text) if convert and text is not None else text for (_, convert), text in pairs]


CASES = [
    ("{connection}: closed", "a:b: closed", ["a:b"]),
    ("closed ({reason})", "closed (going away)", ["going away"]),
    ("x{? (code {code})}. Total: {total}", "x. Total: 3", [None, 3]),
    ("x{? (code {code})}. Total: {total}", "x (code 1005). Total: 3", [1005, 3]),
    ("{message}, bye", "a, bye, bye", None),  # a field ends where what follows first stands
    ("from {client}:{port}", "from [2001:db8::1]:80", ["2001:db8::1", 80]),
    ("from {client}:{port}", "from ::ffff:10.0.0.7:51234", ["10.0.0.7", 51234]),
    ("from {client}. Bye", "from 10.0.0.7. Bye", ["10.0.0.7"]),
    ("from {client}", "from fe80::1%eth0", ["fe80::1%eth0"]),
    ("after {duration}", "after 1h 2m 3s", [3723.0]),
    ("after {duration}", "after 250 ms", [0.25]),
    ("after {duration}", "after 01:02:03", [3723.0]),
    ("after {duration}!", "after 2 minutes!", [120.0]),
    ("is {status:401|403}", "is 403", [403]),
    ("is {status:401|403}", "is 4030", None),
    ("as {user:quoted}", 'as "a \\"b\\""', ['a "b"']),
    ("as {user}", "as -", [None]),
    ("port {port}", "port 0", [None]),
    ("{a|ab}c", "abc", []),
]  # fmt: skip


@pytest.mark.parametrize(("template", "text", "expected"), CASES)
def test_fields_take_what_their_type_says(
    template: str, text: str, expected: list[object] | None
) -> None:
    """A template gives these values for this text."""
    assert expected == groups(template, text)


def test_durations_are_seconds() -> None:
    """Every unit that the type takes is worth what it says."""
    worth = {
        "us": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "milliseconds": 1e-3,
        "min": 60.0, "m": 60.0, "hours": 3600.0,
    }  # fmt: skip
    assert [[value] for value in worth.values()] == [
        groups("after {duration}", f"after 1{unit}") for unit in worth
    ]


def test_two_fields_need_something_between() -> None:
    """Nothing tells where the first one ends."""
    with pytest.raises(PatternError, match="nothing tells where"):
        compile_template(parse("{connection}{user}"))


def _repeats(tree: Any) -> Iterator[int]:
    for op, value in tree:
        if op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            yield int(value[1])
        for part in value if isinstance(value, list | tuple) else ():
            if isinstance(part, _parser.SubPattern):
                yield from _repeats(part)
            elif isinstance(part, list):
                yield from (n for item in part if isinstance(item, _parser.SubPattern)
                            for n in _repeats(item))  # fmt: skip


def _programs() -> list[Program]:
    formats = load([resources.formats_dir()], verified=[resources.formats_dir()])
    return [p.program for p in formats.patterns.values() if p.program.regex is None]


def test_no_template_can_backtrack() -> None:
    """All that repeats without bound is possessive, so matching is linear."""
    unbounded = [
        program.source for program in _programs()
        if any(most > MAX_BOUNDED for most in _repeats(_parser.parse(program.source)))
    ]  # fmt: skip
    assert [] == unbounded


def test_a_raw_regex_runs_on_an_automaton() -> None:
    """The shape that kills a backtracking engine is answered at once."""
    program = compile_regex(r"(?P<message>(a+)+)b")
    assert program.regex.fullmatch("a" * 50_000) is None


def test_literals_avoid_what_encodings_spell_differently() -> None:
    """Neither quotes within, nor blanks around, nor what JSON escapes."""
    assert "closed, total" == usable(' \\"x\\" é closed, total ')
    assert '" 401' == usable('" 401 ')
    assert (("state: OPEN",), ("a or b",)) == literal_sets(parse("a or b{_}state: OPEN"))


def test_a_head_is_where_its_program_begins() -> None:
    """A line that a template matches is matched by its head: heads alone choose what to try."""
    formats = load([resources.formats_dir()])
    for pattern in formats.patterns.values():
        program = pattern.program
        assert program.source.startswith(program.head)
        assert re.compile(program.head).groups == program.head_fields

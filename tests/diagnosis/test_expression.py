from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis.checking import condition
from logdiag.diagnosis.derived import COUNTABLE
from logdiag.diagnosis.expression import (
    COMPARISONS,
    MAX_DEPTH,
    MAX_TEXT,
    UNITS,
    Binary,
    Call,
    ExpressionError,
    Name,
    Node,
    Number,
    Span,
    Unary,
    parse,
    parse_duration,
    unparse,
    walk,
)
from logdiag.diagnosis.mistakes import mistakes
from logdiag.model import SECOND

SHAPE = "An expression reads like: count(auth_failure) >= 2 and rise(live) >= 2"
EXPECTED = "where a value, a comparison or an operator was expected"

words = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda word: word not in ("and", "or", "not")
)
numbers = st.builds(
    Number, st.integers(0, 99_999).map(lambda n: n / 10), st.booleans()
)  # fmt: skip
spans = st.builds(
    lambda n, unit: Span(n * UNITS[unit], f"{n}{unit}"),
    st.integers(0, 999),
    st.sampled_from([*UNITS]),
)
leaves: st.SearchStrategy[Node] = st.one_of(numbers, spans, st.builds(Name, words))
sums: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(Call, words, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
comparisons = st.builds(Binary, st.sampled_from(COMPARISONS), sums, sums)
conditions: st.SearchStrategy[Node] = st.recursive(
    st.one_of(comparisons, st.builds(Name, words)),
    lambda inner: st.one_of(
        st.builds(Binary, st.sampled_from(["and", "or"]), inner, inner), st.builds(Unary, inner)
    ),
    max_leaves=5,
)


@given(conditions)
def test_the_text_of_a_tree_gives_the_tree_again(tree: Node) -> None:
    """parse(unparse(tree)) is the tree, and its text does not change any more."""
    text = unparse(tree)
    if text.count("(") <= MAX_DEPTH and len(text) <= MAX_TEXT:
        assert tree == parse(text)
        assert text == unparse(parse(text))


@pytest.mark.parametrize("text", ["1234567 > live", "10000000 > live", "0.00001 > live"])
def test_long_numbers_keep_their_digits(text: str) -> None:
    """A number's text gives the number again."""
    assert parse(text) == parse(unparse(parse(text)))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a > 1 and b > 1 or c > 1", "((a > 1) and (b > 1)) or (c > 1)"),
        ("a > 1 or b > 1 and c > 1", "(a > 1) or ((b > 1) and (c > 1))"),
        ("not a and b", "(not a) and b"),
        ("not a > 1", "not (a > 1)"),
        ("not not a", "not (not a)"),
        ("1 + 2 * 3 > 4", "(1 + (2 * 3)) > 4"),
        ("1 - 2 - 3 > 4", "((1 - 2) - 3) > 4"),
        ("8 / 4 / 2 > 4", "((8 / 4) / 2) > 4"),
        ("a > 50% * live", "a > (50% * live)"),
        ("3*lifetime(p99.5)>90s", "(3 * lifetime(p99.5)) > 90s"),
    ],
)
def test_precedence(text: str, same: str) -> None:
    """As in arithmetic and in Python; and of equals the left one first."""
    assert parse(same) == parse(text)


def test_parentheses_decide() -> None:
    """They group against the precedence, and stay in the text."""
    text = "(a > 1 or b > 1) and 2 * (live + 1) > 1 - (2 - 3)"
    assert text == unparse(parse(text))
    text_of_flags = "(a > 1) == (b > 1)"
    assert text_of_flags == unparse(parse(text_of_flags))
    assert parse("a > 1 or b > 1 and 2 * live + 1 > 1 - 2 - 3") != parse(text)


def test_every_node_knows_its_place() -> None:
    """0-based offsets into the text, whatever space is before it."""
    text = "not (live >= 2\n  and   count( error ) > 1) or\n restarted"
    for node in walk(parse(text)):
        first = unparse(node).lstrip("(").partition("(")[0].split()[0]
        assert text[node.at :].lstrip("(").startswith(first)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1ms", 1_000_000), ("90s", 90 * SECOND), ("1.5m", 90 * SECOND), ("2h", 7200 * SECOND),
        ("1d", 86400 * SECOND), (" 5m ", 300 * SECOND),
    ],
)  # fmt: skip
def test_durations(text: str, ns: int) -> None:
    """A number and its unit."""
    assert ns == parse_duration(text)


@pytest.mark.parametrize("text", ["", "90", "s", "90 s", "90sec", "-1s", "1h30m", "1.s"])
def test_what_is_no_duration(text: str) -> None:
    """It says how to write one."""
    with pytest.raises(ExpressionError) as caught:
        parse_duration(text)
    assert (f"{text!r} is no duration.", "Write it like 90s, 5m or 1h.") == (
        caught.value.message, caught.value.hint,
    )  # fmt: skip


COMPARE = "Compare it: ... >= 2"
SHARE = "A share is a part of something: write 30%, or multiply it by a count."
UNIT = "Write durations with a unit (90s) and counts without."


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        # shape
        ("", 0, f"the expression ends {EXPECTED}", SHAPE),
        ("live >> 2", 5, f"found '>>' {EXPECTED}", SHAPE),
        ("live = 2", 5, f"found '=' {EXPECTED}", SHAPE),
        ("(live >= 2", 10, f"the expression ends {EXPECTED}", SHAPE),
        ("live >= 2)", 9, f"found ')' {EXPECTED}", SHAPE),
        ("live >= 2 live", 10, f"found 'live' {EXPECTED}", SHAPE),
        ("Live >= 2", 0, f"found 'Live' {EXPECTED}", SHAPE),
        ("3 > live > 1", 9, f"found '>' {EXPECTED}", SHAPE),
        ("older(90sx) > 1", 5, f"found '(90sx)' {EXPECTED}", SHAPE),
        ("x" * (MAX_TEXT + 1), MAX_TEXT, "the expression is longer than 2000 characters", ""),
        ("(" * 41 + "live" + ")" * 41 + " > 1", 0, "more than 40 parentheses",
         "Split the rule in two."),
        # names
        ("lives >= 2", 0, "unknown name 'lives'.", "Did you mean 'live'?"),
        ("live > 1 and restart", 13, "unknown name 'restart'.", "Did you mean 'restarted'?"),
        ("counts(error) > 1", 0, "unknown function 'counts'.", "Did you mean 'count'?"),
        ("1 < live() + 1", 4, "'live' takes no arguments.", "Write live."),
        ("restarted()", 0, "'restarted' takes no arguments.", "Write restarted."),
        ("count >= 2", 0, "'count' is a function.", "Write count(kind)."),
        ("2 <= pairs", 5, "'pairs' is a function.", "Write pairs(kind, kind)."),
        # arguments
        ("count() > 1", 0, "'count' takes 1 argument(s), not 0.", "Write count(kind)."),
        ("pairs(error) > 1", 0, "'pairs' takes 2 argument(s), not 1.", "Write pairs(kind, kind)."),
        ("count(open) > 1", 6, "a kind is wanted here.", "Did you mean 'opened'?"),
        ("count(3) > 1", 6, "a kind is wanted here.", f"Known: {', '.join(sorted(COUNTABLE))}."),
        ("opened_after(message) > 1", 13, "a prior kind is wanted here.",
         "Known: auth_failure, cleanup, closed, opened, reconnect."),
        ("distinct(clients) > 1", 9, "a field is wanted here.", "Did you mean 'client'?"),
        ("rise(opened) > 1", 5, "a series is wanted here.", "Known: live."),
        ("older(90) > 1", 6, "a duration is wanted here, this is a number", ""),
        ("lifetime(95) > 1s", 9, "a quantile is wanted here.", "Write p50, p95 or p99.5."),
        ("lifetime(p101) > 1s", 9, "a quantile is wanted here.", "Write p50, p95 or p99.5."),
        # types
        ("live", 0, "this is a count, not a condition", COMPARE),
        ("90s", 0, "this is a duration, not a condition", COMPARE),
        ("live > 90s", 0, "a count is compared with a duration", UNIT),
        ("restarted or settle > 2", 13, "a duration is compared with a number", UNIT),
        ("live + 90s > 1", 0, "a count and a duration do not add up", UNIT),
        ("live > 50%", 0, "a count is compared with a share", SHARE),
        ("variation(error) > live", 0, "a share is compared with a count", SHARE),
        ("lived(1s, 2s) + closes > 1", 0, "a share and a count do not add up", SHARE),
        ("live / settle > 1", 0, "a count is divided by a duration", ""),
        ("settle * 2s > 1s", 0, "a duration is multiplied by a duration", ""),
        ("2 / settle > 1", 0, "a number is divided by a duration", ""),
        ("live and restarted", 0, "'and' needs a condition, this is a count", COMPARE),
        ("restarted or live", 13, "'or' needs a condition, this is a count", COMPARE),
        ("not live", 4, "'not' needs a condition, this is a count", COMPARE),
        ("restarted > 1", 0, "'>' stands beside a condition, not a number", ""),
        ("(live > 1) + 1 > 2", 1, "'+' stands beside a condition, not a number", ""),
    ],
)  # fmt: skip
def test_each_mistake_has_its_place_and_hint(
    text: str, column: int, message: str, hint: str
) -> None:
    """What is wrong, where (0-based), and what to try."""
    with pytest.raises(ExpressionError) as caught:
        condition(text)
    assert (column, message, hint) == (
        caught.value.column, caught.value.message, caught.value.hint,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("live >= 3", []), ("live", [0]), ("live > and x", [5]),
        ("risen(live) > 1 and live > 2s or count(openend) > 1", [0, 20, 39]),
        ("pairs(opend, closd) > live + 1s", [6, 13, 22]),
        ("older(lives + live) > 1", [6]),  # what the sum is nobody knows
        ("not live and opens", [4, 13]),
    ],
)  # fmt: skip
def test_all_mistakes_at_once(text: str, columns: list[int]) -> None:
    """In the order of the text, each once; what stands on one is no second one."""
    assert columns == [one.column for one in mistakes(text)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n".join(["not"] * 450) + " restarted", id="not"),
        pytest.param("+".join("1" * 900) + " > 1", id="plus"),
    ],
)
def test_a_deep_expression_is_a_mistake_too(text: str) -> None:
    """No rule file can make the tool fall over."""
    with pytest.raises(ExpressionError):
        condition(text)


@given(st.text(st.sampled_from("live count(error)>=<!&90sp.%+-*/ \nandornt"), max_size=40))
def test_any_text_is_a_condition_or_a_mistake(text: str) -> None:
    """Nothing else is ever raised."""
    try:
        column = 0 if condition(text).text == text else -1
    except ExpressionError as error:
        column = error.column
        assert column in [one.column for one in mistakes(text)]
    assert 0 <= column <= len(text)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("count(auth_failure) >= 1", {"auth_failure"}),
        ("pairs(opened, error) >= 1 or count(closed) >= 2", {"opened", "error", "closed"}),
        ("opened_after(auth_failure) >= 3", set()),  # a mark, not a window
        ("live >= 2", set()),
    ],
)
def test_a_condition_names_the_kinds_that_it_counts(text: str, kinds: set[str]) -> None:
    """The detector keeps only events that some rule counts."""
    assert kinds == condition(text).kinds


def test_a_condition_names_its_guards() -> None:
    """Wherever they stand."""
    assert ("restarted", "log_gap") == condition("restarted or not log_gap").guards


@pytest.mark.parametrize(
    "text",
    [
        "live >= 2", "1.5 * live > 2", "50% * live >= count(error)", "live / closes >= 30%",
        "live / closes >= 0.3", "live / 2 > closes", "live / 50% > closes", "live * closes > 2",
        "variation(error) < 0.2", "variation(error) + 5% < 1", "50% * 50% < lived(1s, 2s)",
        "3 * lifetime(p50) > settle", "live * 2s > settle", "settle / lifetime(p50) > 2",
        "settle / live > 2s", "50% * settle > 2s", "2 / live < 1", "1 / 50% > lived(1s, 2s)",
    ],
)  # fmt: skip
def test_what_measures_the_same_goes_together(text: str) -> None:
    """Counts with counts, shares with shares, durations with durations; plain numbers fit."""
    assert text == condition(text).text

"""The line-pattern language: trees, text, mistakes."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from logdiag.formats.language import (
    Choice,
    Field,
    Node,
    Optional,
    Part,
    PatternError,
    Template,
    Text,
    check,
    expand,
    parse,
    unparse,
)

letters = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=8)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
words = st.lists(
    letters.filter(lambda t: not set(t) & set("{}|")), min_size=2, max_size=4
).map(tuple)  # fmt: skip
outer = st.builds(Text, letters)
inner = st.builds(Text, letters.filter(lambda t: "}" not in t))
slots: st.SearchStrategy[Node] = st.one_of(
    st.builds(Field, names, st.none() | names),
    st.builds(Field, names, st.none(), words),
    # A choice whose first word reads "name:..." is a field, one that begins with "?" is refused.
    st.builds(Choice, words.filter(lambda w: not re.match(r"[A-Za-z_][A-Za-z0-9_]*:|\?", w[0]))),
    st.builds(Part, names),
)


def _no_neighbours(nodes: list[Node]) -> bool:
    return not any(
        isinstance(a, Text) and isinstance(b, Text) for a, b in itertools.pairwise(nodes)
    )


def _sequences(node: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(node, min_size=1, max_size=4).filter(_no_neighbours).map(tuple)


parts = st.recursive(
    inner | slots,
    lambda child: st.builds(Optional, _sequences(inner | slots | child)),
    max_leaves=6,
)
optionals = parts.filter(lambda node: isinstance(node, Optional))
UNCLEAR = re.compile(r"\{\?[^{}]*\|[^{}]*\}")
trees = st.builds(Template, _sequences(outer | slots | optionals))


@given(trees)
def test_a_tree_survives_its_text(tree: Template) -> None:
    """parse(unparse(tree)) is the tree, and its text stays the same."""
    text = unparse(tree)
    assume(not UNCLEAR.search(text))
    assert tree == parse(text)
    assert text == unparse(parse(text))


@given(st.text(st.sampled_from("ab {}|:?_@"), max_size=20))
def test_any_text_is_a_pattern_or_a_placed_mistake(text: str) -> None:
    """What parses comes back as it was written; what does not names a column of the text."""
    column, again = 0, text
    try:
        again = unparse(parse(text))
    except PatternError as error:
        column = error.column
    assert text == again
    assert 0 <= column <= len(text)


MISTAKES = [
    ("", 0, "the pattern is empty. Write the line as the log has it."),
    ("a {total", 2, "'{' is never closed. Close it with '}', or write '{{' for the brace itself."),
    ("a } b", 2, "'}' closes nothing. Write '}}' for the brace itself."),
    ("a {}", 2, "{} says nothing. Write '{_}' to skip a word."),
    ("{a||b}", 0, "{a||b} has an empty choice. Write '{? ...}' for an optional part."),
    ("a{?:|;} b", 1, "{?:|;} may be one text or several words. Write '{?{:|;}}' for words one of "
     "which may be there."),
    ("x {a b}", 2, "{a b} is no field. A field is '{name}' or '{name:type}', an optional part "
     "'{? ...}'."),
    ("x {total:integer}", 9, "unknown type 'integer'. Did you mean 'int'?"),
    ("x {totl}", 3, "unknown field 'totl'. Did you mean 'total'?"),
    ("x {@cuont}", 4, "unknown part 'cuont'. Did you mean 'count'?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "message"), MISTAKES)
def test_a_mistake_has_its_place_and_a_way_out(text: str, column: int, message: str) -> None:
    """Column, message and hint are exact."""
    with pytest.raises(PatternError) as caught:
        check(expand(parse(text), {"count": parse("{total}")}))
    assert (column, message) == (caught.value.column, str(caught.value))

"""A line becomes an event: packs of line patterns, envelopes, timestamps. Pure but for `load`.

    packs = load([resources.formats_dir()])
    parser = Parser(packs, TimePolicy("Europe/Berlin"))
    for block in blocks:
        events = parser.parse(block)

Read the room in this order: fields, language, compile (a template becomes an expression), spec,
pack, load (YAML becomes packs), scanner, timestamps, envelopes, attributes, redact, recognise,
parser (bytes become events), explain.
"""

from logdiag.formats.explain import Explanation, Near, explain, parse_line
from logdiag.formats.language import PatternError, parse, unparse
from logdiag.formats.load import examine, load, not_shown, verify
from logdiag.formats.pack import Formats, Pack, Pattern
from logdiag.formats.parser import Parser
from logdiag.formats.redact import redact
from logdiag.formats.timestamps import TimePolicy

__all__ = [
    "Explanation", "Formats", "Near", "Pack", "Parser", "Pattern", "PatternError", "TimePolicy",
    "examine", "explain", "load", "not_shown", "parse", "parse_line", "redact", "unparse", "verify",
]  # fmt: skip

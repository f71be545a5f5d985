"""The command `explain`: which pattern knew a line and what it took from it, or why none did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logdiag.faces import options
from logdiag.faces.shell import emit, guarded

if TYPE_CHECKING:
    from logdiag.engines.settings import Settings
    from logdiag.faces.survey import Survey
    from logdiag.formats import Explanation, Formats

MOST_SHAPES = 10  # shapes of unknown lines that are told
MOST_TEXT = 160  # characters of a sample: two rows of a terminal
MOST_STDIN = 64 << 20  # bytes; whoever has more names a file


@guarded
def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="LINE|FILE", show_default=False, help="A file; else a log line; - is stdin."
        ),
    ],
    zone: options.Zone = None,
    year: options.Year = None,
    formats: options.Formats = None,
    config: options.Config = None,
) -> int:
    """Tell how a line or a file is understood, and what is not."""
    from logdiag.errors import UsageError
    from logdiag.faces import survey

    settings = options.settings(zone, year, formats=formats, config=config)
    packs = survey.load(settings)
    is_path = len(what) < 4096 and "\n" not in what and "\0" not in what
    if what == "-":
        return _stdin(settings, packs)
    if is_path and Path(what).is_dir():
        raise UsageError(f"{what} is a directory.", "Name one of its files.")
    if is_path and Path(what).exists():
        found = survey.of_file(what, settings, packs)
        emit(_survey(what, found, packs))
        return 4 if found.problems else 0
    emit(_line(what, settings, packs))
    return 0


def _stdin(settings: Settings, packs: Formats) -> int:
    """One line is explained as such, several are surveyed."""
    import sys

    from logdiag.faces import survey

    data = sys.stdin.buffer.read(MOST_STDIN)
    lines = data.split(b"\n", 2)
    if len(lines) == 1 or (len(lines) == 2 and not lines[1]):
        emit(_line(lines[0].decode("utf-8", "surrogateescape"), settings, packs))
    else:
        emit(_survey("-", survey.of_text(data, settings, packs), packs))
    return 0


# A line


def _line(line: str, settings: Settings, packs: Formats) -> str:
    from logdiag.faces.words import clipped
    from logdiag.formats import TimePolicy, explain, redact
    from logdiag.formats.redact import plain
    from logdiag.timeline.dump import iso

    found = explain(packs, TimePolicy(settings.zone, settings.year), line)
    rows = [
        ("envelope", " > ".join(found.layers) or "none"),
        ("time", "none" if found.time is None else iso(found.time)),
        ("message", redact(plain(found.message))),
    ]
    if found.event is not None:
        rows += [
            ("pack", found.pack or ""),
            ("pattern", f"{found.event.pattern}  {found.pattern}"),
            ("event", f"{found.event.kind} (layer {found.event.layer})"),
        ]
        rows += [(name, str(value)) for name, value in found.fields.items()]
    text = "".join(f"{name:11} {clipped(value, 1000)}\n" for name, value in rows)
    return text if found.event is not None else text + _nearest(line, found)


def _nearest(line: str, found: Explanation) -> str:
    from logdiag.faces.words import clipped

    text = "\nNo pattern knows this line.\n"
    if "/" in line and " " not in line:
        text += f"There is no file {clipped(line, 200)}, hence it was taken for a line.\n"
    for near in found.near:
        why = f"has {near.literal!r} too" if near.literal else "shares words with it"
        text += f"  near: {near.pattern}  {clipped(near.text, 300)}  ({clipped(why, 100)})\n"
    return text + "rules/README.md tells how to write a pattern for it.\n"


# A file


def _survey(name: str, found: Survey, packs: Formats) -> str:
    from logdiag.faces.words import clipped, plural

    text = f"{clipped(name, 200)}: {plural(found.lines, 'line')}, {found.events:,} known\n"
    for pattern, count in found.patterns.most_common():
        known = packs.patterns[pattern]
        text += f"\n{count:7,}  {pattern}  {known.event}: {clipped(known.text, 300)}\n"
        text += _sample(*found.samples[pattern])
    if found.shapes:
        total = plural(found.shapes.total(), "line looks", "lines look")
        text += f"\n{total} like a connection's, and no pattern knows them. By shape:\n"
    for shape, count in found.shapes.most_common(MOST_SHAPES):
        text += f"\n{count:7,}  {clipped(shape, MOST_TEXT)}\n" + _sample(*found.unknown[shape])
    if len(found.shapes) > MOST_SHAPES:
        text += f"\nand {plural(len(found.shapes) - MOST_SHAPES, 'more shape')}\n"
    for problem in found.problems:
        text += f"\nNot read to the end: {clipped(problem, 300)}\n"
    return text


def _sample(number: int, line: str) -> str:
    from logdiag.faces.words import clipped

    return f"{'':9}line {number}: {clipped(line, MOST_TEXT)}\n"

"""Packs from directories. Reading the files is the only input or output of this room."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from logdiag.errors import DefinitionErrors, Problem
from logdiag.formats.explain import parse_line
from logdiag.formats.fields import FIELDS
from logdiag.formats.pack import Formats, Pack, build
from logdiag.formats.spec import SampleSpec, read
from logdiag.formats.timestamps import Clock, TimePolicy
from logdiag.model import Event

# Samples are read under this policy: their lines mean the same wherever they are checked.
SAMPLE_POLICY = TimePolicy("UTC", 2026)


def load(directories: Sequence[Path], verified: Sequence[Path] = ()) -> Formats:
    """All packs (`*.yaml`) of the directories, in their order, files by name.

    Samples are checked too, except for directories in `verified`: the built-in packs' are
    checked by the tests and by `verify`, not at every start.
    Raises DefinitionErrors with every mistake of every file; a missing directory is empty.
    """
    specs, problems, trusted = [], [], set()
    for directory in directories:
        for path in sorted(directory.glob("*.yaml")):
            spec, mistakes = read(path.read_text("utf-8", "backslashreplace"), str(path))
            problems += mistakes
            if spec is not None:
                specs.append(spec)
            if directory in verified:
                trusted.add(str(path))
    formats, mistakes = build([spec for spec in specs if spec.lines])
    problems += mistakes
    if not problems:
        untrusted = [pack for pack in formats.packs if pack.file not in trusted]
        problems = [problem for pack in untrusted for problem in check_samples(formats, pack)]
    if problems:
        raise DefinitionErrors(sorted(problems, key=lambda p: (p.file, p.line, p.column)))
    return formats


def verify(formats: Formats) -> list[Problem]:
    """Every sample of every pack that does not give what its pack says it gives."""
    return [problem for pack in formats.packs for problem in check_samples(formats, pack)]


def check_samples(formats: Formats, pack: Pack) -> list[Problem]:
    """The problems of one pack's samples; each pattern must be shown by one of them."""
    problems: list[Problem] = []
    shown: set[str] = set()
    for sample in pack.samples:
        event = parse_line(formats, SAMPLE_POLICY, sample.line)
        if event is not None:
            shown.add(event.pattern)
        if message := _difference(sample, event):
            problems.append(
                Problem(pack.file, *sample.at, message, "Try 'logdiag explain' on the line.")
            )
    for pattern in pack.patterns:
        if pattern.name not in shown and not problems:
            problems.append(
                Problem(pack.file, *pattern.at, f"no sample shows the pattern {pattern.text!r}.",
                        "Add a line that it matches.")
            )  # fmt: skip
    return problems


def _difference(sample: SampleSpec, event: Event | None) -> str:
    """How an event differs from what its sample declares; "" where it does not."""
    if event is None:
        return "" if sample.event is None else f"the sample gives no event, not {sample.event!r}."
    if sample.event is None:
        return f"the nonsample gives an event: {event.kind!r} by {event.pattern}."
    expected: dict[str, object] = {"event": sample.event, **dict(sample.fields)}
    found: dict[str, object] = {"event": event.kind}
    found |= {name: value for name in FIELDS if (value := getattr(event, name)) is not None}
    if sample.layer is not None:
        expected["layer"], found["layer"] = sample.layer, event.layer
    if sample.time is not None:
        stamp = Clock(SAMPLE_POLICY).at(sample.time)
        expected["time"], found["time"] = stamp.time if stamp else sample.time, event.time
    differing = [
        f"{name} is {found.get(name)!r}, not {expected.get(name)!r}"
        for name in dict.fromkeys([*expected, *found])
        if expected.get(name) != found.get(name)
    ]
    return (
        f"the sample gives another event: {', '.join(differing)} (by {event.pattern})."
        if differing
        else ""
    )

"""Packs from directories. Reading the files is the only input or output of this room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from logdiag.definitions import files_at
from logdiag.errors import DefinitionErrors, Problem
from logdiag.formats.explain import parse_line
from logdiag.formats.fields import FIELDS
from logdiag.formats.pack import Formats, Pack, Pattern, build
from logdiag.formats.spec import SampleSpec, read
from logdiag.formats.timestamps import Clock, TimePolicy
from logdiag.model import Event

# Samples are read under this policy: their lines mean the same wherever they are checked.
SAMPLE_POLICY = TimePolicy("UTC", 2026)


def load(directories: Sequence[Path], verified: Sequence[Path] = ()) -> Formats:
    """All packs (`*.yaml`, `*.yml`) of the directories, in their order, files by name.

    Samples are checked too, except for directories in `verified`: the built-in packs' are
    checked by the tests and by `verify`, not at every start.
    Raises DefinitionErrors with every mistake of every file; a missing directory is empty.
    """
    files = [path for directory in directories for path in files_at(directory)]
    formats, problems = examine(files, [path for path in files if path.parent in verified])
    if problems:
        raise DefinitionErrors(sorted(problems, key=lambda p: (p.file, p.line, p.column)))
    return formats


def examine(
    files: Sequence[Path], verified: Collection[Path] = ()
) -> tuple[Formats, list[Problem]]:
    """The packs of some files, as far as they can be made, and every mistake in them.

    Where packs cannot be made, samples are not checked: theirs would fail, and others', too.
    """
    specs, problems = [], []
    for path in files:
        spec, mistakes = read(path.read_text("utf-8", "backslashreplace"), str(path))
        problems += mistakes
        if spec is not None:
            specs.append(spec)
    formats, mistakes = build([spec for spec in specs if spec.lines])
    problems += mistakes
    if not problems:
        trusted = set(map(str, verified))
        untrusted = [pack for pack in formats.packs if pack.file not in trusted]
        problems = [problem for pack in untrusted for problem in check_samples(formats, pack)]
    return formats, problems


def verify(formats: Formats) -> list[Problem]:
    """Every sample of every pack that does not give what its pack says it gives."""
    return [problem for pack in formats.packs for problem in check_samples(formats, pack)]


def check_samples(formats: Formats, pack: Pack) -> list[Problem]:
    """The problems of one pack's samples; each pattern must be shown by one of them."""
    problems: list[Problem] = []
    for sample in pack.samples:
        event = parse_line(formats, SAMPLE_POLICY, sample.line)
        if message := _difference(sample, event):
            problems.append(
                Problem(pack.file, *sample.at, message, "Try 'logdiag explain' on the line.")
            )
    return problems or [
        Problem(pack.file, *pattern.at, f"no sample shows the pattern {pattern.text!r}.",
                "Add a line that it matches.")
        for pattern in not_shown(formats, pack)
    ]  # fmt: skip


def not_shown(formats: Formats, pack: Pack) -> list[Pattern]:
    """The patterns of a pack that none of its samples matches."""
    events = (parse_line(formats, SAMPLE_POLICY, sample.line) for sample in pack.samples)
    shown = {event.pattern for event in events if event is not None}
    return [pattern for pattern in pack.patterns if pattern.name not in shown]


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

"""Packs as they run: specs checked and compiled, and the scanner over all their literals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from logdiag.definitions import Place
from logdiag.errors import Problem
from logdiag.formats import language
from logdiag.formats.compile import MIN_LITERAL, Program, compile_regex, compile_template
from logdiag.formats.fields import Value
from logdiag.formats.scanner import Scanner
from logdiag.formats.spec import LineSpec, PackSpec, SampleSpec


@dataclass(frozen=True)
class Pattern:
    """One compiled line pattern. `name` is "pack:number", numbers start at 1."""

    name: str
    pack: str
    event: str
    layer: str
    text: str  # the template or expression as written
    program: Program
    literals: tuple[str, ...]
    at: Place  # in the pack's file
    set: tuple[tuple[str, Value], ...] = ()
    where: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    prefix: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pack:
    """One format pack, ready to run."""

    name: str
    title: str
    file: str
    patterns: tuple[Pattern, ...]
    samples: tuple[SampleSpec, ...]
    description: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Formats:
    """All packs that were loaded. Immutable; any number of parsers share one."""

    packs: tuple[Pack, ...]

    @cached_property
    def patterns(self) -> dict[str, Pattern]:
        """Every pattern by its name."""
        return {pattern.name: pattern for pack in self.packs for pattern in pack.patterns}

    @cached_property
    def scanner(self) -> Scanner:
        """The one scanner over all packs' literals."""
        return Scanner(tuple(self.patterns.values()))


def build(specs: Iterable[PackSpec]) -> tuple[Formats, list[Problem]]:
    """Compile specs; every mistake of every pattern is told."""
    problems: list[Problem] = []
    packs: list[Pack] = []
    files: dict[str, str] = {}
    for spec in specs:
        if spec.name in files:
            problems.append(
                Problem(spec.file, *spec.at,
                        f"the pack name {spec.name!r} is taken by {files[spec.name]}.",
                        "Give it another one.")
            )  # fmt: skip
        files[spec.name] = spec.file
        parts = _parts(spec, problems)
        patterns = [_pattern(spec, number, parts, problems) for number in range(len(spec.lines))]
        packs.append(
            Pack(spec.name, spec.title, spec.file, tuple(p for p in patterns if p), spec.samples,
                 spec.description, spec.references)
        )  # fmt: skip
    return Formats(tuple(packs)), problems


def _parts(spec: PackSpec, problems: list[Problem]) -> dict[str, language.Template]:
    parts: dict[str, language.Template] = {}
    for name, text, at in spec.parts:
        try:
            parts[name] = language.expand(language.parse(text), {})
            language.check(parts[name])
        except language.PatternError as error:
            problems.append(_problem(spec.file, at, error))
    return parts


def _problem(file: str, at: Place, error: language.PatternError) -> Problem:
    return Problem(file, at.line, at.column + error.column, error.message, error.hint)


def _pattern(
    spec: PackSpec, number: int, parts: Mapping[str, language.Template], problems: list[Problem]
) -> Pattern | None:
    line = spec.lines[number]
    if (line.match is None) == (line.regex is None):
        return None  # a problem of the spec's, told there
    try:
        program = _program(line, parts)
        literals = line.literal or _literals(line, program.literals)
    except language.PatternError as error:
        problems.append(_problem(spec.file, line.text_at, error))
        return None
    return Pattern(
        name=f"{spec.name}:{number + 1}", pack=spec.name, event=line.event, layer=line.layer,
        text=line.match or line.regex or "", program=program, literals=literals,
        at=line.at,
        set=line.set, where=line.where, prefix=line.prefix,
    )  # fmt: skip


def _program(line: LineSpec, parts: Mapping[str, language.Template]) -> Program:
    if line.regex is not None:
        return compile_regex(line.regex)
    template = language.expand(language.parse(line.match or ""), parts)
    language.check(template)
    return compile_template(template)


def _literals(line: LineSpec, sets: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    if sets:
        return sets[0]
    if line.regex is not None:
        raise language.PatternError(
            0, "a regex needs a 'literal'.", "Name a text that every line it matches has in it."
        )
    raise language.PatternError(
        0, f"no text of at least {MIN_LITERAL} characters to find these lines by.",
        "Use more of the line's own words, or name a 'literal'."
    )  # fmt: skip

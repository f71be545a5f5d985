"""The configuration file: what would stand on the command line each time. docs/configuration.md."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from logdiag.definitions import Place, did_you_mean
from logdiag.engines.settings import Own
from logdiag.errors import DefinitionErrors, LogdiagError, Problem, SourceError, UsageError
from logdiag.faces import periods

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")
_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([\w-]+|\"[^\"]*\"|'[^']*')\s*=\s*")
_SERVICE = re.compile(r"[^\s=/\\]+")  # as in NAME=PATH


@dataclass(frozen=True, slots=True)
class Service:
    """What a file says of one service. Its paths are absolute, or "-" is among them."""

    name: str
    paths: tuple[str, ...]
    own: Own


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says; None and () where it says nothing. Paths are absolute, durations in ns."""

    db: Path | None = None
    zone: str | None = None
    year: int | None = None
    settle: int | None = None
    heartbeat: int | None = None
    per_client: int | None = None
    rules: tuple[Path, ...] = ()
    formats: tuple[Path, ...] = ()
    services: tuple[Service, ...] = ()

    @property
    def paths(self) -> list[str]:
        """All that its services write, each as NAME=PATH."""
        return [f"{service.name}={path}" for service in self.services for path in service.paths]

    @property
    def own(self) -> dict[str, Own]:
        """By name what is set for single services."""
        return {service.name: service.own for service in self.services}


def read(named: Path | None = None) -> Configuration:
    """The file that is named, else $LOGDIAG_CONFIG, else the user's; without any, nothing is set.

    Errors: `DefinitionErrors` with all its mistakes; `UsageError` where a file that was named is
    not there, `SourceError` where it cannot be read.
    """
    file, wanted = _file(named)
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        if not wanted:
            return Configuration()
        words = f"There is no configuration file {file}."
        raise UsageError(words, "Check --config and LOGDIAG_CONFIG.") from None
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}.", "Is it a file?") from error
    decoder = _Decoder(str(file), file.absolute().parent)
    found = decoder.decode(data)
    if decoder.problems:
        raise DefinitionErrors(sorted(decoder.problems, key=lambda one: (one.line, one.column)))
    return found


def _file(named: Path | None) -> tuple[Path, bool]:
    """Which file, and whether somebody asked for it."""
    if named is None and (variable := os.environ.get("LOGDIAG_CONFIG")):
        named = Path(variable)
    if named is not None:
        return named.expanduser(), True
    import platformdirs

    return Path(platformdirs.user_config_dir("logdiag", appauthor=False)) / "config.toml", False


@dataclass
class _Decoder:
    """Decodes one file, and collects the problems it meets."""

    file: str
    home: Path  # the file's directory: relative paths begin here
    problems: list[Problem] = field(default_factory=list)
    _places: Mapping[tuple[str, ...], Place] = field(default_factory=dict)

    def decode(self, data: bytes) -> Configuration:
        try:
            text = data.decode("utf-8")
            table = tomllib.loads(text)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self._note(Place(line, 1), "this is no UTF-8.", "Save the file as UTF-8.")
        except tomllib.TOMLDecodeError as error:
            self._syntax(text, str(error))
        else:
            self._places = places(text)
            return Configuration(**self._values(table))
        return Configuration()

    def _syntax(self, text: str, message: str) -> None:
        found = _AT.search(message)
        place = Place(text.count("\n") + 1, 1)
        if found and found[1]:
            place = Place(int(found[1]), int(found[2]))
        what = _AT.sub("", message)
        self._note(place, f"this is no TOML: {what}.", 'Texts stand in quotes: zone = "UTC".')

    def _values(self, table: Mapping[str, Any], above: tuple[str, ...] = ()) -> dict[str, Any]:
        """The values of a table, as far as they are right; `above`: the keys that lead to it."""
        kinds, values = OWN if above else KEYS, {}
        for name, value in table.items():
            key = (*above, name)
            if name not in kinds:
                what = f"unknown key {'.'.join(key)!r}."
                self._note(self._place(key), what, did_you_mean(name, kinds))
                continue
            found = kinds[name](self, key, value)
            if found is not None:
                values[name] = found
        return values

    def _note(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.file, *place, message, hint))

    def _place(self, key: tuple[str, ...]) -> Place:
        """Where the key stands; else the one that it lies in, as in an inline table."""
        while key and key not in self._places:
            key = key[:-1]
        return self._places.get(key, Place(1, 1))

    def problem(self, key: tuple[str, ...], message: str, hint: str) -> None:
        """Note a problem with a key's value."""
        self._note(self._place(key), f"{'.'.join(key)} {message}", hint)

    # The kinds of values; each is None after a problem.

    def text(self, key: tuple[str, ...], value: object) -> str | None:
        if isinstance(value, str) and value:
            return value
        self.problem(key, "is no text.", f'Write {key[-1]} = "...".')
        return None

    def path(self, key: tuple[str, ...], value: object) -> Path | None:
        text = self.text(key, value)
        return None if text is None else self.home / Path(text).expanduser()

    def texts(self, key: tuple[str, ...], value: object) -> list[str]:
        """One text, or a list of texts."""
        items = value if isinstance(value, list) else [value]
        found = [item for item in items if isinstance(item, str) and item]
        if items and len(found) == len(items):
            return found
        self.problem(key, "is no list of texts.", f'Write {key[-1]} = ["...", "..."].')
        return []

    def directories(self, key: tuple[str, ...], value: object) -> tuple[Path, ...]:
        found = tuple(self.home / Path(item).expanduser() for item in self.texts(key, value))
        for path in found:
            if not path.is_dir():
                self.problem(key, f"names {path}, which is no directory.", "Check the spelling.")
        return found

    def zone(self, key: tuple[str, ...], value: object) -> str | None:
        from logdiag.formats import TimePolicy

        text = self.text(key, value)
        try:
            return None if text is None else TimePolicy(text).zone
        except LogdiagError as error:
            self.problem(key, f"is an {error.message}", error.hint)
        return None

    def year(self, key: tuple[str, ...], value: object) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and 1970 <= value <= 2261:
            return value
        self.problem(key, "is no year from 1970 to 2261.", "Write year = 2026.")
        return None

    def duration(self, key: tuple[str, ...], value: object) -> int | None:
        found = periods.duration(value) if isinstance(value, str) else None
        if not found:
            self.problem(key, "is no duration.", 'Write it like "90s" or "2m".')
        return found

    def connections(self, key: tuple[str, ...], value: object) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000:
            return value
        self.problem(key, "is no number from 1 to 1000.", "Write per_client = 2.")
        return None

    def logs(self, key: tuple[str, ...], value: object) -> tuple[str, ...]:
        """One path or pattern, or a list of them; "-" is standard input."""
        return tuple(
            path if path == "-" else str(self.home / Path(path).expanduser())
            for path in self.texts(key, value)
        )

    def services(self, key: tuple[str, ...], value: object) -> tuple[Service, ...]:
        """Each service: its path or paths alone, or a table with what is set for it, too."""
        if not isinstance(value, dict):
            self.problem(key, "is no table.", 'Write [services], below it shop = "/var/log/shop".')
            return ()
        found = []
        for name, told in value.items():
            if not _SERVICE.fullmatch(name):
                self.problem((*key, name), "is no name of a service.", "Use no blank, = or /.")
            if isinstance(told, dict):
                found.append(self._service((*key, name), told))
            else:
                found.append(Service(name, self.logs((*key, name), told), Own()))
        return tuple(found)

    def _service(self, key: tuple[str, ...], table: Mapping[str, Any]) -> Service:
        if "path" not in table:
            hint = f'Write path = "..." below [{".".join(key)}].'
            self.problem(key, "names no path.", hint)
        own = self._values(table, key)
        return Service(key[-1], own.pop("path", ()), Own(**own))


_Kind = Callable[[_Decoder, tuple[str, ...], Any], Any]

KEYS: dict[str, _Kind] = {
    "db": _Decoder.path,
    "zone": _Decoder.zone,
    "year": _Decoder.year,
    "heartbeat": _Decoder.duration,
    "settle": _Decoder.duration,
    "per_client": _Decoder.connections,
    "rules": _Decoder.directories,
    "formats": _Decoder.directories,
    "services": _Decoder.services,
}
OWN: dict[str, _Kind] = {  # of one service
    "path": _Decoder.logs,
    "zone": _Decoder.zone,
    "heartbeat": _Decoder.duration,
    "settle": _Decoder.duration,
    "per_client": _Decoder.connections,
}


def places(text: str) -> dict[tuple[str, ...], Place]:
    """Where each key stands, as far as its line tells: tomllib keeps no places.

    Dotted and inline keys are not looked for; what is not found is told at the file's begin.
    """
    found: dict[tuple[str, ...], Place] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := _TABLE.match(line):
            table = tuple(part.strip("\"' ") for part in header[1].split("."))
            for depth in range(1, len(table) + 1):
                found.setdefault(table[:depth], Place(number, header.start(1) + 1))
        elif key := _KEY.match(line):
            name = key[1].strip("\"'")
            found.setdefault((*table, name), Place(number, key.start(1) + 1))
    return found

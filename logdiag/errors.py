"""What can go wrong, as one tree; every message says what is wrong, where, and what to try.

LogdiagError                 anything logdiag says to a person; carries the exit code
├── UsageError               the command line or the configuration is wrong        (exit 2)
│   └── DefinitionErrors     a format or rule file is wrong; all problems at once   (exit 2)
└── AccessError              something cannot be read or written                    (exit 3)
    ├── SourceError          a log file, directory or archive
    └── TimelineError        the database: locked, foreign, full, damaged
        └── NoTimelineError  there is none yet
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class LogdiagError(Exception):
    """The root: a message for a person. `hint` is what to try; `exit_code` is the process's."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UsageError(LogdiagError):
    """The command line, an option or the configuration is wrong."""


class Problem(NamedTuple):
    """One mistake in a definition file: 1-based line and column, what is wrong, what to try."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message} {self.hint}".rstrip()


class DefinitionErrors(UsageError):
    """A format or rule file does not load. `problems` holds every mistake found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class AccessError(LogdiagError):
    """Something outside cannot be read or written."""

    exit_code = 3


class SourceError(AccessError):
    """A log file, directory or archive cannot be read."""


class TimelineError(AccessError):
    """The database cannot be opened, read or written."""


class NoTimelineError(TimelineError):
    """There is no database there yet, or it is only just being made."""

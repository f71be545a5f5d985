"""Following logs in a terminal or as a service: a quiet voice, and an orderly end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import typer

from logdiag.engines import watch as engine
from logdiag.engines.outcome import Outcome
from logdiag.engines.settings import Settings
from logdiag.faces.shell import complain, emit, on_signals, wants_colour
from logdiag.faces.words import clipped, lead, moment, plural, safe
from logdiag.model import LEVELS, Finding
from logdiag.tailing import targets
from logdiag.timeline import Reader
from logdiag.timeline.dump import iso

MOST_REMEMBERED = 10_000  # findings whose last word is kept; beyond, an old one is told again
_COLOURS = {"firing": typer.colors.RED, "resolved": typer.colors.GREEN}


def follow(
    paths: Sequence[str], db: Path, settings: Settings, *, once: bool
) -> tuple[Outcome, bool]:
    """Watch until the end, SIGTERM or Ctrl-C; the second one ends the process at once.

    Returns the outcome, and whether it was stopped. Errors: those of the engine.
    """
    stop = threading.Event()
    stopped: list[int] = []

    def act(number: int) -> None:
        if stopped:
            os._exit(128 + number)  # what was committed is safe, whatever the process is doing
        stopped.append(number)
        stop.set()

    renew = threading.Event()
    voice = Voice(stop, colour=wants_colour())
    with (
        on_signals(act, signal.SIGINT, signal.SIGTERM),
        on_signals(lambda _: renew.set(), *_hangup()),
    ):
        outcome = engine.watch(
            paths, db, settings, stop=stop, once=once,
            on_finding=voice.finding, on_notice=lambda text: complain(text, kind="Note"),
            on_ready=lambda services: voice.ready(paths, services, db), renew=renew,
        )  # fmt: skip
    return outcome, bool(stopped)


def _hangup() -> list[signal.Signals]:
    """SIGHUP, where it asks for rules to be read anew, as of a service.

    In a terminal it says that the terminal is gone, and that shall end the watch; under `nohup` it
    says nothing.
    """
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [] if ignored or sys.stdin.isatty() or sys.stdout.isatty() else [signal.SIGHUP]


def is_firing(db: Path, paths: Sequence[str], level: str) -> bool:
    """Whether any of the services watched has a firing finding at or above the level."""
    services = {target.service for target in targets(paths, may_appear=True)}
    least = LEVELS.index(level)
    with Reader.open(db) as reader:
        return any(
            found.service in services
            and found.finding.state == "firing"
            and LEVELS.index(found.finding.level) >= least
            for found in reader.findings()
        )


class Voice:
    """Says when findings fire and when they are over, each once; stops when nobody listens."""

    def __init__(self, stop: threading.Event, *, colour: bool) -> None:
        self._stop = stop
        self._colour = colour
        self._told: dict[tuple[str, str], tuple[str, int]] = {}

    def ready(self, paths: Sequence[str], services: Sequence[str], db: Path) -> None:
        """The first line."""
        names = list(dict.fromkeys(services))
        named = f" (service {names[0]})" if len(names) == 1 else f" ({len(names)} services)"
        what = clipped(", ".join(paths), 300) + clipped(named, 100)
        self._say(f"Watching {what}; database {safe(str(db))}; Ctrl-C stops.\n")

    def finding(self, service: str, finding: Finding) -> None:
        """A finding changed; most changes are none that a person wants to hear of."""
        key, news = (service, finding.fingerprint), (finding.state, finding.count)
        if finding.state == "pending" or self._told.pop(key, None) == news:
            if finding.state != "pending":
                self._told[key] = news
            return
        self._told[key] = news
        if len(self._told) > MOST_REMEMBERED:
            del self._told[next(iter(self._told))]
        self._say(self._lines(service, finding))

    def _lines(self, service: str, finding: Finding) -> str:
        at = finding.changed_at
        when = moment(iso(time.time_ns() if at is None else at))
        word = self._styled(f"{finding.state.upper():8}", _COLOURS[finding.state])
        what = f"{finding.level}: {safe(finding.title)}"
        if finding.state == "resolved":  # the note begins with how
            how = clipped(lead(finding.note), 100)
            what = safe(finding.title) + (f": {how}" if how else "")
        who = ", ".join(f"{name} {value}" for name, value in finding.group.items())
        count = plural(finding.connections_total, "connection")
        detail = ", ".join(part for part in (service, who, count) if part)
        return f"{when}  {word}  {what}\n{'':21} {clipped(detail, 300)}\n"

    def _styled(self, text: str, colour: str) -> str:
        return typer.style(text, fg=colour, bold=True) if self._colour else text

    def _say(self, text: str) -> None:
        if not emit(text):
            self._stop.set()

"""Rules and formats that change while logs are followed."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event as Flag

from logdiag.definitions import files_at
from logdiag.engines import knowledge
from logdiag.engines.pipeline import Pipeline
from logdiag.engines.settings import Settings
from logdiag.errors import UsageError

REMARK = "definitions"  # the name of what is said in reports
KEPT = "Rules and formats were changed and are wrong; those from before go on."

Stamp = tuple[tuple[str, int, int, int], ...]


class Renewal:
    """Brings changed definitions in between two commits, if all of them are right.

    `asked` is set by whoever wants them read anew though nothing seems to have changed.
    """

    def __init__(
        self, settings: Settings, pipeline: Pipeline, notice: Callable[[str], None], asked: Flag
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._notice = notice
        self._asked = asked
        self._read = self._seen = self._stamp()
        pipeline.remark(REMARK, "")  # what was wrong before is right now, or it would not run

    def look(self) -> None:
        """Read the definitions anew if they changed and nobody is writing them any more."""
        stamp = self._stamp()
        asked = self._asked.is_set()
        resting = stamp == self._seen
        self._seen = stamp
        if asked or (resting and stamp != self._read):
            self._asked.clear()
            self._read = stamp
            self._renew()

    def _renew(self) -> None:
        try:
            formats, rules = knowledge.load_all(self._settings)
        except UsageError as error:
            self._notice(f"{KEPT}\n{error}")
            first, *others = str(error).split("\n")
            more = f" And {len(others)} more, see `logdiag rules lint`." if others else ""
            self._pipeline.remark(REMARK, f"{KEPT} {first}{more}")
            return
        self._pipeline.adopt(formats, rules)
        self._pipeline.remark(REMARK, "")
        self._notice(
            f"Rules and formats were read anew: {len(rules)} rules, "
            f"{len(formats.packs)} format packs."
        )

    def _stamp(self) -> Stamp:
        """What changes with the user's own files; the built-in ones change with the program."""
        found = []
        for directory in (*self._settings.rules, *self._settings.formats):
            for path in files_at(directory):
                try:
                    status = path.stat()
                except OSError:
                    continue  # gone meanwhile: the next look sees that
                found.append((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
        return tuple(found)

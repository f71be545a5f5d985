"""Following files through whatever a log rotator does to them.

`refresh` looks at the disk and decides which file is which source; `readers` then give what is
new. Only the sweep decides: notifications are hints (watchdog #654).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from logdiag.model import Gap, Position, Source
from logdiag.tailing.archives import ArchiveReader, unpacked
from logdiag.tailing.copies import Copies
from logdiag.tailing.cutter import BLOCK_SIZE, MAX_LINE
from logdiag.tailing.departed import LONGEST_WAIT, QUIET_TIME, Departed
from logdiag.tailing.discover import Discoverer, Found
from logdiag.tailing.fingerprint import Mark
from logdiag.tailing.matching import Family, Matcher, Orphan
from logdiag.tailing.notices import Notice
from logdiag.tailing.pool import Key, MovedError, Pool
from logdiag.tailing.reader import FileReader, Reader
from logdiag.tailing.settings import Settings
from logdiag.tailing.stream import StreamReader
from logdiag.tailing.targets import STDIN, Target

AnyFile = FileReader | ArchiveReader


class Tailer:
    """The files of some targets, as sources of lines.

    `known` are the sources of earlier runs with their last positions, `register` makes a new
    source of a service and a path. `final` reads what is there, once, with unterminated last
    lines. `archives` reads compressed files, too; without, they only serve to find the unread
    rest of a source. `wall` gives nanoseconds since 1970; `wake` is called when stdin has bytes.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        known: Iterable[tuple[Source, Position]],
        register: Callable[[str, str], Source],
        *,
        final: bool = False,
        max_line: int = MAX_LINE,
        block_size: int = BLOCK_SIZE,
        archives: bool = False,
        wall: Callable[[], int] = time.time_ns,
        wake: Callable[[], None] = lambda: None,
        stdin: int = 0,
    ) -> None:
        self._targets = list(targets)
        self._register = register
        self._archives = archives
        self._settings = Settings(Pool(), wall, final, block_size, max_line)
        self._discoverer = Discoverer()
        services = {target.service for target in self._targets}
        self._orphans = [
            Orphan(source, position)
            for source, position in known
            if source.service in services and source.path != STDIN  # a pipe is never met again
        ]
        self._files: dict[Key, AnyFile] = {}
        self._departed = Departed(self._settings)
        self._copies = Copies(self._files, self._departed, self._settle)
        self._seen: set[Key] = set()  # files of the last sweep
        self._said: set[Notice] = set()
        self._order: list[Reader] = []
        self._streams = self._open_streams(wake, stdin)
        self._first = True

    def _open_streams(self, wake: Callable[[], None], fd: int) -> list[Reader]:
        settings = self._settings
        return [
            StreamReader(
                self._register(target.service, STDIN), fd, settings.wall, final=settings.final,
                block_size=settings.block_size, max_line=settings.max_line, wake=wake,
            )
            for target in self._targets
            if target.root == STDIN
        ]  # fmt: skip

    def readers(self) -> list[Reader]:
        """All sources, in stable order: target by target, log by log, oldest first."""
        return [*self._order]

    def close(self) -> None:
        """Close all files."""
        self._settings.pool.close_all()
        for reader in self._files.values():
            if isinstance(reader, ArchiveReader):
                reader.release()

    def refresh(self) -> list[Notice | Gap]:
        """Look at the disk. Returns what a person should know (once), and gaps."""
        found = self._discoverer.look(self._targets)
        fresh = self._meet(found)
        self._miss(found)
        fresh = self._match(fresh)
        self._give_up()
        for one in fresh:
            if self._wanted(one, found):
                self._add(one)
        self._supersede(found)
        notices, gaps = self._departed.news()
        self._order = self._ordered(found)
        # An empty file is no source yet: should it be rotated before it is seen again, it is new.
        self._seen = {one.key for one in found if one.size or not one.given}
        self._first = False
        return [*self._new_notices(notices), *gaps]

    # -- files that are tracked ---------------------------------------------------------------

    def _meet(self, found: list[Found]) -> list[Found]:
        """Tell the readers what their files look like now; returns the files nobody reads."""
        fresh = []
        for one in found:
            reader = self._files.get(one.key)
            if reader is None:
                if one.kind != "unreadable":
                    fresh.append(one)
            elif isinstance(reader, ArchiveReader):
                reader.saw(one)
            elif one.kind != "unreadable" and not reader.saw(one):
                self._orphan(reader, replaced=True)
                self._seen.discard(one.key)  # the inode was seen, what is in it now was not
                fresh.append(one)
        return fresh

    def _miss(self, found: list[Found]) -> None:
        """Part with files that have no path any more; what is open is read to its end."""
        there = {one.key for one in found}
        for key, reader in list(self._files.items()):
            if key in there or reader.source.service in self._discoverer.blind:
                continue
            if reader.done:
                self._drop(reader)
            elif isinstance(reader, ArchiveReader):
                reader.lost = True
            elif not self._departed.keep(reader):
                self._orphan(reader, replaced=False)

    def _orphan(self, reader: FileReader, *, replaced: bool) -> None:
        if not (reader.ended and not reader.unread):
            self._orphans.append(
                Orphan(
                    reader.source,
                    reader.position(),
                    replaced,
                    live=True,
                    size=reader.size,
                    mark=reader.mark,
                )
            )
        self._drop(reader)

    def _drop(self, reader: AnyFile) -> None:
        self._settings.pool.close(reader.key)
        self._files.pop(reader.key, None)

    # -- files that are new -------------------------------------------------------------------

    def _match(self, fresh: list[Found]) -> list[Found]:
        """Find the files of sources that are known; returns the files that are left."""
        plain = [one for one in fresh if one.kind == "plain"]
        archives = [one for one in fresh if one.kind != "plain"]
        matcher = Matcher(self._orphans, plain, self._attach)
        matcher.run()
        plain = self._copies.set_aside(matcher, first=self._first)
        lost = self._archives or any(not one.position.ended for one in matcher.orphans)
        if lost and archives:
            archives = matcher.run_archives(archives)
        self._orphans = matcher.orphans
        return [*plain, *archives]

    def _attach(self, orphan: Orphan, found: Found, mark: Mark) -> None:
        reader: AnyFile
        if found.kind == "plain":
            position = orphan.position
            told = None
            if position.offset:
                told = ((position.device, position.inode), position.ended)
            reader = FileReader(
                orphan.source, found, mark, self._settings, live=orphan.live, told=told,
            )  # fmt: skip
        else:
            reader = ArchiveReader(orphan.source, found, mark, self._settings)
        self._files[found.key] = reader
        self._hold_open(reader)

    def _add(self, found: Found) -> None:
        source = self._register(found.service, found.shown)
        live = not self._first and found.kind == "plain"
        position = Position(device=found.device, inode=found.inode)
        self._attach(Orphan(source, position, live=live), found, Mark())

    def _settle(self, copy: Found, mark: Mark) -> None:
        """All of the copy was read in its original: it becomes a source that was read."""
        source = self._register(copy.service, copy.shown)
        reader = FileReader(source, copy, mark, self._settings, live=False)
        reader.finish()
        self._files[copy.key] = reader

    def _hold_open(self, reader: AnyFile) -> None:
        """Open a file that may be deleted before it is read to its end, while there is room."""
        pool = self._settings.pool
        if isinstance(reader, FileReader) and not self._settings.final and not pool.full:
            try:
                pool.get(reader.key, reader.path)
            except (OSError, MovedError):
                return  # the next sweep sees what is the matter

    def _wanted(self, one: Found, found: list[Found]) -> bool:
        """Whether a file that is no known source is to be read as a new one."""
        if not one.size:
            return False
        if one.kind != "plain":
            read = [each for each in found if each.given or each.key in self._files]
            return self._archives and one.given and not unpacked(one, read)
        if one.given:
            return True
        if one.key in self._copies.released:
            return True
        if not self._first:
            return one.key not in self._seen  # rotated twice since the last sweep
        family, age = Family.of(one.service, one.shown), Family.name(one.shown).age
        return any(
            Family.of(reader.source.service, reader.shown) == family
            and Family.name(reader.shown).age < age
            for reader in self._files.values()
            if reader.mark.offset
        )

    # -- ends ---------------------------------------------------------------------------------

    def _give_up(self) -> None:
        """Sources whose file is nowhere have ended, with a gap.

        Where a part of the service cannot be seen, they wait.
        """
        waiting = []
        for one in self._orphans:
            if one.source.service in self._discoverer.blind:
                waiting.append(one)
            elif not one.position.ended and (one.position.offset or one.live):
                self._departed.lose(one)
        self._orphans = waiting

    def _supersede(self, found: list[Found]) -> None:
        """A file that has a younger one beside it, and was left alone for a while, has ended.

        While the younger one is empty the writer may not have gone over to it yet.
        """
        youngest: dict[tuple[str, str, str, bool], tuple[int, str, int]] = {}
        for one in found:
            family, age = Family.of(one.service, one.shown), Family.name(one.shown).age
            for used in {False, one.size > 0}:
                youngest[*family, used] = max(age, youngest.get((*family, used), age))
        now = self._settings.wall()
        for reader in self._files.values():
            if not isinstance(reader, FileReader) or reader.gone_since is not None:
                continue
            quiet = now - reader.grew_at
            if reader.ended or not reader.quiet or quiet < QUIET_TIME:
                continue
            family = Family.of(reader.source.service, reader.shown)
            age = Family.name(reader.shown).age
            if age < youngest.get((*family, quiet < LONGEST_WAIT), age):
                reader.end()

    def _ordered(self, found: list[Found]) -> list[Reader]:
        living: list[Reader] = [self._files[one.key] for one in found if one.key in self._files]
        there = {one.key for one in found}
        gone = [reader for key, reader in self._files.items() if key not in there]
        return [*self._departed.buried, *gone, *living, *self._streams]

    def _new_notices(self, notices: list[Notice]) -> list[Notice]:
        """What was not said before; what is over may be said again when it comes back."""
        now = dict.fromkeys([*self._discoverer.notices, *notices])
        for reader in self._files.values():
            if isinstance(reader, ArchiveReader) and reader.damage:
                what = f"the archive cannot be read to its end: {reader.damage}"
                hint = "Restore it from a backup, or repack what is left of it."
                now[Notice(reader.path, what, hint)] = None
        news = [notice for notice in now if notice not in self._said]
        self._said = set(now)
        return news

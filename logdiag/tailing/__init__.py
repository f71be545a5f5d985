"""Files, archives and streams become blocks of whole lines, each with the position behind it.

    targets -> discover -> tailer (which file is which source) -> readers -> Block

Every complete line that was on disk while it could be read is given once, and once only, whatever
a log rotator does and wherever the process is stopped, provided that each block's position is
stored together with what came of the block. Where bytes are gone, a `Gap` says so.
"""

from __future__ import annotations

from logdiag.tailing.cutter import BLOCK_SIZE, MAX_LINE
from logdiag.tailing.discover import Found, discover
from logdiag.tailing.notices import Notice
from logdiag.tailing.reader import Reader
from logdiag.tailing.tailer import Tailer
from logdiag.tailing.targets import Target, targets
from logdiag.tailing.watcher import Watcher

__all__ = [
    "BLOCK_SIZE",
    "MAX_LINE",
    "Found",
    "Notice",
    "Reader",
    "Tailer",
    "Target",
    "Watcher",
    "discover",
    "targets",
]

"""Starts `watch` as a process of its own whenever a line comes in; tells its id and its end.

python -m tests.faults.keeper DIRECTORY DATABASE [once]
Forked, so that fifty lives do not cost fifty times the imports.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import watchdog.observers  # noqa: F401 - imported here once, not in each life

from logdiag.engines.settings import Settings
from logdiag.engines.watch import watch


def live(directory: str, db: str, *, once: bool) -> None:
    """One life: until the end, SIGTERM, or SIGKILL."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    watch([directory], Path(db), Settings(), stop=stop, once=once, retry=0.05)


def main() -> None:
    """Keep on until stdin ends."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                live(*sys.argv[1:3], once=line.strip() == "once")
                os._exit(0)
            except BaseException as error:
                sys.stderr.write(f"{error!r}\n")
                os._exit(1)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        status = os.waitpid(child, 0)[1]
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

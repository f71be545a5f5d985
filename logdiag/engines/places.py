"""Remembers where the logs of each service lie, so that their lines can be looked up later."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from logdiag.tailing import Target
from logdiag.tailing.targets import STDIN
from logdiag.timeline import Writer


def place(writer: Writer, targets: Iterable[Target]) -> None:
    """Tell the timeline the directories of the targets. Errors: `TimelineError`."""
    found: dict[str, list[str]] = {}
    for target in targets:
        if target.root != STDIN:
            root = Path(target.root)
            folder = str(root if root.is_dir() else root.parent)
            folders = found.setdefault(target.service, [])
            if folder not in folders:
                folders.append(folder)
    for service, folders in found.items():
        writer.place(service, folders)

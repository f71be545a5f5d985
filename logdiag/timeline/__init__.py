"""The timeline: events, connections and findings in SQLite. One writer, any number of readers."""

from __future__ import annotations

from logdiag.timeline.batch import Batch, Notice, SourceUpdate
from logdiag.timeline.connect import default_path
from logdiag.timeline.reader import Reader
from logdiag.timeline.writer import Writer

__all__ = ["Batch", "Notice", "Reader", "SourceUpdate", "Writer", "default_path"]

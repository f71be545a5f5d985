"""What the report before has told, so that this one can mark what is new.

It is kept per user, in the state directory, not in the database: reports only read that, while
`watch` writes it, and it may be another user's. Each person is told once what is new. Where
nothing can be kept, nothing is remembered: the next report is a first one again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from logdiag.model import Finding

MOST_REMEMBERED = 10_000  # findings; those that were told last


@dataclass(frozen=True, slots=True)
class LastReport:
    """When it was made (wall time, ns), and how often each finding had fired by then."""

    at: int
    counts: Mapping[str, int] = field(default_factory=dict)  # by fingerprint

    def is_news(self, finding: Finding) -> bool:
        """Whether the finding has fired since; a mere suspicion is no news."""
        return finding.state != "pending" and finding.count > self.counts.get(
            finding.fingerprint, 0
        )

    def then(self, at: int, findings: Iterable[Mapping[str, Any]]) -> LastReport:
        """This one and the next one, which told these findings of a document."""
        told = {one["fingerprint"]: one["count"] for one in findings if one["state"] != "pending"}
        kept = {key: count for key, count in self.counts.items() if key not in told} | told
        return LastReport(at, dict(list(kept.items())[-MOST_REMEMBERED:]))


def recall(db: Path) -> LastReport | None:
    """The last report on that database; None if there was none, or nothing is known of it."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        stored = json.loads(_file(db).read_text("utf-8"))
        counts = {str(key): int(count) for key, count in dict(stored["counts"]).items()}
        return LastReport(int(stored["at"]), counts)
    return None


def remember(db: Path, report: LastReport) -> None:
    """Keep it for the next one, whole or not at all; without a word where that is not possible."""
    file = _file(db)
    text = json.dumps({"database": str(db), "at": report.at, "counts": dict(report.counts)})
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.{os.getpid()}")
        partial.write_text(text, "utf-8")
        partial.replace(file)


def _file(db: Path) -> Path:
    import platformdirs

    digest = hashlib.blake2b(os.fsencode(db.resolve()), digest_size=8).hexdigest()
    folder = Path(platformdirs.user_state_dir("logdiag", appauthor=False))
    return folder / "reports" / f"{digest}.json"

"""What a run did, and what it could not do."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcome:
    """Totals of one run. `problems` are sentences about what could not be read."""

    files: int = 0
    bytes: int = 0
    lines: int = 0
    events: int = 0
    gaps: int = 0
    problems: list[str] = field(default_factory=list)

    def problem(self, text: str) -> None:
        """Note what could not be read, once."""
        if text not in self.problems:
            self.problems.append(text)

    @property
    def incomplete(self) -> bool:
        """Whether something that was there to read is not in the timeline."""
        return bool(self.gaps or self.problems)

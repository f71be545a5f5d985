"""A timeline in which every text is an attack on whoever shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from logdiag.model import Evidence, Gap, Guard, Source
from logdiag.timeline import Batch
from tests.faces.filled import WIDTH, at, batch, connection, event, finding, timeline

ATTACKS = (
    "<script>document.title='owned'</script>", "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(2)>", "javascript:alert(3)", "{{7*7}}${7*7}",
    "\\x1b]0;owned\\x07\\x1b[31mred", "<style>body{display:none}</style>",
    "</script><script>alert(4)</script><!--", "\u202egnp.exe", "W" * 2_000,
)  # fmt: skip
SERVICE = "<img src=x onerror=alert(5)>&a=b#c"
FILE = "<svg onload=alert(6)>.log"


def write_hostile(folder: Path) -> Path:
    """The database, with the log that its lines are from beside it."""
    log = folder / FILE
    lines = (f"{number:03} {ATTACKS[number % len(ATTACKS)]}" for number in range(40))
    log.write_text("".join(f"{line[: WIDTH - 1]:<{WIDTH - 1}}\n" for line in lines), "utf-8")
    return timeline(folder / "timeline.db", _attack, SERVICE, str(log))


def _attack(source: Source) -> Batch:
    texts: dict[str, Any] = {
        "client": ATTACKS[1], "user": ATTACKS[0], "path": ATTACKS[2], "reason": ATTACKS[7],
        "process": ATTACKS[4],
    }  # fmt: skip
    lives = [
        connection(source, n, name=name, client_key=f"user {name}"[:900], **texts)
        for n, name in enumerate(ATTACKS, 1)
    ]
    events = [
        event(source, n, text=attack, message=attack, connection=attack, agent=attack, **texts)
        for n, attack in enumerate(ATTACKS, 1)
    ]
    refused = event(source, 20, kind="auth_failure", text=ATTACKS[0], **texts)
    return batch(source, [*events, refused], lives, _findings(source),
                 [Gap(source, 500, 10, ATTACKS[1], at(5))])  # fmt: skip


def _findings(source: Source) -> list[Any]:
    proof = tuple(Evidence(source.id, n * WIDTH) for n in range(1, len(ATTACKS) + 1))
    return [
        finding(
            source, rule=ATTACKS[n], title=attack, fingerprint=f"f{n}", group={attack: attack},
            cause=attack, fix=attack, note=attack, evidence=proof,
            guards=(Guard(attack, "no"), Guard(ATTACKS[1], "yes")), references=(attack,),
        )
        for n, attack in enumerate(ATTACKS)
    ]  # fmt: skip

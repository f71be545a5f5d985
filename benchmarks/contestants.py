"""Who runs on which corpus, with which command. Slow ones get the beginning of the file only."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpora import head
from benchmarks.measure import Contestant, installed

HERE = Path(__file__).parent
PEERS = HERE / "peers"
APP_SHAPES = (
    r"New WebSocket connection established\. Total connections: [0-9]+"
    r"|WebSocket connection [0-9a-f]+ established\. Total: [0-9]+"
    r"|WebSocket connection [0-9a-f]+ closed \(code [0-9]+\)\. Total: [0-9]+"
    r"|(GET|POST|PUT) /[^ ]+ - No authHeader or no bearer found"
)
ACCESS_SHAPES = r'^[^ ]+ [^ ]+ [^ ]+ \[[^]]+\] "[A-Z]+ [^ ]+ [^ ]+" (101|401) '

# name, megabytes of the file at most (None: all of it), command. {file}, {peers} and {shapes}.
Entry = tuple[str, int | None, Sequence[str]]

EVERYWHERE: list[Entry] = [
    ("cat", None, ["cat", "{file}"]),
    ("rg -c", None, ["rg", "-c", "{shapes}", "{file}"]),
    ("grep -cE, C locale", None, ["grep", "-cE", "{shapes}", "{file}"]),
]
APP: list[Entry] = [
    ("rg -o -r, captures printed", 50, ["rg", "-oN", "{captures}", "-r", "$1 $2 $3", "{file}"]),
    ("lnav, SQL over captures", 50, [
        "lnav", "-n", "-I", "{peers}/lnav",
        "-c", ";SELECT count(connection), count(code), max(total) FROM ws_log", "{file}",
    ]),
    ("mtail, captures and counters", 20, [
        "mtail", "-one_shot", "-one_shot_format=json", "-progs", "{peers}/ws.mtail",
        "-logs", "{file}",
    ]),
    ("fail2ban-regex", 10, ["fail2ban-regex", "{file}", "{peers}/fail2ban-ws.conf"]),
    ("sec, counts", 10, ["sec", "--conf={peers}/counts.sec", "--input={file}", "--notail"]),
    ("sec, open and close paired", 1, [
        "sec", "--conf={peers}/pairs.sec", "--input={file}", "--notail",
    ]),
]  # fmt: skip
ACCESS: list[Entry] = [
    ("mtail, captures and counters", 20, [
        "mtail", "-one_shot", "-one_shot_format=json", "-progs", "{peers}/access.mtail",
        "-logs", "{file}",
    ]),
    ("GoAccess, JSON", 20, [
        "goaccess", "{file}", "--log-format=COMBINED", "--no-global-config", "-o", "{work}/o.json",
    ]),
    ("fail2ban-regex", 10, ["fail2ban-regex", "{file}", "{peers}/fail2ban-access.conf"]),
]  # fmt: skip
# The one regular expression with numbered captures that ripgrep prints.
CAPTURES = (
    r"WebSocket connection ([0-9a-f]+) (established|closed \(code \d+\))\. Total: (\d+)"
    r"|New WebSocket connection established\. Total connections: \d+"
    r"|(?:GET|POST|PUT) /\S+ - No authHeader or no bearer found"
)


def contestants(
    kind: str, file: Path, logdiags: Sequence[str]
) -> tuple[list[Contestant], list[str]]:
    """All that are installed, for one corpus, logdiag first; and the programs that are not."""
    words = {
        "{file}": str(file),
        "{peers}": str(PEERS),
        "{shapes}": ACCESS_SHAPES if kind == "access" else APP_SHAPES,
        "{captures}": CAPTURES,
    }
    ours: list[Entry] = [
        (f"{path if len(logdiags) > 1 else 'logdiag'} ingest", None,
         [path, "ingest", "{file}", "--db", "{work}/timeline.db"])
        for path in logdiags
    ]  # fmt: skip
    found_only: Entry = (
        "logdiag, finding and storing alone", None,
        [sys.executable, str(HERE / "find_and_store.py"), "{file}", "{work}/timeline.db"],
    )  # fmt: skip
    entries = [*ours, found_only, *EVERYWHERE, *(ACCESS if kind == "access" else APP)]
    missing = sorted({entry[2][0] for entry in entries if not installed(entry[2][0])})
    found = []
    for name, most, command in entries:
        if command[0] in missing:
            continue
        part = head(file, most) if most else file
        filled = [_fill(word, {**words, "{file}": str(part)}) for word in command]
        found.append(Contestant(name, filled, part, discard=name == "cat"))
    if kind == "dense":
        found.append(_limit(file))
    return found, missing


def _fill(word: str, values: dict[str, str]) -> str:
    for mark, value in values.items():
        word = word.replace(mark, value)
    return word


def _limit(file: Path) -> Contestant:
    with file.open("rb") as lines:
        rows = sum(1 for _ in lines)
    script = str(HERE / "sqlite_limit.py")
    command = [sys.executable, script, str(rows), "{work}/limit.db"]
    return Contestant("sqlite3 executemany, as many rows", command, file)

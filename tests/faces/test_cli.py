from __future__ import annotations

import gzip
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from logdiag import __version__
from logdiag.faces import document
from logdiag.faces.options import FailOn
from logdiag.model import LEVELS
from tests.faces.filled import ROOT, SAMPLES, invalid, leaky, timeline
from tests.faces.running import command, run

TRUTH: dict[str, dict[str, Any]] = json.loads((SAMPLES / "truth.json").read_text("utf-8"))
SEED = SAMPLES / "seed.log"
HEAVY = (
    "pyparsing",
    "sqlite3",
    "sqlite_utils",
    "re2",
    "watchdog",
    "rich",
    "xml",
    "yaml",
    "ahocorasick_rs",
)
COMMANDS = (
    "watch",
    "ingest",
    "report",
    "check",
    "compare",
    "explain",
    "rules list",
    "rules show",
    "rules lint",
    "rules test",
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


# The whole way, on real logs


@pytest.mark.parametrize("name", TRUTH)
def test_check_tells_the_truth_about_every_sample(name: str) -> None:
    """Verdict, number of leaked connections, exit code; the document is what the schema says."""
    result = run("check", SAMPLES / name, "--format", "json")
    told = json.loads(result.stdout)
    truth = TRUTH[name]
    assert [] == invalid(told)
    assert [truth["verdict"]] == [one["verdict"] for one in told["services"]]
    firing = [one for one in told["findings"] if one["state"] == "firing"]
    assert truth["leaked_count"] == max((one["connections_total"] for one in firing), default=0)
    assert (1 if truth["verdict"] == "leak" else 0) == result.exit_code


@pytest.mark.parametrize("name", ["node-leaky.log", "socketio-leaky.log"])
def test_leaked_connections_are_named_where_the_log_has_ids(name: str) -> None:
    """The connections of the findings are those that leaked, no others."""
    told = json.loads(run("check", SAMPLES / name, "--format", "json").stdout)
    named = {one for finding in told["findings"] for one in finding["connections"]}
    assert set(TRUTH[name]["leaked"]) == named


@pytest.mark.parametrize("name", TRUTH)
def test_the_text_tells_the_same_verdict(name: str) -> None:
    """What people read begins with the verdict in words, within 80 columns."""
    words = {"leak": "LEAK", "clean": "CLEAN", "cannot_tell": "CANNOT TELL"}
    lines = run("check", SAMPLES / name).stdout.splitlines()
    assert lines[2].startswith(f"{words[TRUTH[name]['verdict']]}  {Path(name).stem}: ")
    assert 80 >= max(map(len, lines))


def test_the_seeds_report_is_golden(golden: Any) -> None:
    """The log that started it all, as its engineer reads it."""
    lines = run("check", SEED).stdout.splitlines(keepends=True)
    golden(str(Path(__file__).parent / "golden" / "seed.txt"), "".join(lines[1:]))


def test_ingest_then_report(tmp_path: Path) -> None:
    """The database is written and read; the summary counts; the same lines are read once."""
    db = tmp_path / "state" / "t.db"
    first = run("ingest", SEED, "--db", db)
    assert 0 == first.exit_code
    assert first.stdout.startswith("Read 1 file, 644 B, 8 lines, 8 events in ")
    assert first.stdout.endswith(f"\nNext: logdiag report --db {db}\n")
    assert "Nothing new: all of it had been read before." in run("ingest", SEED, "--db", db).stdout
    told = json.loads(run("report", "--db", db, "--format", "json").stdout)
    assert [] == invalid(told)
    assert [("leak", 4)] == [(one["verdict"], one["totals"]["opened"]) for one in told["services"]]


def test_the_default_database_serves_all_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without options ingest writes where report reads: the state directory, or LOGDIAG_DB."""
    assert "Next: logdiag report\n" in run("ingest", SEED).stdout
    assert "LEAK  seed" in run("report").stdout
    monkeypatch.setenv("LOGDIAG_DB", "/nowhere/at/all.db")
    assert 3 == run("report").exit_code


def test_a_server_that_stops_in_order_ends_each_connection_once(tmp_path: Path) -> None:
    """Its closes follow the line about the stop; that they are told is not forgotten."""
    path = tmp_path / "app.log"
    opened, closed = (f"info: WebSocket connection {word}\n" for word in ("established", "closed"))
    path.write_text(2 * opened + "info: SIGTERM received, shutting down\n" + 2 * closed, "utf-8")
    (told,) = json.loads(run("check", path, "--format", "json").stdout)["services"]
    totals = told["totals"]
    assert (2, 0, 2) == (totals["opened"], totals["closed"], totals["superseded"])
    assert ("clean", 0) == (told["verdict"], told["live"]["at_end"])


def test_a_status_that_nobody_got_in_the_last_line_is_missed(tmp_path: Path) -> None:
    """The second of two; a file that goes on takes it back if it arrives."""
    line = '{{"time":"2026-11-20T10:0{}:00.000Z","userId":"u1",{}}}\n'
    path, db = tmp_path / "app.log", tmp_path / "app.db"
    sent = '"msg":"Status update for video v-{}: completed sent to 0 clients"'
    log = line.format(0, '"connId":"a1","msg":"WebSocket connected"')
    path.write_text(log + line.format(1, sent.format(1)) + line.format(5, sent.format(2)), "utf-8")
    for more, expected in (
        ("", ["duplicate-delivery"]),
        ("Status update for video v-2: completed sent to connection a1", []),
    ):
        with path.open("a", encoding="utf-8") as file:
            file.write(more and f"2026-11-20T10:05:00.500Z info: {more}\n")
        run("ingest", path, "--db", db)
        told = json.loads(run("report", "--db", db, "--format", "json").stdout)
        found = [one["rule"] for one in told["findings"] if one["state"] != "pending"]
        assert expected == found


def test_check_leaves_nothing_behind(temporary: Path, tmp_path: Path) -> None:
    """No database stays, in no place, whether it went well or not."""
    (tmp_path / "bad.gz").write_bytes(b"\x1f\x8b\x08\x00 this is no archive")
    codes = [
        run("check", path).exit_code for path in (SEED, tmp_path / "none.log", tmp_path / "bad.gz")
    ]
    assert [1, 3] == codes[:2]
    assert [] == list(temporary.iterdir())
    assert 3 == run("report").exit_code  # nor a default one


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    """-o writes there and nothing to stdout; a place that does not take it is exit code 3."""
    file = tmp_path / "report.json"
    result = run("check", SEED, "--format", "json", "-o", file)
    assert (1, "") == (result.exit_code, result.stdout)
    assert [] == invalid(json.loads(file.read_text("utf-8")))
    result = run("check", SEED, "-o", tmp_path / "no" / "such" / "file")
    assert 3 == result.exit_code
    assert "cannot be written: No such file or directory." in result.stderr


def test_the_schema_is_printed(tmp_path: Path) -> None:
    """`report --schema` needs no database."""
    result = run("report", "--schema", "--db", tmp_path / "none.db")
    assert (0, document.schema()) == (result.exit_code, result.stdout)


# Exit codes


@pytest.mark.parametrize(
    ("level", "expected"),
    [(None, 0), ("informational", 1), ("medium", 1), ("high", 1), ("critical", 0)],
)
def test_report_fails_on_the_level_that_was_named(
    tmp_path: Path, level: str | None, expected: int
) -> None:
    """A firing finding of level high fails on high and below; without the option nothing does."""
    db = timeline(tmp_path / "t.db", leaky)
    assert expected == run("report", "--db", db, *(["--fail-on", level] if level else [])).exit_code


def test_a_check_fails_for_a_leak_that_closed_with_the_tests_tab(tmp_path: Path) -> None:
    """It fired; that its connections closed in the end does not undo it. A report asks for now."""
    log, db, xml = (tmp_path / name for name in ("app.log", "t.db", "t.xml"))
    run("simulate", "D4", "--clients", "1", "--duration", "10m", "-o", log)
    told = run("check", log)
    assert (1, True) == (told.exit_code, "CLEAN  app: 8 opened, 8 closed" in told.stdout)
    assert (
        "Failed: 1 finding of level medium or worse fired, and ended before the log did: "
        "Connections opened while requests fail authentication.\n"
    ) == told.stderr
    assert 0 == run("check", log, "--fail-on", "critical").exit_code
    assert 1 == run("check", log, "--format", "junit", "-o", xml).exit_code
    assert "<failure" in xml.read_text()
    run("ingest", log, "--db", db)
    assert 0 == run("report", "--db", db, "--fail-on", "medium").exit_code


def test_a_check_that_writes_a_file_says_what_it_came_to(tmp_path: Path) -> None:
    """A job's log is what is read first; it shows verdicts and the limits that were not kept."""
    paths = [SAMPLES / "seed.log", SAMPLES / "uvicorn-new.log"]
    limits = ["--max-live", "3", "--max-per-client", "99", "--all-closed"]
    told = run("check", *paths, *limits, "--format", "junit", "-o", tmp_path / "t.xml")
    assert (1, "") == (told.exit_code, told.stdout)
    unseen = "No line says that a connection closed: more may be gone than the log tells."
    assert [
        "LEAK: seed: Connections opened while requests fail authentication.",
        "CANNOT TELL: uvicorn-new: 22 connections opened and no line says that one closed. Log the "
        "close, with the id of its opening.",
        "BROKEN: seed: 4 were live at once, 4 at most. (--max-live 3)",
        "BROKEN: seed: 4 connections never closed. (--all-closed)",
        f"CANNOT TELL: uvicorn-new: {unseen} (--max-live 3)",
        f"CANNOT TELL: uvicorn-new: {unseen} (--all-closed)",
    ] == told.stderr.splitlines()


def test_a_named_archive_is_read_beside_its_plain_file(tmp_path: Path) -> None:
    """It was asked for; where the plain file is read, too, no line is read again."""
    log, archive, db = (tmp_path / name for name in ("app.log", "app.log.gz", "t.db"))
    log.write_bytes((SAMPLES / "node-fixed.log").read_bytes())
    archive.write_bytes(gzip.compress(log.read_bytes()))
    for given, path in (([archive], "app.log.gz"), ([log, archive], "app.log")):
        told = json.loads(run("check", *given, "--format", "json").stdout)
        assert [(path, 129)] == [(one["path"], one["lines"]) for one in told["sources"]]
    for path in (archive, log, archive):
        run("ingest", path, "--db", db)
    told = json.loads(run("report", "--db", db, "--format", "json").stdout)
    assert [129] == [one["lines"] for one in told["sources"]]


def test_the_levels_of_the_command_line_are_the_models() -> None:
    """--fail-on takes every level there is, in order."""
    assert list(LEVELS) == [str(one) for one in FailOn]


def test_missing_data_is_exit_code_4(tmp_path: Path) -> None:
    """A damaged archive is told, and what came before the damage is reported."""
    whole = tmp_path / "node-fixed.log.gz"
    packed = gzip.compress((SAMPLES / "node-fixed.log").read_bytes())
    whole.write_bytes(packed[: len(packed) // 2])
    result = run("check", whole, "--format", "json")
    told = json.loads(result.stdout)
    assert (4, True) == (result.exit_code, told["incomplete"])
    assert [] == invalid(told)
    assert told["sources"][0]["gaps"]
    assert "Missing" in run("check", whole).stdout


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["check", "{tmp}/none.log"], 3, "there is no such file or directory."),
        (["check", "{tmp}/none.log"], 3, "the nearest directory that exists is {tmp}."),
        (["ingest", "{tmp}/*.none", "--db", "{tmp}/t.db"], 3, "no file matches this pattern."),
        (["check", "{tmp}/empty"], 3, "There is no log to read in {tmp}/empty."),
        (["ingest", "{tmp}/empty", "--db", "{tmp}/t.db"], 3, "There is no log to read in"),
        (["check", "{tmp}/empty.log"], 3, "Empty and binary files do not count."),
        (["ingest", "{tmp}/binary.log", "--db", "{tmp}/t.db"], 3, "this is not a text file"),
        (["report", "--db", "{tmp}/none.db"], 3, "Run `logdiag ingest PATH`"),
        (["report", "--db", "{tmp}/foreign.db"], 3, "is a database of another program"),
        (["ingest", "{seed}", "--db", "{tmp}/foreign.db"], 3, "it is left as it is."),
        (["watch", "{seed}", "--once", "--db", "{tmp}/foreign.db"], 3, "it is left as it is."),
        (["ingest", "{seed}", "--db", "{tmp}"], 3, "is a directory."),
        (["check", "{seed}", "--zone", "Mars/Olympus"], 2, "unknown time zone 'Mars/Olympus'."),
        (["check", "{seed}", "--settle", "soon"], 2, "--settle: 'soon' is no duration."),
        (["check", "{seed}", "--year", "20260"], 2, "--year"),
        (["check", "{seed}", "--rules", "{tmp}/none"], 2, "there is no such directory."),
        (["check", "{seed}", "--formats", "{tmp}/none"], 2, "there is no such directory."),
        (["check", "{seed}", "--fail-on", "awful"], 2, "awful"),
        (["check", "{seed}", "--format", "xml"], 2, "xml"),
        (["check", "{seed}", "--frobnicate"], 2, "No such option: --frobnicate"),
        (["check"], 2, "There is nothing to read"),
        (["frobnicate"], 2, "No such command 'frobnicate'"),
        (["report", "--db", "{tmp}/ours.db", "--since", "whenever"], 2, "is no time."),
        (["report", "--db", "{tmp}/ours.db", "--since", "1s", "--until", "2s"], 2, "not before"),
        (["report", "--db", "{tmp}/ours.db", "--service", "ap"], 2, "Known: app."),
        (["explain", "{tmp}"], 2, "Name one of its files."),
        (["explain", "{tmp}/empty.log"], 3, "cannot be explained."),
        (["rules", "show", "auth-loading-rac"], 2, "Did you mean auth-loading-race?"),
        (["rules", "show", "xyzzy"], 2, "Known: "),
        (["rules", "list", "--rules", "{tmp}/bad"], 2, "{tmp}/bad/one.yaml:1:1: "),
    ],
)
def test_what_is_wrong_is_told_with_what_to_try(
    tmp_path: Path, args: list[str], code: int, message: str
) -> None:
    """The exit code, the message and the hint; never a traceback, never a changed file."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.log").touch()
    (tmp_path / "binary.log").write_bytes(b"MZ\x00\x01" * 100)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "one.yaml").write_text("title: x\n")
    timeline(tmp_path / "ours.db", leaky)
    with sqlite3.connect(tmp_path / "foreign.db") as foreign:
        foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    before = (tmp_path / "foreign.db").read_bytes()
    result = run(*(arg.format(tmp=tmp_path, seed=SEED) for arg in args))
    assert (code, "") == (result.exit_code, result.stdout)
    assert message.format(tmp=tmp_path) in " ".join(result.stderr.split())
    assert before == (tmp_path / "foreign.db").read_bytes()


def test_names_of_files_do_not_steer_the_terminal(tmp_path: Path) -> None:
    """A file name with escapes in it is shown with them written out, in errors and reports."""
    result = run("check", tmp_path / "\x1b[31mred.log")
    assert (3, False) == (result.exit_code, "\x1b[31mred" in result.stderr)
    named = tmp_path / "a\x1b[2Jb.log"
    shutil.copy(SEED, named)
    result = run("check", named)
    assert r"a\x1b[2Jb.log:1" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_period_that_is_asked_for_is_kept(tmp_path: Path) -> None:
    """--since and --until reach the document, relative ones from the data's end."""
    db = timeline(tmp_path / "t.db", leaky)
    told = json.loads(
        run("report", "--db", db, "--since", "8s", "--until", "4s", "--format", "json").stdout
    )
    (service,) = told["services"]
    assert ("2025-11-20T12:00:02Z", "2025-11-20T12:00:06Z", 2) == (
        service["from"], service["to"], service["totals"]["opened"],
    )  # fmt: skip


# explain


def test_explain_a_line_that_is_known() -> None:
    """Envelope, time, pack, pattern and fields."""
    line = (
        "2026-11-20T10:00:00.500Z info: WebSocket connection "
        "6f1c0d6e-7a5b-4a39-9d0e-3f9f6f1d2b11 established. Total: 3"
    )
    result = run("explain", line)
    rows = dict(row.split(maxsplit=1) for row in result.stdout.splitlines())
    assert 0 == result.exit_code
    assert "2026-11-20T10:00:00.5Z" == rows["time"]
    assert "node-ws" == rows["pack"]
    assert rows["pattern"].startswith("node-ws:")
    assert "opened (layer app)" == rows["event"]
    assert ("6f1c0d6e-7a5b-4a39-9d0e-3f9f6f1d2b11", "3") == (rows["connection"], rows["total"])


def test_explain_a_line_that_is_not_known() -> None:
    """What came nearest, with the secret in it redacted and the path it may have been."""
    result = run("explain", "info: New WebSocket connection considered, token=s3cr3t")
    assert 0 == result.exit_code
    assert "No pattern knows this line." in result.stdout
    assert "near: node-ws:" in result.stdout
    assert "s3cr3t" not in result.stdout
    assert "There is no file /no/such.log" in run("explain", "/no/such.log").stdout


def test_explain_a_file() -> None:
    """Patterns with counts and a sample, and shapes of lines that should perhaps be known."""
    text = run("explain", SAMPLES / "node-leaky.log").stdout
    assert re.match(rf"{SAMPLES / 'node-leaky.log'}: 133 lines, 7\d known\n", text)
    assert "     27  node-ws:" in text
    assert "      3  # info: Cache connection established\n         line 2: " in text


def test_explain_reads_standard_input() -> None:
    """One line is explained as a line, several as a file."""
    line = "info: New WebSocket connection established. Total connections: 3\n"
    assert "pack        node-ws\n" in run("explain", "-", stdin=line).stdout
    assert "-: 2 lines, 2 known\n" in run("explain", "-", stdin=line * 2).stdout
    assert "No pattern knows this line." in run("explain", "-", stdin="").stdout


def test_explain_numbers_lines_and_shows_no_escapes(tmp_path: Path) -> None:
    """A sample of a line nobody knows has its number; hostile bytes in it are harmless."""
    log = tmp_path / "x.log"
    log.write_bytes(b"nothing\n" * 4 + b"websocket \x1b[2J [red] \xff " + b"y" * 10_000 + b"\n")
    text = run("explain", log).stdout
    assert "         line 5: websocket  [red] " in text
    assert not [char for char in text if char != "\n" and not char.isprintable()]
    assert 200 > max(map(len, text.splitlines()))


# rules


def test_rules_are_listed_and_shown() -> None:
    """The list has id, level and title; a rule is shown as its file has it."""
    listed = [line.split(maxsplit=2) for line in run("rules", "list").stdout.splitlines()]
    title = "Connections opened while requests fail authentication"
    assert ["auth-loading-race", "high", title] in listed
    shown = run("rules", "show", "auth-loading-race").stdout
    assert (ROOT / "rules" / "leaks" / "auth-loading-race.yaml").read_text("utf-8") == shown


def test_rules_are_tested(tmp_path: Path) -> None:
    """A rule that does not do as it says fails its own."""
    source = (ROOT / "rules" / "leaks" / "auth-loading-race.yaml").read_text("utf-8")
    broken = source.replace("id: auth-loading-race", "id: mine").replace(
        "rule: auth-loading-race, connections: 4", "rule: mine, connections: 5"
    )
    (tmp_path / "mine.yaml").write_text(broken, "utf-8")
    result = run("rules", "test", tmp_path)
    assert 1 == result.exit_code
    line = 1 + broken[: broken.index("  - name: four mounts")].count("\n")
    assert result.stdout.startswith(f"{tmp_path / 'mine.yaml'}:{line}: mine, four mounts")
    assert "\n1 rule, " in result.stdout


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Rules and packs of a directory, each mistake on a line with its place; then how many."""
    assert (0, True) == (
        (good := run("rules", "lint")).exit_code, "nothing is wrong with them" in good.stdout
    )  # fmt: skip
    bad = ROOT / "tests" / "bad"
    for kind, name in (("rules", "condition.yaml"), ("formats", "keys.yaml")):
        shutil.copy(bad / kind / name, tmp_path)
    told = run("rules", "lint", tmp_path)
    expected = [
        line.replace(name, str(tmp_path / name))
        for kind, name in (("rules", "condition.yaml"), ("formats", "keys.yaml"))
        for line in (bad / kind / name).with_suffix(".txt").read_text().splitlines()
    ]
    assert (2, expected) == (told.exit_code, told.stdout.splitlines()[:-1])
    assert f"{len(expected)} problems in 2 files." == told.stdout.splitlines()[-1]


def test_rules_are_found_by_either_ending_and_one_by_one(tmp_path: Path) -> None:
    """`.yml` is read as `.yaml` is; a file is checked alone; what is missing is told."""
    source = (ROOT / "rules" / "leaks" / "auth-loading-race.yaml").read_text("utf-8")
    mine, empty = tmp_path / "mine.yml", tmp_path / "empty"
    empty.mkdir()
    mine.write_text(source.replace("title: ", "titel: ", 1), "utf-8")
    for place in (tmp_path, mine):
        told = run("rules", "lint", place)
        assert (2, f"{mine}:1:1: unknown key 'titel'") == (
            told.exit_code,
            told.stdout.split(" in")[0],
        )
    assert 2 == run("check", SEED, "--rules", tmp_path).exit_code
    mine.write_text(source, "utf-8")
    assert (
        f"{mine}: replaces the built-in rule auth-loading-race."
        in run("rules", "lint", mine).stdout.splitlines()
    )
    note = f"{empty}: there is no rule and no format pack in it (*.yaml, *.yml)."
    assert note == run("rules", "lint", empty).stdout.splitlines()[0]
    assert f"Note: There is no rule in {empty} (*.yaml, *.yml).\n" == (
        run("check", SEED, "--rules", empty).stderr
    )
    assert "must end in .yaml" in run("rules", "lint", SEED).stderr


def test_rules_and_packs_of_a_directory_are_told_apart_by_its_tests(tmp_path: Path) -> None:
    """As lint does it: the rule is tested by lines of the pack that lies beside it."""
    pack = """
        name: mine
        title: Mine
        lines:
          - {event: opened, match: "a socket was born: {connection}"}
        samples:
          - {line: "a socket was born: x1", event: opened, connection: x1}
        nonsamples: ["a sock was born: x1"]
    """
    rule = (ROOT / "rules" / "leaks" / "auth-loading-race.yaml").read_text("utf-8")
    (tmp_path / "pack.yaml").write_text(pack, "utf-8")
    (tmp_path / "rule.yaml").write_text(rule, "utf-8")
    told = run("rules", "test", tmp_path)
    assert ("", 0) == (told.stderr, told.exit_code)
    assert told.stdout.startswith("1 rule, ")


def test_what_no_test_shows_is_told() -> None:
    """A row for each rule, the patterns, and the share."""
    result = run("rules", "test", ROOT / "tests" / "engines" / "user_rules")
    assert 0 == result.exit_code
    assert "  Firing  Silent  Late  Not shown\n" in result.stdout
    assert "line patterns are shown by samples." in result.stdout
    closing = r"\n\d+% covered: \d+ of \d+ cases, conditions and patterns\.\n"
    assert re.search(closing, result.stdout)


# The command itself


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_every_command_has_help(name: str) -> None:
    """-h and --help say the same, no sentence is cut off, every option is explained."""
    result = run(*name.split(), "--help")
    assert (0, result.stdout) == (0, run(*name.split(), "-h").stdout)
    assert "..." not in result.stdout.partition("\n")[2]  # the first line is the usage
    assert 80 >= max(map(len, result.stdout.splitlines()))


def test_the_version_is_told() -> None:
    """--version prints it on a line of its own, then whether what judges is compiled."""
    version, kind, *_ = run("--version").stdout.splitlines()
    assert (f"logdiag {__version__}", True) == (version, kind.startswith("judging: plain Python;"))


def test_help_imports_nothing_heavy() -> None:
    """`logdiag --help` comes at once: what takes long to import is imported when it is needed."""
    code = (
        "import sys\n"
        "from logdiag.faces.cli import main\n"
        "sys.argv[1:] = ['--help']\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "[]\n" == done.stderr


def test_a_broken_pipe_is_silent_and_keeps_the_exit_code() -> None:
    """`logdiag check ... | head -1`: no complaint, and still the code of the findings."""
    process = subprocess.Popen(
        command("check", SEED, "--format", "json"), cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr as stream:
        complaints = stream.read()
    assert (1, b"") == (process.wait(), complaints)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_told() -> None:
    """Output that cannot be written is an error with a message, not a traceback."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("rules", "list"), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
    assert 3 == done.returncode
    assert "Error: Standard output cannot be written: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_that_lacks_a_character_gets_its_code(tmp_path: Path) -> None:
    """Text in a narrow encoding is written all the same."""
    shutil.copy(SEED, tmp_path / "名.log")
    done = subprocess.run(
        command("check", tmp_path / "名.log"), cwd=ROOT, capture_output=True, check=False,
        env={"PYTHONIOENCODING": "ascii", "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert (1, b"") == (done.returncode, done.stderr)
    assert rb"LEAK  \u540d: " in done.stdout

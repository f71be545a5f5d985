"""A user's rules and formats change while logs are followed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from logdiag.engines import knowledge
from logdiag.engines.renewal import KEPT, Renewal
from logdiag.engines.settings import Settings
from logdiag.timeline import Reader
from tests.engines.lines import closed, leak, opened
from tests.engines.running import Watch, append, dump, findings

RULES = Path(__file__).parents[2] / "rules" / "leaks"
RACE = (RULES / "auth-loading-race.yaml").read_text("utf-8")
MINE = RACE.replace("auth-loading-race", "mine")
PACK = """\
name: mine
title: Mine
lines:
  - event: closed
    match: "{connection} hung up"
samples:
  - {line: c0 hung up, event: closed, connection: c0}
"""
SETTLE = 90


class Renewed:
    """A watch whose definitions may change."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "definitions"
        self.folder.mkdir()
        self.log, self.db = home / "app.log", home / "t.db"
        self.log.touch()
        self.asked = threading.Event()
        self.settings = Settings(rules=(self.folder,))
        self.start()

    def start(self) -> None:
        """A new process, with the definitions as they are."""
        self.watch = Watch([self.log], self.db)
        self.watch.pipeline.adopt(*knowledge.load_all(self.settings))
        self.renewal = Renewal(
            self.settings, self.watch.pipeline, self.watch.notices.append, self.asked
        )

    def write(self, text: str, name: str = "mine.yaml") -> None:
        """A definition, as an editor leaves it."""
        (self.folder / name).write_text(text, "utf-8")

    def look(self) -> list[str]:
        """Two looks, as it takes; what is said then."""
        said = len(self.watch.notices)
        self.renewal.look()
        self.renewal.look()
        return self.watch.notices[said:]

    def remarks(self) -> list[str]:
        """What every report says of it."""
        with Reader.open(self.db) as reader:
            return reader.remarks()


@pytest.fixture
def it(tmp_path: Path) -> Renewed:
    """A watch with an empty directory of rules."""
    return Renewed(tmp_path)


def test_a_new_rule_judges_what_is_live(it: Renewed) -> None:
    """It sees the connections that opened before it came, and fires when they stayed."""
    append(it.log, leak())
    it.watch.step().step(3)
    it.write(MINE)
    assert ["Rules and formats were read anew"] == [text.partition(":")[0] for text in it.look()]
    it.watch.step(1)
    assert [("auth-loading-race", "pending"), ("mine", "pending")] == findings(it.db)
    it.watch.step(SETTLE).step(SETTLE)
    assert {("auth-loading-race", "firing"), ("mine", "firing")} == set(it.watch.told)


def test_the_wrong_rule_is_not_brought_in(it: Renewed) -> None:
    """What was there goes on; it is said at once and in every report until it is mended."""
    it.write(MINE)
    it.look()
    it.write(MINE.replace("level: high", "level: hihg", 1))
    (said,) = it.look()
    place = f"{it.folder / 'mine.yaml'}:4:8: unknown level 'hihg'. Did you mean 'high'?"
    assert f"{KEPT}\n{place}" == said
    assert [f"{KEPT} {place}"] == it.remarks()
    assert [] == it.look()
    append(it.log, leak())
    it.watch.step().step(SETTLE).step(SETTLE)
    assert ("mine", "firing") in it.watch.told
    it.write(MINE)
    it.look()
    assert [] == it.remarks()


def test_a_rule_whose_tests_fail_is_not_brought_in(it: Renewed) -> None:
    """The tests of its own are run first."""
    it.write(MINE.replace("connections: 4", "connections: 5"))
    (said,) = it.look()
    assert "fails: expected" in said


def test_a_start_with_right_definitions_takes_the_remark_back(it: Renewed) -> None:
    """What was wrong has been mended while nobody watched."""
    it.write("id: x\n")
    it.look()
    it.watch.kill()
    assert 1 == len(it.remarks())
    (it.folder / "mine.yaml").unlink()
    it.start()
    assert [] == it.remarks()


def test_the_finding_of_a_rule_that_is_gone_is_over(it: Renewed) -> None:
    """It is told and stored, with the reason; its lines stay."""
    it.write(MINE)
    it.look()
    append(it.log, leak())
    it.watch.step().step(SETTLE).step(SETTLE)
    (it.folder / "mine.yaml").unlink()
    it.look()
    it.watch.step(1)
    assert ("mine", "resolved") == it.watch.told[-1]
    with Reader.open(it.db) as reader:
        (found,) = [one.finding for one in reader.findings() if one.finding.rule == "mine"]
    assert ("resolved", "Its rule is no longer there", 8) == (
        found.state, found.note, len(found.evidence),
    )  # fmt: skip


def test_a_new_format_is_read_by_from_then_on(it: Renewed) -> None:
    """Connections that are open stay so, and are closed by lines that nobody knew before."""
    it.settings = Settings(formats=(it.folder,))
    it.watch.kill()
    it.start()
    append(it.log, opened("c0") + b"c0 hung up\n" + opened("c1", 1))
    it.watch.step().step(3)
    it.write(PACK)
    it.look()
    append(it.log, b"c1 hung up\n" + opened("c2", 5) + closed("c2", 6))
    it.watch.step(1).step(3)
    with Reader.open(it.db) as reader:
        states = [(one.name, one.state) for one in reader.connections("app")]
    assert [("c0", "open"), ("c1", "closed"), ("c2", "closed")] == states


def test_a_file_that_is_being_written_is_waited_for(it: Renewed) -> None:
    """Only what rests from one look to the next is read; asked for, it is read at once."""
    it.write(MINE[:100])
    it.renewal.look()
    it.write(MINE)
    it.renewal.look()
    assert [] == it.watch.notices
    it.asked.set()
    it.renewal.look()
    assert 1 == len(it.watch.notices)
    assert [] == it.look()


def test_a_directory_that_is_gone_changes_nothing(it: Renewed) -> None:
    """Its rules go on."""
    it.write(MINE)
    it.look()
    it.folder.rename(it.folder.with_name("elsewhere"))
    (said,) = it.look()
    assert said.startswith(KEPT)
    append(it.log, leak())
    it.watch.step().step(SETTLE).step(SETTLE)
    assert ("mine", "firing") in it.watch.told


def test_a_change_is_the_same_as_a_restart(tmp_path: Path) -> None:
    """Definitions that change under way, or between two processes: one timeline."""
    dumps = []
    for name in ("changed", "killed"):
        (tmp_path / name).mkdir()
        it = Renewed(tmp_path / name)
        append(it.log, leak() + opened("x", 5, 5))
        it.watch.step().step(3)
        it.write(MINE)
        if name == "changed":
            it.look()
        else:
            it.watch.kill()
            it.start()
        append(it.log, closed("x", 200, 4) + opened("y", 400, 5))
        it.watch.step(1).step(3)
        it.watch.stop()
        dumps.append(dump(it.db))
    assert dumps[0] == dumps[1]
    assert any('"rule": "mine"' in line for line in dumps[0])

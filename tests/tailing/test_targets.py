"""How arguments become services and paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from logdiag.errors import SourceError
from logdiag.tailing import targets
from logdiag.tailing.names import parse_name


@pytest.mark.parametrize(("name", "family", "stem", "rotated"), [
    ("app.log", "app.log", "app", False),
    ("app.log.2.gz", "app.log", "app", True),
    ("app.log-20240131.zst", "app.log", "app", True),
    ("app.log-20240131-1706659200", "app.log", "app", True),
    ("app.log.2024-01-31", "app.log", "app", True),
    ("app-2024-01-31.log", "app.log", "app", False),
    ("app-2024-01-31T10-00-00.log.xz", "app.log", "app", False),
    ("app.log.old", "app.log", "app", True),
    ("access.log", "access.log", "access", False),
    ("syslog.1", "syslog", "syslog", True),
    ("v1.2", "v1", "v1", True),
    (".1", ".1", ".1", False),
    (".gz", ".gz", ".gz", False),
])  # fmt: skip
def test_names(name: str, family: str, stem: str, rotated: bool) -> None:
    """Rotation and compression suffixes are told from the name."""
    parsed = parse_name(name)
    assert (family, stem, rotated) == (parsed.family, parsed.stem, parsed.rotated)


@pytest.mark.parametrize("names", [
    ["app.log.10", "app.log.9.gz", "app.log.1", "app.log"],
    ["app.log-20231231.gz", "app.log-20240101", "app.log"],
    ["app-2023-12-31.log", "app-2024-01-01.log", "app.log"],
])  # fmt: skip
def test_age(names: list[str]) -> None:
    """Oldest first, the live file last."""
    shuffled = names[1:] + names[:1]
    assert names == sorted(shuffled, key=lambda name: parse_name(name).age)


def test_default_names(tmp_path: Path) -> None:
    """Directory: its name; file: its stem; `-`: stdin; NAME=PATH: the name."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "app.log").touch()
    args = [f"{tmp_path}/logs", f"{tmp_path}/app.log", "-", f"shop={tmp_path}/app.log"]
    assert ["logs", "app", "stdin", "shop"] == [target.service for target in targets(args)]


def test_rotations_are_one_service(tmp_path: Path) -> None:
    """app.log and its rotations are one service, oldest first, each once."""
    paths = [str(tmp_path / name) for name in ("app.log", "app.log.2.gz", "app.log.1", "app.log")]
    for path in paths:
        Path(path).touch()
    found = targets(paths)
    assert [("app", paths[1]), ("app", paths[2]), ("app", paths[0])] == [t[:2] for t in found]


def test_same_names_are_told_apart(tmp_path: Path) -> None:
    """Two logs of one name are called after their directories."""
    paths = [tmp_path / name / "app.log" for name in ("a", "b", "c/a")]
    for path in paths:
        path.parent.mkdir(parents=True)
        path.touch()
    found = targets([str(path) for path in paths])
    assert [f"{tmp_path.name}/a/app", "b/app", "c/a/app"] == [target.service for target in found]


def test_glob(tmp_path: Path) -> None:
    """A pattern that the shell left alone is expanded, also after NAME=."""
    for name in ("a.log", "b.log"):
        (tmp_path / name).touch()
    assert ["a", "b"] == [target.service for target in targets([f"{tmp_path}/*.log"])]
    assert {"x"} == {target.service for target in targets([f"x={tmp_path}/*.log"])}


def test_equals_sign_in_a_file_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What exists is a path, whatever it looks like."""
    monkeypatch.chdir(tmp_path)
    Path("a=b.log").touch()
    assert [("a=b", str(tmp_path / "a=b.log"))] == [t[:2] for t in targets(["a=b.log"])]


@pytest.mark.parametrize(("arg", "message"), [
    ("none/app.log", "none/app.log: there is no such file or directory. "
     "Check the spelling; the nearest directory that exists is {here}."),
    ("*.none", "*.none: no file matches this pattern. Check it with `ls`."),
])  # fmt: skip
def test_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arg: str, message: str) -> None:
    """A path that is not there is an error that says what to try."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        targets([arg])
    assert message.format(here=tmp_path) == str(caught.value)


def test_a_file_may_appear(tmp_path: Path) -> None:
    """To be followed, a file needs only its directory."""
    assert "app" == targets([f"{tmp_path}/app.log"], may_appear=True)[0].service
    with pytest.raises(SourceError):
        targets([f"{tmp_path}/none/app.log"], may_appear=True)

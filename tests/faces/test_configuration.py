from __future__ import annotations

import re
import tomllib
from pathlib import Path

import platformdirs
import pytest

from logdiag.engines.settings import Own, Settings
from logdiag.errors import DefinitionErrors, SourceError, UsageError
from logdiag.faces import options
from logdiag.faces.configuration import KEYS, OWN, Configuration, Service, read
from logdiag.model import SECOND
from tests.faces.filled import ROOT, SAMPLES
from tests.faces.running import run

BAD = ROOT / "tests" / "bad" / "configuration"
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"^```toml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0]


def written(folder: Path, text: str) -> Path:
    """A configuration file with that text."""
    file = folder / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


# What it says


def test_the_pages_example_loads(tmp_path: Path) -> None:
    """It has every key, and means what the page says."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "formats").mkdir()
    found = read(written(tmp_path, EXAMPLE))
    assert set(KEYS) == set(tomllib.loads(EXAMPLE))
    assert found == Configuration(
        Path("/var/lib/logdiag/timeline.db"), "Europe/Berlin", 2026,
        settle=120 * SECOND, heartbeat=60 * SECOND, per_client=3,
        rules=(tmp_path / "rules",), formats=(tmp_path / "formats",),
        services=(
            Service("shop", ("/var/log/shop",), Own()),
            Service("api", ("/var/log/api", "/var/log/nginx/api*.log"), Own()),
            Service("phones", ("/var/log/phones",), Own("Asia/Tokyo", None, 100 * SECOND, 1)),
        ),
    )  # fmt: skip
    assert found.paths == [
        "shop=/var/log/shop", "api=/var/log/api", "api=/var/log/nginx/api*.log",
        "phones=/var/log/phones",
    ]  # fmt: skip


def test_every_key_is_documented() -> None:
    """The page has a row for each, and no other: of all services, then of one."""
    assert [*KEYS, *OWN] == re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)


def test_paths_begin_where_the_file_lies(tmp_path: Path) -> None:
    """Not where the command is run."""
    text = 'db = "t.db"\n[services]\nshop = "logs/*.log"\nin = "-"\n'
    found = read(written(tmp_path, text))
    assert (tmp_path / "t.db", [f"shop={tmp_path}/logs/*.log", "in=-"]) == (found.db, found.paths)
    found = read(written(tmp_path, '[services.shop]\npath = ["a.log", "-"]\n'))
    assert [f"shop={tmp_path}/a.log", "shop=-"] == found.paths


def test_it_is_looked_for_in_three_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that is named, the variable's, the user's; none of them must be there."""
    assert Configuration() == read()
    user = Path(platformdirs.user_config_dir("logdiag", appauthor=False))
    written(user, 'zone = "Asia/Tokyo"')
    assert "Asia/Tokyo" == read().zone
    monkeypatch.setenv("LOGDIAG_CONFIG", str(written(tmp_path / "a", 'zone = "Asia/Seoul"')))
    assert "Asia/Seoul" == read().zone
    assert "UTC" == read(written(tmp_path / "b", 'zone = "UTC"')).zone


def test_the_command_line_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Option by option; what it leaves out comes from the file, then from the defaults."""
    (tmp_path / "mine").mkdir()
    text = 'db = "file.db"\nzone = "Asia/Tokyo"\nyear = 2020\nsettle = "2m"\n'
    text += 'rules = "mine"\nper_client = 5\n'
    file = written(tmp_path, text)
    assert Settings() == options.settings()
    mine = (tmp_path / "mine",)
    assert Settings("Asia/Tokyo", 2020, 120 * SECOND, mine, per_client=5) == options.settings(
        config=file
    )
    assert Settings("UTC", 2021, 60 * SECOND, (tmp_path,), per_client=5) == options.settings(
        "UTC", 2021, "60s", [tmp_path], config=file
    )
    assert tmp_path / "file.db" == options.database(None, file)
    monkeypatch.setenv("LOGDIAG_DB", str(tmp_path / "variable.db"))
    assert tmp_path / "variable.db" == options.database(None, file)
    assert tmp_path / "option.db" == options.database(tmp_path / "option.db", file)


@pytest.mark.parametrize(
    ("text", "option", "expected"),
    [
        ("", None, (None, None)), ('settle = "2m"', None, (120, None)),
        ('settle = "2m"\n{}settle = "3m"', None, (180, None)),
        ('settle = "2m"\n{}heartbeat = "60s"', None, (120, 60)),
        ('heartbeat = "30s"\n{}heartbeat = "60s"', None, (None, 60)),
        ('settle = "2m"\n{}settle = "3m"\nheartbeat = "60s"', "10s", (10, 60)),
    ],
)  # fmt: skip
def test_what_holds_for_one_service(
    tmp_path: Path, text: str, option: str | None, expected: tuple[int | None, int | None]
) -> None:
    """Key by key its own, else that for all; an option holds for all."""
    file = written(tmp_path, text.format('[services.shop]\npath = "a"\n'))
    found = options.settings(settle=option, config=file).of("shop")
    assert expected == tuple(it and it // SECOND for it in (found.settle, found.heartbeat))


def test_others_are_not_concerned(tmp_path: Path) -> None:
    """What one service says of itself, and what options say of all."""
    own = '[services.shop]\npath = "a"\nzone = "Asia/Tokyo"\nper_client = 5\nsettle = "3m"\n'
    file = written(tmp_path, f'zone = "Europe/Berlin"\n{own}')
    found = options.settings(config=file)
    assert Settings("Asia/Tokyo", settle=180 * SECOND, per_client=5) == found.of("shop")
    assert Settings("Europe/Berlin") == found.of("api")
    assert "Asia/Seoul" == options.settings("Asia/Seoul", config=file).of("shop").zone


def test_commands_work_by_the_file_alone(tmp_path: Path) -> None:
    """Its services are read into its database, and reported from there."""
    log = SAMPLES / "node-leaky.log"
    file = written(tmp_path, f'db = "t.db"\n[services]\nshop = "{log}"\n')
    for command in (["ingest"], ["watch", "--once"]):
        assert 0 == run(*command, "--config", file).exit_code
    told = run("report", "--config", file)
    assert "LEAK  shop:" in told.stdout
    assert (tmp_path / "t.db").exists()
    assert 1 == run("check", "--config", file).exit_code


# What is wrong with it


@pytest.mark.parametrize("path", sorted(BAD.glob("*.toml")), ids=lambda path: path.stem)
def test_a_bad_file_is_refused(path: Path) -> None:
    """All its mistakes at once, word for word."""
    with pytest.raises(DefinitionErrors) as caught:
        read(path)
    assert path.with_suffix(".txt").read_text() == str(caught.value).replace(f"{BAD}/", "") + "\n"


def test_each_bad_file_is_beside_its_message() -> None:
    """None of the two stands alone."""
    assert sorted(p.stem for p in BAD.glob("*.toml")) == sorted(p.stem for p in BAD.glob("*.txt"))


def test_a_file_that_was_named_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt name is not the same as no configuration."""
    missing = tmp_path / "missing.toml"
    with pytest.raises(UsageError, match="There is no configuration file"):
        read(missing)
    monkeypatch.setenv("LOGDIAG_CONFIG", str(missing))
    with pytest.raises(UsageError, match=r"missing\.toml"):
        read()
    with pytest.raises(SourceError, match="cannot be read"):
        read(tmp_path)


def test_a_mistake_is_told_by_every_command_that_reads_it(tmp_path: Path) -> None:
    """With its place, and exit code 2."""
    file = written(tmp_path, 'zone = "UTC"\nsetle = "90s"\n')
    for command in (["watch"], ["report"], ["explain", "x"], ["rules", "list"]):
        done = run(*command, "--config", file)
        assert (2, True) == (
            done.exit_code,
            f"{file}:2:1: unknown key 'setle'. Did you mean 'settle'?" in done.stderr,
        )

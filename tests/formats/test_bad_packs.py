"""Every mistake in a pack is told, with its place and what to try: `tests/bad/formats`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from logdiag.errors import DefinitionErrors
from logdiag.formats import load

BAD = Path(__file__).parents[1] / "bad" / "formats"


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_bad_pack_does_not_load(path: Path, tmp_path: Path) -> None:
    """All its problems at once, word for word."""
    shutil.copy(path, tmp_path)
    with pytest.raises(DefinitionErrors) as caught:
        load([tmp_path])
    found = str(caught.value).replace(str(tmp_path) + "/", "")
    assert path.with_suffix(".txt").read_text().strip() == found


def test_each_bad_pack_is_beside_its_message() -> None:
    """None of the two stands alone."""
    assert sorted(p.stem for p in BAD.glob("*.yaml")) == sorted(p.stem for p in BAD.glob("*.txt"))


def test_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    """In the order of the files; one name for two packs is a problem too."""
    good = (BAD / "sample.yaml").read_text()
    (tmp_path / "a.yaml").write_text(good)
    (tmp_path / "b.yaml").write_text(good)
    (tmp_path / "c.yaml").write_text("")
    with pytest.raises(DefinitionErrors) as caught:
        load([tmp_path])
    assert ["b.yaml:1:7", "c.yaml:1:1"] == [
        f"{Path(p.file).name}:{p.line}:{p.column}" for p in caught.value.problems
    ]


def test_a_directory_without_packs_is_empty(tmp_path: Path) -> None:
    """Also one that is not there: a user need not have one."""
    assert () == load([tmp_path, tmp_path / "missing"]).packs

"""Pictures of every page, light and dark, on the leaky samples: `make screenshots`.

Run as `python -m tests.browser.screenshots FOLDER [PICTURE]`: all of them into FOLDER, and the one
that the README shows to PICTURE.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from logdiag.engines.ingest import ingest
from logdiag.engines.settings import Settings
from logdiag.faces.web.serving import Place, Server
from tests.browser.test_pages import PAGES, address
from tests.browser.visiting import FLAGS, Visit, visit
from tests.faces.filled import SAMPLES

SHOWN = "timeline"  # the page of the README's picture
SCHEMES = ("light", "dark")
WIDTHS = {"": 1200, "-phone": 390}  # px


def main(folder: Path, picture: Path | None = None) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        db = Path(place) / "timeline.db"
        ingest([str(path) for path in sorted(SAMPLES.glob("*leaky*.log"))], db, Settings())
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS
        )  # fmt: skip
        server = Server(db, Settings(), Place(port=0))
        with server.beside():
            for scheme in SCHEMES:
                for suffix, width in WIDTHS.items():
                    _pages(browser, server.url.rstrip("/"), folder, scheme, suffix, width)
        browser.close()
    if picture:
        shutil.copyfile(folder / f"{SHOWN}-light.png", picture)


def _pages(browser: Browser, base: str, folder: Path, scheme: str, suffix: str, width: int) -> None:
    size = {"width": width, "height": 700}
    for name in PAGES:
        look = {"color_scheme": scheme, "viewport": size, "timezone_id": "Etc/UTC"}
        with visit(browser, base, **look) as visited:
            visited.open(address(visited, name))
            _take(visited, folder / f"{name}-{scheme}{suffix}.png")


def _take(visited: Visit, path: Path) -> None:
    visited.page.wait_for_load_state("networkidle")
    taken = Image.open(io.BytesIO(visited.page.screenshot(full_page=True))).convert("RGB")
    # flat colours and text need no more than 256
    few = taken.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path}  {path.stat().st_size // 1000} kB")  # noqa: T201


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

"""How soon one sees something in a real browser: the first view, and a line that was just written.

    python -m benchmarks.page_view --connections 1000000 --repeats 20

Both in Debian's Chromium. The first view is counted from the moment at which the address is asked
for, in a browser that knows nothing of the page; what was just written, from the write to the
moment at which the page's own text has it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.page_fill import PER_CONNECTION, fill
from benchmarks.page_load import started

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# page, what must be there, and by what it is known; a canvas is drawn when something is stroked
VIEWS = (
    ("/", "verdict", "#verdicts .verdict"),
    ("/", "charts", "canvas"),
    ("/timeline", "lanes", ".lane svg .bar"),
    ("/timeline", "charts", "canvas"),
)
_NOTE = """
window.seen = {};
const look = () => {
  for (const selector of SELECTORS) {
    if (document.querySelector(selector)) seen[selector] ??= performance.now();
  }
};
new MutationObserver(look).observe(document, { subtree: true, childList: true });
const stroke = CanvasRenderingContext2D.prototype.stroke;
CanvasRenderingContext2D.prototype.stroke = function (...all) {
  seen.canvas ??= performance.now();
  return stroke.apply(this, all);
};
"""
# What the last number of the pattern in the page's text was, and when each was first there.
_FOLLOW = """(pattern) => {
  window.numbers = [];
  const look = () => {
    const found = new RegExp(pattern).exec(document.querySelector("main").innerText);
    const number = found && Number(found[1]);
    if (number && number !== numbers.at(-1)?.[0]) numbers.push([number, Date.now()]);
  };
  new MutationObserver(look).observe(document.body,
    { subtree: true, childList: true, characterData: true });
  look();
}"""
FOLLOWED = (("/", r"opened\s+(\d+)\s+closed"), ("/timeline", r"(\d+) connections? of"))


@contextmanager
def window(browser: Browser) -> Iterator[Page]:
    """A browser that was never here."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    try:
        yield context.new_page()
    finally:
        context.close()


def first_view(browser: Browser, base: str, repeats: int) -> None:
    """Print when the parts of the first view are there."""
    times: dict[tuple[str, str], list[float]] = {}
    selectors = sorted({selector for *_, selector in VIEWS} - {"canvas"})
    for _ in range(repeats):
        for path in ("/", "/timeline"):
            with window(browser) as page:
                page.add_init_script(_NOTE.replace("SELECTORS", str(selectors)))
                page.goto(base + path)
                wanted = [(what, found) for where, what, found in VIEWS if where == path]
                for what, found in wanted:
                    page.wait_for_function("(name) => seen[name]", arg=found, timeout=60_000)
                    seen = page.evaluate("(name) => seen[name]", found)
                    times.setdefault((path, what), []).append(seen)
    for (path, what), seconds in times.items():
        told(f"first view of {path}: {what}", seconds)


class Log:
    """A log in which connections open, one whenever `grow` is called."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened = 0

    def grow(self) -> float:
        """Write a line; returns when, in ms since 1970."""
        self.opened += 1
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        words = f"info: WebSocket connection c{self.opened} established. Total: {self.opened}"
        with self.path.open("a") as file:
            file.write(f"{now} {words}\n")
        return time.time() * 1000


def latency(page: Page, address: str, pattern: str, log: Log, repeats: int) -> None:
    """Write lines one by one, and print when the page has each."""
    page.goto(address)
    page.wait_for_function("(text) => RegExp(text).test(document.body.innerText)", arg=pattern)
    page.evaluate(_FOLLOW, pattern)
    times = []
    for _ in range(repeats):
        time.sleep(random.uniform(0.3, 4))
        written = log.grow()
        has = "(wanted) => numbers.find(([number]) => number === wanted)?.[1]"
        page.wait_for_function(has, arg=log.opened, timeout=60_000)
        times.append(page.evaluate(has, log.opened) - written)
    told("from write() to the page", times)
    shown = page.evaluate("numbers.map(([number]) => number)")
    print(f"  it never went back: {shown == sorted(shown)}")


def told(what: str, times: list[float]) -> None:
    """Print the distribution of some ms."""
    spread = f"median {statistics.median(times):.0f} ms, max {max(times):.0f} ms of {len(times)}"
    print(f"{what}: {spread}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def follow(browser: Browser, repeats: int) -> None:
    """A watch of two logs, of which one grows."""
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder) / "app"
        logs.mkdir()
        (logs / "access.log").touch()
        log = Log(logs / "app.log")
        log.grow()
        args = ("watch", logs, "--db", Path(folder) / "timeline.db", "--web", "--port", "0")
        with started(*args) as (first, _):
            for path, pattern in FOLLOWED:
                with window(browser) as page:
                    print(path)
                    latency(page, address_in(first) + path, pattern, log, repeats)


def address_in(said: str) -> str:
    """The page's address, without the last slash, in what logdiag says first."""
    return next(word for word in said.split() if word.startswith("http://")).rstrip("/.")


def main() -> None:
    """Fill, once; then look, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--connections", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    db = Path(__file__).parent / "corpora" / f"page-view-{given.connections}.db"
    if not db.exists():
        print(f"Filling {db} ...")
        fill(db, round(given.connections * PER_CONNECTION))
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        with started("web", "--db", db, "--port", "0") as (first, _):
            first_view(browser, address_in(first), given.repeats)
        follow(browser, given.repeats)
        browser.close()


if __name__ == "__main__":
    main()

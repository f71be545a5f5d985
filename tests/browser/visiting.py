"""Visiting the page with a real browser that notes whatever should not happen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, Response

# Headless Chromium in a container, which asks its maker for nothing.
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ZONE = "Asia/Kolkata"  # no whole hours from UTC: what is told in UTC by mistake shows
TIMEOUT = 10_000  # ms; reached only by what fails


@dataclass
class Visit:
    """One open page, and what went wrong on it: complaints, and requests to other machines."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go there, and wait until its script has filled it."""
        self.page.goto(self.base + path)
        self.page.wait_for_selector("#content:not([aria-busy])", timeout=TIMEOUT)

    def troubles(self) -> list[str]:
        """All that went wrong, accessibility included."""
        return [*self.complaints, *self.strangers, *self._barriers()]

    def _barriers(self) -> list[str]:
        """What axe-core finds serious or critical, with the first element concerned."""
        found: dict[str, Any] = Axe().run(self.page).response
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    def overflow(self) -> int:
        """By how many px the page is wider than its window."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))

    def count(self, selector: str) -> int:
        """How many elements of the document itself match; the chart library's own do not count."""
        return int(self.page.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length"))

    def text(self, selector: str = "main") -> str:
        """What a reader sees there."""
        return self.page.locator(selector).inner_text()

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.strangers.append(request.url)

    def _note_answer(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")

    def listen(self) -> None:
        """Note errors and warnings of the console, failures of scripts, dialogs, requests."""
        page = self.page
        page.on("console", lambda message: message.type in ("error", "warning")
                and self.complaints.append(f"{message.type}: {message.text}"))  # fmt: skip
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", self._note_request)
        page.on("response", self._note_answer)


@contextmanager
def visit(browser: Browser, base: str, **options: Any) -> Iterator[Visit]:
    """A fresh window at `base`; `options` are the browser context's."""
    context = browser.new_context(**{"timezone_id": ZONE, "locale": "en-GB", **options})
    context.set_default_timeout(TIMEOUT)
    try:
        made = Visit(context.new_page(), base)
        made.listen()
        yield made
    finally:
        context.close()


def encoded(value: str) -> str:
    """A value for a query."""
    from urllib.parse import quote

    return quote(value, safe="")


def answer(page: Page, path: str) -> Any:
    """What the API says to this page."""
    return json.loads(page.request.get(path).text())

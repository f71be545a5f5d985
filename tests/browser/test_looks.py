from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_pages import address

PHONE = {"viewport": {"width": 375, "height": 740}, "has_touch": True, "is_mobile": True}
# Ink in a chart's first column, and how much of it is there once the chart is drawn again.
LEFT_OVER = """async () => {
  const [plot] = Bokeh.index.roots[0].child_views;
  const { ctx, canvas } = plot.canvas_view.primary;
  ctx.fillRect(0, 0, 1, canvas.height);
  const again = new Promise(resolve => plot.repainted.connect(resolve));
  plot.request_repaint();
  await again;
  const { data } = ctx.getImageData(0, 0, 1, canvas.height);
  return data.reduce((sum, value) => sum + value, 0);
}"""
PICTURE = "Bokeh.index.roots[0].child_views[0].canvas_view.primary.canvas.toDataURL()"


def drawn(page: Page) -> None:
    """Wait for the charts."""
    page.locator(".bk-Column").first.wait_for()


def test_a_chart_that_is_drawn_again_leaves_no_ghost(open_window: Visitor, samples: str) -> None:
    """Of what it showed before nothing stays, not in its first column either."""
    with open_window(samples) as visited:
        visited.open("/?service=node-leaky")
        drawn(visited.page)
        assert 0 == visited.page.evaluate(LEFT_OVER)


@pytest.mark.parametrize("name", ["overview", "service", "finding"])
def test_on_a_phone_a_table_of_words_is_read_without_moving_it(
    open_window: Visitor, samples: str, name: str
) -> None:
    """Its rows are paragraphs there; what stood in the head stands beside each number."""
    with open_window(samples, **PHONE) as visited:
        visited.open(address(visited, name))
        table = visited.page.locator(".stacked").first
        wide = table.evaluate("one => one.scrollWidth - one.clientWidth")
        assert 0 == wide
        title = table.locator("td.number").first
        shown = title.evaluate("one => getComputedStyle(one, '::before').content")
        assert title.get_attribute("data-title") in shown


def test_pointing_at_a_chart_tells_its_time_in_utc_too(open_window: Visitor, samples: str) -> None:
    """What was live and when, in the viewer's zone and in UTC."""
    with open_window(samples) as visited:
        visited.open("/?service=node-leaky")
        drawn(visited.page)
        panel = visited.page.locator(".panels")
        panel.scroll_into_view_if_needed()
        box = panel.bounding_box()
        assert box is not None
        before = visited.page.evaluate(PICTURE)
        visited.page.mouse.move(box["x"] + 400, box["y"] + 80)
        visited.page.mouse.move(box["x"] + 402, box["y"] + 80)
        tip = visited.page.locator(".bk-Tooltip").first
        expect(tip).to_contain_text("23 Nov, 05:49:")
        expect(tip).to_contain_text("2026-11-23 00:19:")
        expect(tip).to_contain_text("UTC")
        assert before == visited.page.evaluate(PICTURE)  # no hole in the line


def test_pointing_at_a_bar_tells_its_times_in_utc_too(open_window: Visitor, samples: str) -> None:
    """From when to when, as in the log."""
    with open_window(samples) as visited:
        visited.open("/timeline?service=node-leaky")
        title = visited.page.locator(".lane svg a title").first
        expect(title).to_contain_text("from 23 Nov, 05:49:")
        expect(title).to_contain_text("\n2026-11-23 00:19:")


def test_pointing_at_a_charts_words_tells_their_time_in_utc(
    open_window: Visitor, samples: str
) -> None:
    """When most were live."""
    with open_window(samples) as visited:
        visited.open("/?service=node-leaky")
        words = visited.page.locator("figcaption").first
        expect(words).to_contain_text("9 at most at 23 Nov, 05:49:28")
        assert (words.get_attribute("title") or "").startswith("2026-11-23 00:19:28.")


def test_no_label_of_the_axis_leaves_its_card(open_window: Visitor, samples: str) -> None:
    """Not even on a phone, with ticks at the very edges."""
    begin = datetime(2026, 11, 23, 0, 19, 20, tzinfo=UTC).timestamp() * 1000
    with open_window(samples, **PHONE) as visited:
        window = f"from={begin:.0f}&to={begin + 10_000:.0f}"
        visited.open(f"/timeline?service=node-leaky&{window}")
        card = visited.page.locator(".lanes-card").bounding_box()
        labels = [one.bounding_box() for one in visited.page.locator(".lane-axis text").all()]
        assert card is not None
        edges = [(box["x"], box["x"] + box["width"]) for box in labels if box]
        assert card["x"] < min(edges)[0] < max(edges)[1] < card["x"] + card["width"]
        assert len(edges) > 1


def test_many_lines_that_nobody_knew_scroll_by_themselves(
    open_window: Visitor, samples: str
) -> None:
    """They do not push the other sources out of sight, and keys reach them."""
    with open_window(samples) as visited:
        visited.open("/sources")
        visited.page.locator("summary").first.click()
        lines = visited.page.get_by_label("Lines that nobody knew")
        lines.wait_for()
        box = lines.bounding_box()
        assert box is not None
        assert box["height"] < 450
        assert [] == visited.troubles()

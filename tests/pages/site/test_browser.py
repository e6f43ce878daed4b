"""The page in a real browser; one start of it is shared, for it takes seconds."""

from __future__ import annotations

import os
import shutil

import pytest
from made_site import judged, records

from benchmark.pages.site.page import page as made

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("BENCHMARK_BROWSER") != "required",
        reason="there is no chromium; with BENCHMARK_BROWSER=required this is a failure",
    ),
]

HOSTILE = """<img src=x onerror="hit = 1"></script><script>hit = 1</script>'&#=%"""
NET = "net.in1k"


class Site:
    """The page, what a person does there, and what the browser says of it."""

    def __init__(self, page, address):
        self.page, self.address, self.heard = page, address, []
        page.set_default_timeout(10_000)
        page.on("console", lambda message: self.heard.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        page.on("request", self._requested)

    def _requested(self, request):
        if not request.url.startswith(("file:", "data:")):
            self.heard.append(f"request: {request.url}")

    def open(self, view=""):
        """As if the address had been typed."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}#{view}")
        self.page.wait_for_selector(".map svg")

    def choose(self, filter, value):
        self.page.locator(f"select[name={filter}]").select_option(value)

    def visible(self, selector):
        return self.page.locator(selector).filter(visible=True)

    def rows(self):
        """Task and arm of each row that is shown."""
        shown = self.visible("#rows tbody tr")
        return [
            (row.locator("a").get_attribute("data-board").partition("/")[0], _text(row, 2))
            for row in shown.all()
        ]


def _text(row, column):
    return row.locator("> *").nth(column).inner_text()


@pytest.fixture(scope="module")
def site(boards, tmp_path_factory):
    assert CHROMIUM, "BENCHMARK_BROWSER=required, but there is no chromium"
    from playwright.sync_api import sync_playwright

    strange = records(HOSTILE, NET, arms=("scratch", HOSTILE), backbone_label=HOSTILE)
    few = judged(one for one in strange if one.trial.images_per_class < 100)
    file = tmp_path_factory.mktemp("site") / "site.html"
    file.write_text(made([*boards, *few], {}, {}), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Site(browser.new_page(viewport={"width": 1280, "height": 900}), file.as_uri())
        browser.close()


@pytest.fixture
def opened(site):
    """The page as it is at first; whatever a test does, nothing is asked for or complained of."""
    site.open()
    yield site
    site.page.emulate_media(color_scheme="light", media="screen")
    site.page.set_viewport_size({"width": 1280, "height": 900})
    assert site.heard == []


def test_a_column_sorts_both_ways_and_what_has_no_value_stays_last(opened):
    header = opened.page.locator("th[data-name=gain_at_100]")
    places = []
    for direction in ("ascending", "descending"):
        header.get_by_role("button").click()
        assert header.get_attribute("aria-sort") == direction
        cells = opened.page.locator("#rows tbody td:nth-child(9)").all()
        places.append([cell.get_attribute("data-number") for cell in cells])
    for shown, turned in zip(places, (False, True), strict=True):
        known = [float(place) for place in shown if place]
        assert shown[: len(known)] == [place for place in shown if place]
        assert known == sorted(known, reverse=turned)
    assert None in places[0]


def test_a_filter_leaves_the_rows_and_the_tasks_that_fit(opened):
    opened.choose("task", "old")
    opened.choose("arm", "probe")
    assert opened.rows() == [("old", "probe")]
    assert opened.page.get_by_role("status").inner_text() == "1 of 5 rows"
    assert opened.visible("article").count() == 1
    opened.page.get_by_role("button", name="Show all").click()
    assert len(opened.rows()) == 5


def test_a_link_brings_back_the_view(opened):
    opened.choose("task", "old")
    opened.page.locator("th[data-name=arm] button").click()
    opened.page.locator("th[data-name=arm] button").click()
    link = opened.page.get_by_role("link", name="Link to this view").get_attribute("href")
    opened.open(link.removeprefix("#"))
    assert opened.rows() == [("old", "probe"), ("old", "finetune")]
    assert opened.page.locator("select[name=task]").input_value() == "old"


def test_the_way_back_goes_through_the_views(opened):
    opened.choose("task", "old")
    opened.page.go_back()
    assert len(opened.rows()) == 5


def test_a_task_leads_to_its_charts_and_an_n_to_its_trials(opened):
    opened.page.locator("#rows a.more", has_text="toy").first.click()
    button = opened.page.get_by_role("button", name=f"toy, {NET}")
    assert button.get_attribute("aria-expanded") == "true"
    assert button.evaluate("button => button === document.activeElement")
    article = opened.visible("article").filter(has=button)
    article.locator("figure svg").nth(1).wait_for()
    assert not article.get_by_text("subset 10 2").is_visible()
    article.get_by_role("button", name="Trials at N = 10", exact=True).click()
    assert article.get_by_text("subset 10 2").is_visible()


def test_a_point_shows_its_values(opened):
    opened.open(f"open=toy/{NET}")
    opened.page.locator("article figure[data-chart=gain] .mark-symbol path").first.hover()
    opened.page.locator("#vg-tooltip-element.visible", has_text="gain over scratch").wait_for()


def test_a_cell_of_the_map_leads_to_its_task(opened):
    opened.page.locator(".map .mark-rect path").first.click(force=True)
    opened.page.locator("article figure svg").first.wait_for()
    assert "open=" in opened.page.url


def test_the_map_and_its_table_follow_arm_and_filter(opened):
    opened.page.locator("#arm").select_option("probe")
    opened.choose("task", "old")
    opened.page.get_by_text("The same numbers as a table").click()
    shown = opened.visible(".map-table tbody tr")
    assert [row.inner_text().split()[0] for row in shown.all()] == [f"old/{NET}"]
    assert opened.visible(".map-table caption").inner_text().startswith("Gain of probe")


def test_a_map_without_gains_says_so(opened):
    opened.choose("arm", HOSTILE)
    opened.page.locator("#arm").select_option("probe")
    assert opened.page.locator(".map").inner_text() == "None of these rows has a gain of this arm."


def test_a_strange_name_is_shown_and_not_obeyed(opened):
    opened.choose("arm", HOSTILE)
    assert opened.rows() == [(HOSTILE.partition("/")[0], HOSTILE)]
    opened.visible("#rows a.more").click()
    article = opened.visible("article")
    article.locator("figure svg").nth(1).wait_for()
    assert article.locator(".legend li").last.inner_text().endswith(HOSTILE)
    assert opened.page.evaluate("typeof hit") == "undefined"
    assert opened.page.locator("img").count() == 0


def test_keys_alone_reach_and_open_everything(opened):
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.textContent") == "Skip to the leaderboard"
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("document.activeElement.id") == "leaderboard"
    fold = opened.page.get_by_role("button", name=f"old, {NET}")
    fold.focus()
    fold.press("Enter")
    assert fold.get_attribute("aria-expanded") == "true"
    assert fold.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_nobody_is_kept_out(opened, colours):
    from axe_playwright_python.sync_playwright import Axe

    opened.page.emulate_media(color_scheme=colours)
    opened.open(f"open=toy/{NET}&n=toy/{NET}/10&sort=arm")
    opened.page.locator("article figure svg").nth(1).wait_for()
    found = Axe().run(opened.page)
    assert found.violations_count == 0, found.generate_report()


def test_colours_can_be_turned(opened):
    def page_colour():
        return opened.page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = page_colour()
    opened.page.get_by_role("button", name="Dark colours").click()
    dark = page_colour()
    opened.page.get_by_role("button", name="Light colours").click()
    assert light == page_colour() != dark


def test_a_phone_shows_the_page_without_scrolling_sideways(opened):
    opened.page.set_viewport_size({"width": 390, "height": 800})
    opened.open(f"open=toy/{NET}&n=toy/{NET}/10")
    opened.page.locator("article figure svg").nth(1).wait_for()
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 390


def test_print_shows_what_is_folded(opened):
    trials = opened.page.get_by_text("subset 10 2").first
    assert not trials.is_visible()
    opened.page.emulate_media(media="print")
    assert trials.is_visible()
    assert not opened.page.locator("#filters").is_visible()

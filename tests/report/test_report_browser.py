"""The report in a browser: offline, dragged by mouse, finger and keys, on a phone, in the dark."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest
from html_elements import NAMES
from report_samples import LEFT, PALETTE, RIGHT, full_report

from mmda.report import write_report

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
PHONE = {"viewport": {"width": 360, "height": 700}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "r.html"
    return write_report(path, full_report(NAMES[0], title=NAMES[1])).as_uri()


@pytest.fixture
def open_page(browser, address):
    """Return a function that opens the report without a network; nothing may go wrong in it."""
    contexts, faults = [], []

    def opened(**look):
        contexts.append(browser.new_context(offline=True, **look))
        page = contexts[-1].new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("requestfailed", lambda request: faults.append(request.url[:80]))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def painted(page):
    """Return which pixels of a line through the scene have the colour of class 1."""
    content = np.frombuffer(page.locator(".swipe").screenshot(), np.uint8)
    line = cv2.imdecode(content, cv2.IMREAD_COLOR)[5, :, ::-1].astype(int)
    return np.abs(line - np.array(PALETTE[1])).sum(1) < 30


def covered(page):
    """Return the share of the scene that the left map covers."""
    return float(painted(page).mean())


def test_the_swipe_follows_the_mouse(open_page):
    page = open_page()
    assert covered(page) == pytest.approx(0.5, abs=0.03)
    area = page.locator(".swipe").bounding_box()
    down = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] / 2, down)
    page.mouse.down()
    page.mouse.move(area["x"] + 0.8 * area["width"], down, steps=4)
    assert covered(page) == pytest.approx(0.8, abs=0.03)
    page.mouse.up()
    page.mouse.move(area["x"] + 0.2 * area["width"], down)  # not held any more
    assert covered(page) == pytest.approx(0.8, abs=0.03)


def test_the_swipe_follows_the_keys(open_page):
    page = open_page()
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert covered(page) == pytest.approx(0.7, abs=0.03)
    page.keyboard.press("Home")
    assert covered(page) == pytest.approx(0.0, abs=0.03)


def test_the_swipe_follows_a_finger_and_the_page_still_scrolls(open_page):
    page = open_page(**PHONE)
    page.locator(".swipe").scroll_into_view_if_needed()
    area = page.locator(".swipe").bounding_box()
    session = page.context.new_cdp_session(page)

    def touch(kind, *at):
        points = [{"x": x, "y": y} for x, y in at]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    down, across = area["y"] + area["height"] / 2, area["x"] + area["width"] / 2
    touch("touchStart", (across, down))
    for part in (0.4, 0.3, 0.2):
        touch("touchMove", (area["x"] + part * area["width"], down))
    touch("touchEnd")
    assert covered(page) == pytest.approx(0.2, abs=0.03)
    before = page.evaluate("scrollY")
    touch("touchStart", (across, down))
    for moved in (20, 60, 120):
        touch("touchMove", (across, down - moved))
    touch("touchEnd")
    page.wait_for_function(f"scrollY > {before}", timeout=2000)


def test_other_maps_are_chosen(open_page):
    page = open_page()
    page.get_by_label("Map on the left").select_option(label=RIGHT)
    assert not painted(page).any()
    page.get_by_label("Map on the right").select_option(label=LEFT)
    found = painted(page)
    half = len(found) // 2
    assert found[:half].mean() < 0.05
    assert found[half:].mean() > 0.9
    assert page.get_by_role("img", name=f"{LEFT}, on the right").count() == 1


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_it_fits_and_can_be_read(open_page, device, look):
    page = open_page(**device, color_scheme=look)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    colours = "['background-color', 'color'].map(c => getComputedStyle(document.body)[c])"
    ground, text = (
        np.mean([int(part) for part in colour[4:-1].split(",")])
        for colour in page.evaluate(colours)
    )
    assert (ground > 200 > 80 > text) if look == "light" else (ground < 60 < 180 < text)


def test_every_picture_is_told_and_drawn(open_page):
    page = open_page()
    nameless = "[...document.querySelectorAll('[role=img]')].filter(i => !i.ariaLabel).length"
    assert page.evaluate(nameless) == 0
    views = page.locator("svg.picture")
    assert views.count() == 6
    for view in (views.nth(0), views.nth(2)):
        assert view.bounding_box()["height"] > 50
    assert page.evaluate(
        "[...document.querySelectorAll('svg:not([role=img])')].every(s => "
        "s.classList.contains('store') || s.closest('.charts'))"
    )


def test_the_keyboard_reaches_everything(open_page):
    page = open_page()
    wanted = "[...document.querySelectorAll('a, select, input, summary, [tabindex]')]"
    page.evaluate(f"{wanted}.forEach((one, i) => one.dataset.number = i)")
    count = page.evaluate(f"{wanted}.length")
    reached = set()
    for _ in range(count):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.number"))
    assert reached == {str(number) for number in range(count)}
    page.get_by_role("link", name="Confusion").press("Enter")
    assert page.locator("#confusion h2").bounding_box()["y"] < 100
    summary = page.locator("#differences summary")
    assert page.locator("#differences table").is_visible()
    summary.press("Enter")
    assert not page.locator("#differences table").is_visible()

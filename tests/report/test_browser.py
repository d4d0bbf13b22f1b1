"""The HTML report in a real browser."""

import pytest

from workbench.report import write


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens a report's page, and keeps what it asked for and said."""

    def open_report(report, *, scheme="light", width=1280):
        (path,) = write(report, tmp_path)
        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        seen = {"requests": [], "dialogs": [], "console": []}
        page.on("request", lambda request: seen["requests"].append(request.url))
        page.on("dialog", lambda dialog: (seen["dialogs"].append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: seen["console"].append(message.text))
        page.goto(path.as_uri(), wait_until="networkidle")
        return page, seen, path

    return open_report


def test_nothing_is_fetched_and_no_script_runs(opened, hostile_report):
    """Every text of the experiment tries; the policy in the page has nothing to forbid, because nothing gets that far."""
    page, seen, path = opened(hostile_report)
    assert {"requests": [path.as_uri()], "dialogs": [], "console": []} == seen
    assert page.title().startswith("areas-demo <script>")
    assert 0 == page.locator("script, img, iframe, object, embed, form, base, audio, video").count()
    addresses = page.eval_on_selector_all("[href], [src], [srcset]", "nodes => nodes.map(node => node.getAttribute('href') || 'src')")
    assert [] == [address for address in addresses if not address.startswith("#") and address != "data:,"]


def test_hostile_text_can_be_read_as_it_is(opened, hostile_report):
    """In the heading, in tables and in the recipe."""
    page, _, _ = opened(hostile_report)
    for place in ("h1", "#section-2 table", "#section-3 table", "pre"):
        shown = page.locator(place).first.inner_text()
        assert "<script>document.title = 'owned'</script>" in shown or "&" not in shown
    assert "{{ 7 * 7 }}{% raw %} [click](http://evil.example/l)" in page.locator("h1").inner_text()
    assert "\\x1b[31mred" in page.locator("pre").inner_text()
    assert "\\u202egnorw" in page.locator("h1").inner_text()


@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_never_scrolls_sideways(opened, hostile_report, width):
    """Wide tables scroll inside themselves, on a telephone too."""
    page, _, _ = opened(hostile_report, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_light_and_dark_follow_the_reader(opened, report):
    """Ink and paper change places, and are far enough apart to read (WCAG 2.2, contrast of 7 and more)."""
    for scheme in ("light", "dark"):
        page, _, _ = opened(report, scheme=scheme)
        ink, paper = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
        lightness = [luminance(colour) for colour in (ink, paper)]
        assert (lightness[0] < lightness[1]) == (scheme == "light")
        assert (max(lightness) + 0.05) / (min(lightness) + 0.05) >= 7


def test_the_contents_lead_to_every_section(opened, report):
    """Each entry goes to the heading that it names."""
    page, _, _ = opened(report)
    heading = "document.querySelector(link.getAttribute('href') + ' h2').innerText"
    entries = page.eval_on_selector_all("nav a", f"links => links.map(link => [link.innerText, {heading}])")
    assert 8 == len(entries)
    assert [] == [entry for entry in entries if entry[0] != entry[1]]


def test_tables_and_charts_have_names_for_screen_readers(opened, report):
    """A caption, a heading in each row, a title and a description in words."""
    page, _, _ = opened(report)
    assert page.locator("table").count() == page.locator("table > caption").count() == page.locator(".scroll[aria-label] > table").count()
    assert page.locator("tbody tr").count() == page.locator("tbody tr > th[scope=row]").count()
    charts = page.locator("svg.chart")
    assert charts.count() >= 5
    assert charts.count() == page.locator("svg.chart[role=img] > title + desc").count()
    labels = "one.getAttribute('aria-labelledby').split(' ')"
    assert page.eval_on_selector_all("svg.chart", f"all => all.every(one => {labels}.every(id => one.querySelector('#' + id)))")


def luminance(colour):
    """Relative luminance of ``rgb(r, g, b)`` (WCAG 2.2)."""
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

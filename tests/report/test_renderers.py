"""The renderers on texts that try to be more than text."""

import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console

from workbench.cli._blocks import print_report
from workbench.report import Report, Section, printable, to_html, to_markdown
from workbench.report.markdown import escape
from workbench.types import ChartBlock, TableBlock, TextBlock

JOINER = "\N{WORD JOINER}"
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TOKENS = ("<", ">", "&", "`", "```", "*", "_", "|", "[", "](", ")", "![", "http://e.example", "www.", "@", "\\", "\n", "#", "- ", "1. ", "~~", "$")
ACTIVE = st.sampled_from(TOKENS)
NASTY = st.lists(ACTIVE | st.text(max_size=5), max_size=8).map("".join)


def report_of(*blocks, title="t"):
    """A report with these blocks."""
    return Report(name="r", title=title, subtitle="s", sections=(Section(title=title, blocks=blocks),))


def everywhere(text):
    """A report with this text in every place that takes one."""
    point = (text, 1.0, 0.5, 1.5)
    return Report(
        name=text,
        title=text,
        subtitle=text,
        sections=(
            Section(
                title=text,
                blocks=(
                    TextBlock(text=text),
                    TextBlock(text=text, style="warning"),
                    TextBlock(text=text, style="verbatim"),
                    TableBlock(title=text, columns=(text, "n"), rows=((text, 1), (f"better ({text})", None)), note=text),
                    ChartBlock(title=text, kind="bar", x=text, y=text, series={text: (point,), "other": (point,)}),
                    ChartBlock(title=text, kind="interval", x=text, y=text, series={text: (point,)}),
                    ChartBlock(title=text, kind="line", x=text, y=text, series={text: ((1.0, 1.0, None, None), (2.0, 1.0, None, None)), "b": ()}),
                ),
            ),
        ),
    )


class Elements(HTMLParser):
    """What a page consists of."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        """Note the element."""
        self.tags.append(tag)
        self.attributes += [(name, value) for name, value in attrs]

    def handle_data(self, data):
        """Note the text."""
        self.text.append(data)


def elements(page):
    """Parse a page."""
    parser = Elements()
    parser.feed(page)
    parser.close()
    return parser


def printed(report, *, terminal, width=100):
    """What a console of this width gets."""
    out = StringIO()
    terminal_like = {"width": width, "color_system": "truecolor"} if terminal else {}
    print_report(Console(file=out, force_terminal=terminal, **terminal_like), report)
    return out.getvalue()


@settings(deadline=None, max_examples=50)
@given(NASTY)
def test_html_has_the_same_elements_whatever_the_text(text):
    """A text adds no element and no attribute; what it says can be read in the page."""
    tame, nasty = elements(to_html(everywhere("tame"))), elements(to_html(everywhere(text or "x")))
    assert tame.tags == nasty.tags
    assert [name for name, _ in tame.attributes] == [name for name, _ in nasty.attributes]
    assert printable(text) in "".join(nasty.text)


def test_html_refers_to_nothing_outside():
    """No attribute that could load anything, but for anchors of its own and an empty icon."""
    page = elements(to_html(everywhere("<img src=http://e.example/x>")))
    links = {value for name, value in page.attributes if name in {"href", "src", "srcset", "action", "data", "xlink:href", "poster", "background"}}
    assert {"#content", "#section-1", "data:,"} == links
    assert not {"script", "iframe", "object", "embed", "img", "image", "use", "foreignobject"} & set(page.tags)
    assert [] == [name for name, _ in page.attributes if name.startswith("on")]
    style = "".join(page.text)
    assert "url(" not in style
    assert "@import" not in style


@settings(deadline=None, max_examples=50)
@given(NASTY)
def test_markdown_has_the_same_structure_whatever_the_text(text):
    """A text makes no link, image, emphasis, code, list, heading, table cell or HTML."""

    def structure(report):
        tokens = MARKDOWN.parse(to_markdown(report))
        return [(token.type, [child.type for child in token.children or () if child.type != "text"]) for token in tokens if token.type != "fence"]

    def tables(shown):
        table = TableBlock(title=shown, columns=(shown, "n"), rows=((shown, 1),), note=shown)
        return report_of(TextBlock(text=shown), TextBlock(text=shown, style="bad"), table, title=shown)

    assert structure(tables("tame")) == structure(tables(f"x{text}"))


@settings(deadline=None, max_examples=50)
@given(NASTY)
def test_markdown_shows_the_text_it_was_given(text):
    """On one line, and but for the joiners that break links."""
    (paragraph,) = [token for token in MARKDOWN.parse(f"x{escape(text)}x") if token.type == "inline"]
    shown = "".join(child.content for child in paragraph.children)
    assert f"x{' '.join(printable(text).split())}x".replace(JOINER, "") == shown.replace(JOINER, "")


@pytest.mark.parametrize(
    "text",
    [
        "https://e.example/a",
        "HTTP://e.example",
        "ftp://e.example",
        "www.e.example",
        "WWW.e.example",
        "me@e.example",
        "@everyone",
        "mailto:me@e.example",
    ],
)
def test_markdown_breaks_what_sites_turn_into_links(text):
    """GitHub's autolinks need scheme and ``://``, ``www.``, or letters around ``@``, side by side."""
    assert re.search(r"(?i)\w://|www\.|[\w.]@|@\w", escape(text)) is None


def test_markdown_keeps_verbatim_text_inside_its_fence():
    """A fence in the text is shorter than the one around it."""
    shown = to_markdown(report_of(TextBlock(text="a\n```\n<b>\n````\nz", style="verbatim")))
    (fence,) = [token for token in MARKDOWN.parse(shown) if token.type == "fence"]
    assert "a\n```\n<b>\n````\nz\n" == fence.content


@settings(deadline=None, max_examples=50)
@given(NASTY | st.just("\x1b[31mred\x1b[0m \x1b]0;t\x07 [bold]b[/bold] [/] :skull: \x9b1m \r over"))
def test_a_terminal_gets_no_control_characters_from_the_text(text):
    """Beside the renderer's own colours there is none; markup of the text is text."""
    out = printed(everywhere(text), terminal=True)
    plain = re.sub(r"\x1b\[[\d;]*m", "", out)
    assert [] == [letter for letter in plain if ord(letter) < 32 and letter not in "\n\t"]
    assert "\x1b" not in printed(everywhere(text), terminal=False)


def test_rich_markup_stays_text():
    """Square brackets and emoji codes are shown as written."""
    assert "[bold]b[/bold] [/] :skull:" in printed(report_of(TextBlock(text="[bold]b[/bold] [/] :skull:")), terminal=True)


WIDE = TableBlock(
    title="wide",
    columns=("arm", *(f"metric number {index}" for index in range(12))),
    rows=(("curated", *("0.541 [0.520, 0.562]" for _ in range(12))), ("raw", *("0.510 [0.482, 0.538]" for _ in range(12)))),
)
CJK = TableBlock(title="表", columns=("例", "文"), rows=(("甲", "这是一个很长的例子没有空格" * 20), ("乙" * 300, "b")))
UNBROKEN = TableBlock(title="t", columns=("a", "b", "c"), rows=(("x" * 400, "y" * 400, 3),))


@pytest.mark.parametrize("block", [WIDE, CJK, UNBROKEN], ids=["many columns", "chinese", "unbroken"])
@pytest.mark.parametrize("width", [40, 100])
def test_no_line_is_wider_than_the_terminal(block, width):
    """However wide the table is."""
    out = re.sub(r"\x1b\[[\d;]*m", "", printed(report_of(block), terminal=True, width=width))
    assert width >= max(cell_len(line) for line in out.splitlines())


def test_a_table_too_wide_becomes_records():
    """Each cell beside the name of its column, numbers unbroken."""
    out = re.sub(r"\x1b\[[\d;]*m", "", printed(report_of(WIDE), terminal=True))
    assert 24 == len(re.findall(r"metric number \d+ +0\.5\d\d \[0\.\d{3}, 0\.\d{3}\]", out))


def test_a_table_of_one_column_too_wide_is_its_cells():
    """There is nothing to name below them."""
    block = TableBlock(title="t", columns=("a heading of its own",), rows=(("unbreakable",), ("words",)))
    out = re.sub(r"\x1b\[[\d;]*m", "", printed(report_of(block), terminal=True, width=6))
    assert ["unbrea", "kable", "words"] == [line.strip() for line in out.splitlines() if line.strip()][-3:]


def test_a_table_that_is_a_little_too_wide_puts_intervals_below_their_values():
    """It stays a table."""
    block = TableBlock(title="t", columns=WIDE.columns[:6], rows=tuple(row[:6] for row in WIDE.rows))
    out = re.sub(r"\x1b\[[\d;]*m", "", printed(report_of(block), terminal=True))
    assert re.search(r"^curated( +0\.541){5} *\n +(\[0\.520, 0\.562\] *){5}$", out, re.MULTILINE)


def test_without_a_terminal_a_row_is_a_line():
    """For programs that read lines: no colour, no wrapping."""
    lines = printed(report_of(UNBROKEN, WIDE), terminal=False).splitlines()
    assert 1 == sum("x" * 400 in line and "y" * 400 in line for line in lines)
    assert 1 == sum(line.startswith("curated") and line.count("0.541") == 12 for line in lines)


def test_an_empty_table_says_so():
    """In every format."""
    report = report_of(TableBlock(title="empty", columns=("a", "b"), rows=()))
    assert ["none" in to_html(report), "None." in to_markdown(report), "none" in printed(report, terminal=True)] == [True, True, True]


def test_very_long_tables_are_cut_and_told():
    """In every format."""
    report = report_of(TableBlock(title="long", columns=("n",), rows=tuple((index,) for index in range(10_000))))
    told = "further rows are not shown."
    assert f"9,500 {told}" in to_html(report)
    assert f"9,500 {told}" in to_markdown(report)
    assert f"9,940 {told}" in printed(report, terminal=False)


def test_a_chart_on_a_terminal_has_bars_and_numbers():
    """The bar of the greatest value is the longest."""
    chart = ChartBlock(title="c", kind="bar", x="rule", y="rows", series={"": (("one", 10.0, None, None), ("two", 40.0, None, None))})
    bars = [line.count("█") for line in printed(report_of(chart), terminal=False).splitlines() if "█" in line]
    assert [10, 40] == bars


def test_an_interval_on_a_terminal_shows_where_zero_is():
    """Between its ends or beside them."""
    points = (("a", 250.5, 100.0, 400.0), ("b", -100.0, -200.0, 100.0))
    chart = ChartBlock(title="c", kind="interval", x="pair", y="effect", series={"": points}, zero=True)
    first, second = [line for line in printed(report_of(chart), terminal=False).splitlines() if "●" in line]
    assert re.fullmatch(r"a +┊ +├─+●─+┤ +\+250\.5 \[\+100\.0, \+400\.0\]", first)
    assert re.fullmatch(r"b +├─+●─+┤ +-100\.0 \[-200\.0, \+100\.0\]", second)

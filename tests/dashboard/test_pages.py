"""Each page's main path in a browser, on one store that another process writes to all the while."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import choose, counters, notice, press, settle, shows_no_error, sign_in

from workbench.curate import current, told

pytestmark = pytest.mark.slow
UNTOUCHED = {"imported": 120, "kept": 93, "dropped": 15, "under-review": 12, "pinned": 0, "not-yet-looked-at": 27}


@pytest.fixture
def open_page(desk, visit):
    """Opens a page of the dashboard, signed in under a name of the test's own, so that undo meets no step of another test."""

    def open_as(path: str, name: str):
        page = visit(f"{desk.address}/{path}").page
        sign_in(page, name)
        return page

    yield open_as
    assert [] == desk.store.ledger.pins(desk.dataset.dataset_id)
    counts = current(desk.store, "mail").decision.counts
    assert (93, 15, 12) == (counts.kept, counts.dropped, counts.review)


def test_twenty_rows_are_decided_and_taken_back_by_keyboard(desk, open_page):
    """The name is asked for once; keep, drop and skip go on to the next row; undo takes back step by step, and the history all to a point."""
    page = open_page("", 'kim, "the second"')
    again = page.context.new_page()
    again.goto(desk.address)
    again.get_by_text('You decide as kim, "the second".').wait_for()
    again.close()
    first = desk.store.ledger.number() + 1
    for number in range(20):
        page.locator(f".st-key-keep-{number:032x}").wait_for()
        press(page, "kd"[number % 2])
        notice(page, f"Step {first + number}: {'drop' if number % 2 else 'keep'}")
    assert 20 == counters(page)["pinned"]
    assert [(row, "drop" if row % 2 else "keep") for row in range(20)] == [
        (pin.row, pin.decision) for pin in desk.store.ledger.pins(desk.dataset.dataset_id)
    ]
    press(page, "s")
    page.locator("[aria-current=true][data-row='21']").wait_for()
    for number in (19, 18):
        press(page, "u")
        notice(page, f"Took back step {first + number}: {'drop' if number % 2 else 'keep'}")
    page.get_by_role("link", name="History").click()
    page.get_by_label("Take back my steps after number").fill(str(first - 1))
    page.get_by_label("Take back my steps after number").press("Enter")
    page.get_by_role("button", name="Take them back").click()
    notice(page, f"Took back your steps after number {first - 1}")
    page.get_by_role("link", name="Curate").click()
    assert UNTOUCHED == counters(page)
    assert shows_no_error(page)


def test_a_filter_is_dropped_in_one_step_that_two_people_see(desk, open_page, visit):
    """The preview counts, the confirmation decides, someone else sees it, and one undo takes all of it back."""
    page = open_page("?verdict=review", "bo")
    page.get_by_text("12 rows", exact=True).wait_for()
    page.get_by_role("button", name="Decide on all").click()
    page.get_by_text("The filter lets 12 of 120 rows through: 0 keep, 0 drop, 12 review.").wait_for()
    page.get_by_text("12 rows become drop; all 12 are pinned.").wait_for()
    page.get_by_label("Why (stands in the history)").fill("shouted")
    page.get_by_role("button", name="Drop: 12 rows").click()
    notice(page, re.compile(r"^Step \d+: drop 12 rows"))
    assert {"kept": 93, "dropped": 27, "under-review": 0, "pinned": 12}.items() <= counters(page).items()

    other = visit(f"{desk.address}/history").page
    other.locator("[data-testid=stDataFrame]").wait_for()
    (entry,) = desk.store.ledger.log(dataset="mail", limit=1)
    assert ("pin", "bo", "shouted") == (entry.action, entry.author, entry.payload["note"])
    assert "dropped 12 rows where the verdict is review" == told(entry)
    second = visit(desk.address).page
    assert counters(page) == counters(second)

    press(page, "u")
    notice(page, re.compile(r"^Took back step \d+: a decision on 12 rows"))
    assert UNTOUCHED == counters(page)
    assert all(shows_no_error(each) for each in (page, other, second))


def test_a_filter_finds_by_facet_expression_and_values(desk, visit):
    """Facets, regular expressions and the values of a signal narrow the list together; one that is no expression is told."""
    page = visit(f"{desk.address}/?verdict=drop&signal=length.characters").page
    page.get_by_text("15 rows", exact=True).wait_for()
    page.locator("[data-testid=stVegaLiteChart]").wait_for()
    page.get_by_role("combobox", name="Label").click()
    page.get_by_role("option", name=re.compile(r"^first ")).click()
    page.wait_for_function("location.search.includes('label.label=first')")
    settle(page)
    other = visit(page.url).page
    other.get_by_text("6 rows", exact=True).wait_for()
    page.get_by_text("6 rows", exact=True).wait_for()
    page.get_by_text("as a regular expression").click()
    page.get_by_placeholder("words to look for").fill(r"^page \d0$")
    page.get_by_placeholder("words to look for").press("Enter")
    page.get_by_text("3 rows", exact=True).wait_for()
    page.get_by_placeholder("words to look for").fill("(")
    page.get_by_placeholder("words to look for").press("Enter")
    page.get_by_text("is no regular expression").wait_for()
    assert shows_no_error(page)


def test_a_threshold_is_moved_by_keyboard_applied_and_taken_back(desk, open_page):
    """The counts follow the slider before anything is stored; applying makes a version in force, and undo brings the rules before back."""
    page = open_page("policy", "lin")
    page.get_by_text("0 rows would change", exact=True).wait_for()
    page.get_by_role("slider").first.focus()
    press(page, "End")
    page.get_by_text(re.compile(r"^[1-9]\d* rows would change: .* keep to drop")).wait_for()
    assert [] == desk.store.ledger.policies("mail")
    settle(page)
    page.get_by_role("button", name="Apply").click()
    notice(page, "mail@1 is in force")
    assert "length.characters" in {item.signal for item in current(desk.store, "mail").policy.policy.rules}
    assert current(desk.store, "mail").decision.counts.dropped > 15
    press(page, "u")
    notice(page, re.compile(r"^Took back step \d+: a policy"))
    assert shows_no_error(page)


def test_a_rule_is_added_for_a_signal_that_has_none(desk, open_page):
    """It begins where it takes the fewest rows; applied, it is in force like the others, and undo takes it away."""
    without = replace(current(desk.store, "mail").decision.policy, rules=current(desk.store, "mail").decision.policy.rules[:1])
    desk.store.ledger.put_policy("mail", "short", without, author="rue")
    page = open_page("policy", "rue")
    page.get_by_text("Add a rule").click()
    page.get_by_role("button", name="Add the rule").click()
    page.get_by_role("slider").nth(1).focus()
    press(page, "Home")
    page.get_by_text(re.compile(r"rows would change: .* keep to review")).wait_for()
    settle(page)
    page.get_by_role("button", name="Apply").click()
    notice(page, "short@2 is in force")
    assert ["length.characters", "capitals.share"] == [item.signal for item in current(desk.store, "mail").policy.policy.rules]
    for step in ("a policy", "a policy"):
        press(page, "u")
        notice(page, re.compile(f"^Took back step .*: {step}"))
    assert shows_no_error(page)


def test_what_the_policy_keeps_is_exported_and_downloaded(desk, open_page):
    """Only formats that hold the roles are offered; the file has the rows that are counted, and says how they were chosen."""
    page = open_page("", "max")
    page.get_by_role("link", name="Export", exact=True).click()
    page.get_by_text("105 of 120 rows", exact=True).wait_for()
    page.get_by_role("combobox", name="Format").click()
    assert ["jsonl", "parquet", "datasets"] == [option.partition(",")[0] for option in page.get_by_role("option").all_inner_texts()]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export").click()
    page.get_by_text("120 imported = 105 written + 15 left out").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    written = desk.store.path.parent / "exports" / "mail-curated.jsonl"
    assert (105, written.read_bytes()) == (len(written.read_text(encoding="utf-8").splitlines()), Path(download.value.path()).read_bytes())
    assert {"imported": 120, "written": 105, "left_out": 15} == json.loads(written.with_name(f"{written.name}.manifest.json").read_text())["rows"]
    page.get_by_label("File name").fill("../elsewhere.jsonl")
    page.get_by_label("File name").press("Enter")
    page.get_by_text("A file name has no slash").wait_for()
    assert shows_no_error(page)


def test_a_file_is_imported_scored_and_looked_at_without_a_command(desk, visit, tmp_path):
    """From the Datasets page alone; what was imported is what the page shows next."""
    file = tmp_path / "letters.csv"
    file.write_text(
        "text,label\n" + "".join(f"{'short' if number < 4 else f'a letter of {number} words'},a\n" for number in range(12)), encoding="utf-8"
    )
    page = visit(f"{desk.address}/datasets").page
    page.get_by_text("Import a file").click()
    page.locator("input[type=file]").set_input_files(str(file))
    page.get_by_text("letters.csv").first.wait_for()
    choose(page, "Task that reads it", "notes.notes")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Imported letters: read 12 = imported 12 + rejected 0").wait_for()
    page.get_by_role("button", name="Score it").click()
    page.get_by_role("button", name="Score it").wait_for(state="detached")
    page.get_by_role("link", name="Curate it").click()
    page.get_by_text("12 rows", exact=True).wait_for()
    assert (8, 4) == (counters(page)["kept"], counters(page)["dropped"])
    assert shows_no_error(page)
    desk.store.datasets.remove("letters")


def test_removed_pairs_are_judged_by_keyboard(desk, open_page):
    """Each pair stands side by side with what differs; the precision follows with its interval, and a judgement can be taken back."""
    page = open_page("duplicates", "joy")
    page.get_by_text("Judge a sample").click()
    page.get_by_text("0 of 3 sampled pairs are judged").wait_for()
    press(page, "y")
    notice(page, re.compile("are duplicates$"))
    press(page, "n")
    notice(page, re.compile("are different$"))
    page.get_by_text("1 of 2 are duplicates: precision 0.500, 95 % interval 0.013 to 0.987").wait_for()
    press(page, "s")
    page.get_by_text("1 of the sample skipped").wait_for()
    for judged in (1, 0):
        press(page, "u")
        page.get_by_text(f"{judged} of 3 sampled pairs are judged").wait_for()
    assert shows_no_error(page)


def test_another_row_of_a_group_stays(desk, open_page):
    """Members stand against the one that stays; a click lets another one stay, and undo brings the first back."""
    page = open_page("duplicates", "eve")
    page.get_by_text("3 groups of 6 rows", exact=True).wait_for()
    before = current(desk.store, "mail").decision
    assert {15: 14, 24: 25, 35: 34} == _partners(desk.store, before)
    page.locator(".st-key-survivor-14").wait_for()
    page.get_by_role("button", name="Let this one stay").click()
    notice(page, re.compile(r"^Step \d+: .* stays"))
    page.locator(".st-key-survivor-15").wait_for()
    assert {14: 15, 24: 25, 35: 34} == _partners(desk.store, current(desk.store, "mail").decision)
    press(page, "u")
    page.locator(".st-key-survivor-14").wait_for()
    assert shows_no_error(page)


def _partners(store, decision) -> dict[int, int]:
    return {each["row"]: each["partner"] for each in store.curation.verdicts(decision.verdict_set).to_pylist() if each["partner"] is not None}


def test_a_link_to_a_record_opens_in_another_browser(desk, visit):
    """The address that a page gives opens the same record elsewhere, its evidence marked."""
    page = visit(f"{desk.address}/?verdict=drop").page
    page.get_by_role("link", name="Open").first.click()
    page.get_by_text("A link to this record").wait_for()
    settle(page)
    link = page.locator("[data-testid=stCode]").last.inner_text().strip()
    assert f"{desk.address}/record?dataset=mail&example={0:032x}" == link

    other = visit(link).page
    other.get_by_text("6 characters do not make a sentence").wait_for()
    other.wait_for_function("[...(CSS.highlights.get('evidence') ?? [])].map(range => range.toString()).join() === 'Page 0'")
    press(other, "n")
    other.wait_for_function(f"document.body.innerText.includes('{1:032x}')")
    assert f"example={1:032x}" in other.url
    assert shows_no_error(other)


@pytest.mark.parametrize("path", ["datasets", "bias", "plugins", "status", "runs", "compare"])
def test_pages_to_read_from_show_what_they_are_for(desk, visit, path):
    """Each of the other pages opens by its address and shows its heading."""
    seen = visit(f"{desk.address}/{path}", scheme="dark")
    heading = {"bias": "This task", "runs": "mail@1", "compare": "mail"}.get(path, path.capitalize())
    seen.page.get_by_text(re.compile(f"^{heading}|^Groups of people")).first.wait_for()
    settle(seen.page)
    assert shows_no_error(seen.page)
    assert [] == seen.outside()

"""What a report tells of a real experiment in a real store."""

import dataclasses
import re

import numpy as np
import pytest

from workbench.report import StoreReader, build, curation_section, data_section, planted_section, plugin_section
from workbench.report.answer import ONE_SEED, answer_section
from workbench.report.facts import gather
from workbench.report.model import WEAK
from workbench.report.numbers import MISSING
from workbench.report.records import named, spread
from workbench.report.results import comparisons_section, results_section
from workbench.report.training import examples_seen
from workbench.types import ChartBlock, TableBlock, TextBlock

TITLES = ["The answer", "Data", "Curation", "Planted defects", "Arms and training", "Results", "Comparisons", "How it was done"]


@pytest.fixture(scope="session")
def facts(plain):
    """What the store knows of it."""
    return gather(plain.store, plain.experiment)


def section(report, title):
    """The section of this title."""
    return next(each for each in report.sections if each.title == title)


def tables(section):
    """Its tables by title."""
    return {block.title: block for block in section.blocks if isinstance(block, TableBlock)}


def texts(section):
    """Its paragraphs."""
    return [block.text for block in section.blocks if isinstance(block, TextBlock)]


def words_of(sections):
    """Every text of these sections."""
    found = []
    for each in sections:
        for block in each.blocks:
            if isinstance(block, TextBlock):
                found.append(block.text)
            elif isinstance(block, TableBlock):
                found += [block.title, block.note, *block.columns, *(str(cell) for row in block.rows for cell in row)]
            else:
                found += [block.title, *block.series, *(str(point[0]) for points in block.series.values() for point in points)]
    return "\n".join(found)


def test_the_sections_stand_in_order(report):
    """The answer first, the recipe last."""
    assert TITLES == [each.title for each in report.sections]
    assert "task: areas\n" == report.sections[-1].blocks[-1].text


def test_the_first_sum_holds_and_is_shown(report):
    """Read is imported and rejected."""
    (first, *_) = texts(section(report, "Data"))
    read, imported, rejected = map(int, re.fullmatch(r"read (\d+) = imported (\d+) \+ rejected (\d+)", first).groups())
    assert (207, 200, 7) == (read, imported, rejected)
    assert read == imported + rejected
    splits = tables(section(report, "Data"))["Splits"].rows
    assert imported == sum(rows for _, rows, _ in splits)


def test_the_second_sum_holds_and_is_shown(report):
    """What was imported into train was kept, dropped or is under review; 10 planted and 3 natural copies, 10 short texts."""
    (first, *_) = texts(section(report, "Curation"))
    assert "In train, imported 120 = kept 97 + dropped 13 + review 10" == first
    rules = tables(section(report, "Curation"))["What each rule did"].rows
    assert (("length.words < 5", "review", 10, 10, "8.3 %"), ("copies.similarity >= 0.9", "drop", 13, 13, "10.8 %")) == rules


def test_rejected_rows_are_named_by_file_and_line(report):
    """The first few, after how many there are for which reason."""
    listed = tables(section(report, "Data"))
    assert (("the label is missing", 7),) == listed["Set aside, by reason"].rows
    first = listed["The first 5 of 7 rows set aside"].rows
    assert ("data/train.jsonl", 300, "the label is missing", "secret 0") == first[0]
    assert 5 == len(first)


def test_curation_says_what_decided_and_who_overrode_it(report):
    """Policy and ledger number, pins, notes of selectors, and examples with the reason in words."""
    curation = section(report, "Curation")
    assert "The policy strict@1 decided at entry 2 of the ledger." in texts(curation)[1]
    listed = tables(curation)
    assert (("ada", "keep", 2),) == listed["Rows that people pinned"].rows
    assert (("length", "counts words by spaces"),) == listed["What the selectors say"].rows
    short = [row for row in listed["Examples of what the rules fired on"].rows if row[0] == "length.words review"]
    assert ("review", "data/train.jsonl:21", "2 words are few") == (short[0][1], short[0][3], short[0][4])


def test_an_alarm_is_told_once(plain, facts):
    """In the file and on the terminal alike."""
    decision = dataclasses.replace(facts.decision, counts=dataclasses.replace(facts.decision.counts, alarms=("one cluster holds half of train",)))
    told = curation_section(plain.store, facts.dataset, facts.selector_runs, decision)
    for blocks in (told.blocks, told.brief):
        assert 1 == [block.text for block in blocks if isinstance(block, TextBlock)].count("Alarm: one cluster holds half of train.")


def test_duplicates_name_the_row_that_stays(report):
    """A dropped copy stands behind an id that commands take."""
    copies = [row for row in tables(section(report, "Curation"))["Examples of what the rules fired on"].rows if row[0] == "copies.similarity drop"]
    assert all(row[1] == "drop" and re.fullmatch(r"stays behind [0-9a-f]{12}([0-9a-f]{20}(\.1)?)?", row[4]) for row in copies)


def test_ids_as_they_are_shown_find_their_row(plain, facts):
    """Cut short where that is enough, each stands for one example; of equal ones, each has its own."""
    rows = plain.store.datasets.rows(facts.dataset.dataset_id, "train").tolist()
    shown = {row: each.example_id for row, each in named(plain.store, facts.dataset.dataset_id, rows).items()}
    assert {12, 32, 34} == {len(example_id) for example_id in shown.values()}
    for row, example_id in shown.items():
        assert row == plain.store.datasets.resolve(example_id, facts.dataset.name)[1]


def test_planted_defects_are_told_by_selector_and_kind(report):
    """Recall where a selector is meant to find them, and that there is none where not; flagged rows by what is known of them."""
    listed = tables(section(report, "Planted defects"))
    assert {
        ("copy", "copies", 10, 10, "100.0 %"),
        ("empty", "length", 6, 6, "100.0 %"),
        ("bias", "no selector here is meant to find it", 1, MISSING, MISSING),
    } == set(listed["Recall of planted defects"].rows)
    flagged = {row[0]: row[1:] for row in listed["What the selectors flagged"].rows}
    assert {"copies": (13, 10, 3, 0), "length": (10, 6, 0, 4)} == flagged


def test_without_the_task_planted_defects_are_counted_only(plain, facts):
    """The plugin is gone, and it says so."""
    planted = planted_section(plain.store, facts.dataset, None, facts.selector_runs, facts.decision)
    assert (("bias", 1), ("copy", 10), ("empty", 6)) == tables(planted)["Planted"].rows
    assert "not installed" in texts(planted)[1]


def test_flagged_rows_of_which_nothing_is_known_are_shown(report):
    """Three of them for each selector, by id, file and line."""
    others = tables(section(report, "Planted defects"))["Some of the others"].rows
    assert [("length", f"data/train.jsonl:{line}", True) for line in (27, 28, 29)] == [(row[0], row[2], "short" in row[3]) for row in others]


def test_quote_zero_quotes_no_record(plain, facts, task):
    """Neither an example nor a rejected row; ids, files and lines are left."""
    curation = (plain.store, facts.dataset, facts.selector_runs, facts.decision)
    planted = planted_section(plain.store, facts.dataset, task, *curation[2:], quote=0)
    told = words_of([data_section(plain.store, facts.dataset, quote=0), curation_section(*curation, quote=0), planted])
    examples = plain.store.datasets.examples(plain.experiment.dataset_id)
    assert [] == [text for text in [*examples.texts("text"), "secret"] if text in told]
    assert "data/train.jsonl:21" in told


def test_quote_limits_the_quotes_of_one_place(plain, facts):
    """Per rule, and of the rejected rows."""
    curation = curation_section(plain.store, facts.dataset, facts.selector_runs, facts.decision, quote=2)
    rows = tables(curation)["Examples of what the rules fired on"].rows
    assert [True, True, False] == [bool(row[-1]) for row in rows if row[0] == "length.words review"]
    rejected = tables(data_section(plain.store, facts.dataset, quote=2))["The first 5 of 7 rows set aside"].rows
    assert [True, True, False, False, False] == ["secret" in row[-1] for row in rejected]


def test_the_answer_is_the_claim_with_its_numbers(report, facts):
    """Effect, interval, p and smallest detectable effect of curated against random, raw and floor."""
    answer = section(report, "The answer")
    assert ("Curation helped: on macro-f1, curated is better than random subsets of its size and better than raw.", "good") == (
        answer.blocks[0].text,
        answer.blocks[0].style,
    )
    (table,) = tables(answer).values()
    assert ["curated against random", "curated against raw", "curated against floor"] == [row[0] for row in table.rows]
    against = facts.pair("areas.macro-f1", "random", "curated")
    _, effect, _, _, p, detectable, verdict = table.rows[0]
    assert (f"{against.effect:+.3f}", f"{against.p_adjusted:.3f}", f"{against.detectable:.3f}", "better") == (effect, p, detectable, verdict)


def test_one_seed_proves_nothing_and_says_so(hostile_report, report):
    """Whatever the numbers are."""
    assert [True, False] == [ONE_SEED in texts(section(each, "The answer")) for each in (hostile_report, report)]
    assert {"warning"} == {block.style for block in section(hostile_report, "The answer").blocks[:2]}


def replaced(facts, **verdicts):
    """The facts with other verdicts of primary pairs, such as ``raw_curated="worse"``."""

    def changed(each):
        return dataclasses.replace(each, verdict=verdicts.get(f"{each.a}_{each.b}", each.verdict))

    return dataclasses.replace(facts, comparisons=tuple(map(changed, facts.comparisons)))


@pytest.mark.parametrize(
    ("verdicts", "begins", "style"),
    [
        ({"raw_curated": "as good"}, "Curation helped", "good"),
        ({"raw_curated": "worse"}, "Curation hurt", "bad"),
        ({"random_curated": "as good"}, "Curation was no better than chance", "warning"),
        ({"random_curated": "inconclusive"}, "It is not shown that curation helped", "warning"),
        ({"floor_curated": "inconclusive"}, "Too weak to tell", "warning"),
    ],
)
def test_the_answer_follows_the_verdicts(facts, verdicts, begins, style):
    """In words and in colour."""
    claim = answer_section(replaced(facts, **verdicts)).blocks[0]
    assert (True, style) == (claim.text.startswith(begins), claim.style)


def test_an_arm_that_does_not_beat_the_floor_is_too_weak_to_tell(facts):
    """In every table, its partner's comparisons with it too; others are told as they are."""
    weak = replaced(facts, floor_raw="inconclusive")
    listed = tables(results_section(weak))["macro-f1\N{NO-BREAK SPACE}↑, the primary metric"].rows
    told = {row[0]: row[4:] for row in listed}
    assert told["curated"][0].startswith(WEAK)
    assert told["curated"][1].startswith("better")
    assert told["raw"][2].startswith(WEAK)
    full = next(table for title, table in tables(comparisons_section(weak)).items() if "primary" in title)
    assert WEAK == next(row[-1] for row in full.rows if row[0] == "random against raw")


def test_results_stand_beside_a_floor(report):
    """Its row is first and says what it predicts; the primary metric is first, further ones are exploratory."""
    listed = list(tables(section(report, "Results")).values())
    assert ["floor (majority)", "raw", "random", "curated"] == [row[0] for row in listed[0].rows]
    assert "the primary metric" in listed[0].title
    assert [("metric", "floor (majority)", "raw", "random", "curated"), ("metric", "against raw", "against random", "against floor")] == [
        table.columns for table in listed[1:]
    ]
    assert "Exploratory" in listed[2].note


def test_the_mean_is_over_seeds(report, facts):
    """As the comparison has it."""
    mean = np.mean([score.value for score in facts.scores if (score.metric, score.arm) == ("areas.macro-f1", "curated")])
    row = next(row for row in next(iter(tables(section(report, "Results")).values())).rows if row[0] == "curated")
    assert f"{mean:.3f}" == row[1]


def test_comparisons_are_told_in_full(report, facts):
    """Every pair of every metric, exploratory ones marked; the chart of the primary metric leaves the floor out and reaches zero."""
    comparisons = section(report, "Comparisons")
    listed = {title: table for title, table in tables(comparisons).items() if title != "Methods"}
    assert ["macro-f1\N{NO-BREAK SPACE}↑ (primary)", "accuracy\N{NO-BREAK SPACE}↑ (exploratory)"] == list(listed)
    assert sum(bool(each.a) for each in facts.comparisons) == sum(len(table.rows) for table in listed.values())
    (chart,) = [block for block in comparisons.blocks if isinstance(block, ChartBlock)]
    assert ["curated against raw", "curated against random", "random against raw"] == [point[0] for point in chart.series["effect"]]
    assert chart.zero


def test_training_tells_rows_steps_and_what_was_shown(report):
    """Equal steps, so that fewer rows are seen more often."""
    training = section(report, "Arms and training")
    listed = tables(training)
    assert ("raw", 120, "0, 1", "2 of 2", 60, 904, "7.5", "9.5 s") == listed["Arms"].rows[0]
    assert ("curated", 107, "10.3 %", "20.0", "1.0", "not applicable") == listed["What the models were shown"].rows[2]
    (loss,) = [block for block in training.blocks if isinstance(block, ChartBlock)]
    assert ["raw", "random", "curated"] == list(loss.series)
    assert 20 == len(loss.series["raw"])


def test_failed_runs_are_named_with_their_reason(hostile_report):
    """And the answer says that something is missing."""
    ((name, why),) = tables(section(hostile_report, "Arms and training"))["Failed runs"].rows
    assert name.endswith("/without:copies/0")
    assert why.startswith("the arm 'without:copies' has no examples.")
    assert any(text.startswith("1 of 4 runs failed") for text in texts(section(hostile_report, "The answer")))


def test_provenance_names_components_with_versions(report):
    """And the time of each step with its sum."""
    listed = tables(section(report, "How it was done"))
    assert ("selector", "areas.copies", "1", "areas-dist", "1.2") in listed["Components"].rows
    assert ("adapter", "areas.linear", "1", "areas-dist", "1.2") in listed["Components"].rows
    assert {"macro-f1", "accuracy"} == {row[0] for row in listed["Metric signatures"].rows}
    assert ("all steps", "1 min 36 s", "100.0 %") == listed["Time of each step"].rows[-1]
    assert ("model", "scratch:tiny") in listed["Model and plan"].rows
    assert "/nowhere" not in words_of(report.sections)


def test_an_experiment_that_has_only_begun_is_told_as_far_as_it_goes(plain, task):
    """No arm, no run, no result: every section that needs them says so."""
    begun = plain.store.experiments.open(
        name="begun", identity="0" * 32, task="areas.areas", dataset_id=plain.experiment.dataset_id, recipe="", resolved={"task": "areas.areas"}
    )
    report = build(plain.store, begun, task=task)
    assert ["The answer", "Data", "Arms and training", "Results", "Comparisons", "How it was done"] == [each.title for each in report.sections]
    assert "Nothing to conclude yet: 0 of 0 runs are finished, and no arms have been compared." == report.sections[0].blocks[0].text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Extra:
    """A plugin's section that does what it is told."""

    name: str = "extra"
    title: str = "Extra"
    applies: bool = True
    blocks: tuple = (TextBlock(text="more"),)
    error: Exception | None = None

    def applies_to(self, experiment):
        """Whether it was told so."""
        return self.applies and experiment.task == "areas.areas"

    def build(self, experiment):
        """Read everything a section may read, then give the blocks."""
        assert experiment.name
        assert {"arm", "seed", "metric", "value", "n", "not_scored"} <= set(experiment.scores().column_names)
        assert {"metric", "a", "b", "effect", "low", "high", "p", "p_adjusted", "n", "verdict"} <= set(experiment.comparisons().column_names)
        assert experiment.predictions("raw", 0).num_rows == len(experiment.eval_examples()) == 80
        if self.error is not None:
            raise self.error
        yield from self.blocks


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (Extra(), "more"),
        (Extra(applies=False), None),
        (Extra(error=KeyError("gone")), "This section could not be built: KeyError: 'gone'"),
        (Extra(blocks=("text",)), "This section could not be built: TypeError: got a str, expected a TextBlock, TableBlock or ChartBlock"),
        (
            Extra(blocks=(ChartBlock(title="t", kind="bar", x="x", y="y", series={"": (("a", "b", None, None),)}),)),
            "This section could not be built: TypeError: bad operand type for abs(): 'str'",
        ),
        (
            Extra(blocks=(TableBlock(title="t", columns=("a", "b"), rows=((1,),)),)),
            "This section could not be built: ValueError: the table 't' has rows of another length than its 2 columns",
        ),
    ],
    ids=["good", "not for this one", "raises", "no block", "no number", "ragged table"],
)
def test_a_section_of_a_plugin_stands_last_and_takes_nothing_with_it(plain, extra, expected):
    """One that fails is told in its place."""
    built = plugin_section(extra, StoreReader(plain.store, plain.experiment))
    assert expected == (None if built is None else built.blocks[0].text)
    assert built is None or built.title == "Extra"


def test_a_reader_names_the_runs_that_there_are(plain):
    """Where a section asks for another."""
    with pytest.raises(Exception, match=r"there is no run 'curated/9'.*curated/0"):
        StoreReader(plain.store, plain.experiment).predictions("curated", 9)


@pytest.mark.parametrize(
    ("rows", "steps", "batch", "expected"),
    [(100, 7, 16, 100), (100, 8, 16, 116), (100, 14, 16, 200), (10, 3, 16, 30), (0, 5, 16, 0), (100, 5, 0, 0), (100, 0, 16, 0)],
)
def test_examples_seen_count_short_last_batches(rows, steps, batch, expected):
    """Seven batches of 16 go through 100 rows, the last of them holding four."""
    assert expected == examples_seen(rows, steps, batch)


def test_chosen_rows_are_spread_evenly():
    """From the first on, the same each time."""
    assert [[0, 33, 66], [5, 6]] == [spread(list(range(100)), 3), spread([5, 6], 3)]

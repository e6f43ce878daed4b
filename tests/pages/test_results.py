import csv
import dataclasses
import re
from urllib.parse import unquote

import pytest
from toy import curve, failed, record

from benchmark import defaults
from benchmark.analysis import board as leaderboard
from benchmark.analysis.scores import score_of
from benchmark.pages import csv_files, escape, tables, words
from benchmark.pages import recipes as recipes_page
from benchmark.pages import results as results_page
from benchmark.pages.recipes import Choices
from benchmark.pages.statements import page as claims_page
from benchmark.records import store

FALLING = dataclasses.replace(record().training, levelled_off=False)
NOTHING_CHOSEN = Choices({}, {})
RECORDS = [
    *curve("scratch", {1: 0.4, 10: 0.6}),
    *curve("probe", {1: 0.8, 10: 0.9}),
    *curve("scratch", {1: 0.4}, task="other"),
    failed("finetune"),
]


def boards_of(records):
    return leaderboard.boards(map(score_of, records))


def written(folder, records=RECORDS, tasks=None):
    results_page.write(boards_of(records), tasks or {}, NOTHING_CHOSEN, folder)
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


@pytest.fixture
def page(tmp_path, task):
    return written(tmp_path, tasks={"toy": task})[results_page.Path("README.md")].decode()


def tables_of(page):
    return re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)


def test_all_files_are_written_and_returned(tmp_path):
    paths = results_page.write(boards_of(RECORDS), {}, NOTHING_CHOSEN, tmp_path / "new")
    assert {path.name for path in paths} == {
        "README.md",
        "claims.md",
        "recipes.md",
        "leaderboard.csv",
        "curves.csv",
        "toy--net.svg",
        "other--net.svg",
    }
    assert all(path.is_file() for path in paths)


def test_the_files_are_the_same_byte_for_byte_whatever_the_order(tmp_path):
    assert written(tmp_path / "a") == written(tmp_path / "b", RECORDS[::-1])


def test_the_files_come_from_stored_records_alone(tmp_path):
    for one in RECORDS[::-1]:
        store.save(tmp_path / "records", one)
    stored = list(store.load(tmp_path / "records"))
    assert written(tmp_path / "a", stored) == written(tmp_path / "b")


def test_gains_over_unfinished_trainings_are_explained_below_the_first_table(tmp_path):
    made = [dataclasses.replace(r, training=FALLING) for r in curve("scratch", {1: 0.4})]
    page = written(tmp_path, [*made, *curve("finetune", {1: 0.5})])[results_page.Path("README.md")]
    first_screen = page.decode().partition("## ")[0]
    assert first_screen.count(tables.UNFINISHED) == 2


def test_what_image_size_does_has_a_section_where_there_are_several(tmp_path):
    def at(size):
        made = [*curve("scratch", {1: 0.4}), *curve("finetune", {1: 0.5})]
        return [
            dataclasses.replace(r, data=dataclasses.replace(r.data, image_size=size)) for r in made
        ]

    def page(*sizes):
        made = [record for size in sizes for record in at(size)]
        return written(tmp_path, made)[results_page.Path("README.md")].decode()

    assert "| 32 px " in page(64, 32).partition("## What image size does")[2]
    assert "What image size does" not in page(32)


def columns_of(file):
    with file.open(newline="") as text:
        return csv.DictReader(text).fieldnames


def explained_columns(page):
    """The names in the page's table of columns, with N replaced by each N."""
    for line in tables_of(page)[-1].splitlines()[2:]:
        names = re.findall(r"`([a-z_N]+)`", line.split("|")[1])
        every = csv_files.GAIN_COLUMNS_AT if any("N" in name for name in names) else (0,)
        yield from (name.replace("N", str(n)) for n in every for name in names)


def test_the_columns_are_those_that_the_page_explains(tmp_path):
    page = page_of(tmp_path, RECORDS)
    assert sorted(columns_of(tmp_path / "leaderboard.csv")) == sorted(explained_columns(page))


def test_the_columns_of_the_curves_are_explained_too(tmp_path):
    explained = page_of(tmp_path, RECORDS).split("`curves.csv` has")[1]
    keys, rest = columns_of(tmp_path / "curves.csv")[:5], columns_of(tmp_path / "curves.csv")[5:]
    assert keys == ["task", "backbone", "image_size", "arm", "images_per_class"]
    assert all(f"`{name}`" in explained for name in rest)


def test_the_page_shows_verdict_figure_and_table_of_each_board(page):
    assert "## Toy: Net" in page
    assert "## other: Net" in page
    assert "(figures/toy--net.svg)" in page
    assert "the probe still helps at the largest N" in page
    assert "generated patches" in page


def test_each_verdict_has_its_evidence_and_the_two_kinds_of_interval_are_explained(page):
    assert re.search(r"- probe: .*\n  - it rests on gains below N\*: \+", page)
    explained = words.INTERVALS.replace("*", r"\*")
    assert explained in page.replace("\n", " ")


def test_the_page_tells_of_failed_trials(page):
    assert "note: finetune, N=1, seed 0 failed: loss was NaN" in page


def test_every_row_of_a_table_has_as_many_cells_as_its_head(page):
    for block in tables_of(page):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_links_lead_somewhere(tmp_path):
    page = written(tmp_path)[results_page.Path("README.md")].decode()
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert {"claims.md", "recipes.md", "leaderboard.csv", "figures/toy--net.svg"} <= set(links)
    assert all((tmp_path / link).is_file() for link in links)


def test_a_development_task_is_marked(tmp_path, task):
    development = task.model_copy(update={"development": True})
    files = written(tmp_path, tasks={"toy": development})
    assert b"toy (development)" in files[results_page.Path("README.md")]


def test_without_records_the_page_says_so(tmp_path):
    files = written(tmp_path, [])
    assert b"There are no records yet." in files[results_page.Path("README.md")]


FINETUNED = [
    *curve("scratch", {1: 0.4, 10: 0.6}),
    *curve("finetune", {1: 0.7, 10: 0.9}),
    *curve("probe", {1: 0.5, 10: 0.7}),
]


def page_of(folder, records, tasks=None):
    return written(folder, records, tasks)[results_page.Path("README.md")].decode()


LARGER = dataclasses.replace(record().data, image_size=64, test_images=200)
TWO_SIZES = [
    *FINETUNED,
    *curve("scratch", {1: 0.4, 10: 0.6}, data=LARGER),
    *curve("finetune", {1: 0.3, 10: 0.5}, data=LARGER),
]


def test_several_image_sizes_of_a_task_have_rows_sections_and_figures_of_their_own(tmp_path, task):
    page = page_of(tmp_path, TWO_SIZES, {"toy": task})
    rows = [line.split("|")[1].strip() for line in tables_of(page)[0].splitlines()[2:]]
    assert rows == ["toy, 16 px", "toy, 64 px"]
    assert page.count("## Toy, 16 px: Net") == page.count("## Toy, 64 px: Net") == 1
    assert {"(figures/toy--net.svg)", "(figures/toy--net--64px.svg)"} <= set(
        re.findall(r"\(figures/.*?\)", page)
    )
    assert "left out; run again" not in page
    assert ">toy, 64 px: Net<" in (tmp_path / "figures/toy--net--64px.svg").read_text()


def test_what_counts_tasks_takes_a_task_of_several_image_sizes_once_at_its_own(tmp_path, task):
    alone = page_of(tmp_path / "alone", FINETUNED, {"toy": task}).partition("In short")[2]
    both = page_of(tmp_path / "both", TWO_SIZES, {"toy": task}).partition("In short")[2]
    assert both.partition("Read on")[0] == alone.partition("Read on")[0] != ""
    claims = (tmp_path / "both/claims.md").read_text()
    assert "toy, 16 px" in claims
    assert "64 px" not in claims
    unknown = page_of(tmp_path / "unknown", TWO_SIZES).partition("In short")[2]
    assert unknown.partition("Read on")[0] == alone.partition("Read on")[0]


def test_the_first_table_is_of_fine_tuning_and_the_second_of_the_probe(tmp_path):
    first, second, *_ = tables_of(page_of(tmp_path, FINETUNED))
    assert "| still helps at 10 |" in first
    assert len(first.splitlines()) == len(second.splitlines()) == 3
    assert "+" in first.splitlines()[2]
    assert first != second


def test_below_the_first_table_stands_what_it_says_in_short(tmp_path):
    first_screen = page_of(tmp_path, FINETUNED).partition("## ")[0]
    assert "- `net`, 1 task: fine-tuning still helps at the largest N in 1." in first_screen


def test_rows_of_another_protocol_are_shown_and_not_counted(tmp_path):
    older = [dataclasses.replace(record, protocol=1) for record in named("older")]
    text = page_of(tmp_path, [*named("newer"), *older])
    assert "(protocol 1)" in text
    assert "counts the rows of one only" in text
    assert "`net`, 1 task: fine-tuning still helps" in text


def test_development_tasks_come_last(tmp_path, task):
    development = task.model_copy(update={"development": True})
    records = [*FINETUNED, *(r for t in ("a", "zebra") for r in named(t))]
    first = tables_of(page_of(tmp_path, records, {"toy": development}))[0]
    rows = [line.split("|")[1].strip() for line in first.splitlines()[2:]]
    assert rows == ["a", "zebra", "toy (development)"]


def named(task):
    return [
        *curve("scratch", {1: 0.4, 10: 0.6}, task=task),
        *curve("finetune", {1: 0.7, 10: 0.9}, task=task),
    ]


def test_a_long_label_of_a_backbone_stands_once_below_the_table(tmp_path):
    long = "a network that somebody distilled from another network"
    page = page_of(tmp_path, [*curve("scratch", {1: 0.4}, backbone_label=long)])
    assert page.count(f"- `net`: {long}") == 1
    assert long not in tables_of(page)[0]


def test_without_fine_tuning_the_first_screen_says_so(tmp_path):
    page = page_of(tmp_path, [*curve("scratch", {1: 0.4}), *curve("probe", {1: 0.8})])
    assert "No record compares `finetune` with scratch yet." in page


def test_each_row_can_be_reproduced_by_one_command(page):
    assert 'make bench TASK=toy BACKBONE=local-dir:FOLDER/net ARMS="scratch finetune probe"' in page


def test_hours_and_machines_are_shown(page):
    assert re.search(r"\| net +\| cpu +\| 16 +\| 0.01", page)


def test_surprises_are_listed_or_said_to_be_absent(page):
    assert "**Trials that failed:**\n\n- toy, net: finetune, 1 of 1 trials (1 at N=1)" in page
    assert "**More images, significantly lower accuracy:** nowhere." in page


def test_an_installed_user_reads_the_installed_command_on_every_page(tmp_path, monkeypatch):
    monkeypatch.setattr(defaults, "COMMAND", "small-data-benchmark")
    untuned = [
        *FINETUNED,
        *curve("other", {1: 0.5}, recipe={"learning_rate": 1, "tuning_labels": 0}),
    ]
    text = b"".join(written(tmp_path, untuned).values()).decode()
    for command in ("leaderboard", "audit", "bench", "tune"):
        assert f"small-data-benchmark {command}" in text
    assert not re.search(r"\bmake\b|RECORDS", text)


STRANGE = "<b>$x$|[y](z)`w\n\x1b[2J"


def strange_pages():
    """Pages of records all of whose names are markup."""
    names = {"task": STRANGE, "backbone": STRANGE, "backbone_label": STRANGE, "device": STRANGE}
    data = dataclasses.replace(record().data, source=STRANGE)
    made = [
        record(arm, seed=seed, data=data, recipe={STRANGE: STRANGE}, **names)
        for arm in ("scratch", "finetune", STRANGE)
        for seed in range(2)
    ]
    bad = {"status": "failed", "reason": STRANGE, "accuracy": None}
    boards = boards_of([*made, dataclasses.replace(record(STRANGE, 9, data=data, **names), **bad)])
    yield results_page._page(boards, {})
    yield recipes_page.page(boards, NOTHING_CHOSEN, [STRANGE])
    yield claims_page.page(boards, [])


def test_what_strangers_wrote_into_records_is_shown_and_not_obeyed():
    for page in strange_pages():
        unbarred = page.replace(r"\|", "|")
        assert escape.text(STRANGE) in unbarred
        plain = unbarred.replace(escape.text(STRANGE), "").replace(escape.code(STRANGE), "")
        assert not re.search(r"<b>|\$x|\[y|\x1b", plain)
        for table in tables_of(page):
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


@pytest.mark.parametrize("name", ["../../x", "/x", "..\\x", "a\nb"])
def test_a_figure_stays_in_its_folder_whatever_a_record_calls_its_task(name, tmp_path):
    out = tmp_path / "a/b/out"
    boards = boards_of([record(task=name, backbone=name)])
    results_page.write(boards, {}, NOTHING_CHOSEN, out)
    assert {path.parent for path in tmp_path.rglob("*.svg")} == {out / "figures"}
    page = (out / "README.md").read_text()
    (link,) = re.findall(r"!\[.*\]\((.*)\)", page)
    assert (out / unquote(link)).is_file()

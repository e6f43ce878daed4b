import csv
import re

import pytest
from toy import curve, failed

from benchmark import leaderboard, results_page, store, tables
from benchmark.scores import score_of

RECORDS = [
    *curve("scratch", {1: 0.4, 10: 0.6}),
    *curve("probe", {1: 0.8, 10: 0.9}),
    *curve("scratch", {1: 0.4}, task="other"),
    failed("finetune"),
]


def boards_of(records):
    return leaderboard.boards(map(score_of, records))


def written(folder, records=RECORDS, tasks=None):
    results_page.write(boards_of(records), tasks or {}, folder)
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


@pytest.fixture
def page(tmp_path, task):
    return written(tmp_path, tasks={"toy": task})[results_page.Path("README.md")].decode()


def test_all_files_are_written_and_returned(tmp_path):
    paths = results_page.write(boards_of(RECORDS), {}, tmp_path / "new")
    assert {path.name for path in paths} == {
        "README.md",
        "leaderboard.csv",
        "curves.csv",
        "toy--net.svg",
        "other--net.svg",
    }
    assert all(path.is_file() for path in paths)


def test_the_files_are_the_same_byte_for_byte_whatever_the_order(tmp_path):
    assert written(tmp_path / "a") == written(tmp_path / "b", RECORDS[::-1])


def test_the_files_come_from_stored_records_alone(tmp_path):
    for record in RECORDS[::-1]:
        store.save(tmp_path / "records", record)
    stored = list(store.load(tmp_path / "records"))
    assert written(tmp_path / "a", stored) == written(tmp_path / "b")


def documented_columns():
    """The names in the page's table of columns, with N replaced by each N."""
    table = results_page._COLUMNS.split("| --- | --- |")[1].split("`curves.csv`")[0]
    for line in filter(None, map(str.strip, table.splitlines())):
        names = re.findall(r"`([a-z_N]+)`", line.split("|")[1])
        every = tables.GAIN_COLUMNS_AT if any("N" in name for name in names) else (0,)
        yield from (name.replace("N", str(n)) for n in every for name in names)


def test_the_columns_are_those_that_the_page_explains(tmp_path):
    results_page.write(boards_of(RECORDS), {}, tmp_path)
    with (tmp_path / "leaderboard.csv").open(newline="") as file:
        assert sorted(csv.DictReader(file).fieldnames) == sorted(documented_columns())


def test_the_columns_of_the_curves_are_explained_too(tmp_path):
    results_page.write(boards_of(RECORDS), {}, tmp_path)
    head = (tmp_path / "curves.csv").read_text().splitlines()[0].split(",")
    explained = results_page._COLUMNS.split("`curves.csv` has")[1]
    keys = ["task", "backbone", "arm", "images_per_class"]
    assert head[:4] == keys
    assert all(f"`{name}`" in explained for name in head[4:])


def test_the_page_shows_verdict_figure_and_table_of_each_board(page):
    assert "## Toy: Net" in page
    assert "## other: Net" in page
    assert "(figures/toy--net.svg)" in page
    assert "pretraining still helps at the largest N" in page
    assert "generated patches" in page


def test_the_page_tells_of_failed_trials(page):
    assert "note: finetune, N=1, seed 0 failed: loss was NaN" in page


def test_every_row_of_a_table_has_as_many_cells_as_its_head(page):
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_links_to_figures_lead_somewhere(tmp_path):
    files = written(tmp_path)
    page = files[results_page.Path("README.md")].decode()
    assert all((tmp_path / link).is_file() for link in re.findall(r"\]\((figures/[^)]+)\)", page))


def test_a_development_task_is_marked(tmp_path, task):
    development = task.model_copy(update={"development": True})
    files = written(tmp_path, tasks={"toy": development})
    assert b"toy (development)" in files[results_page.Path("README.md")]


def test_without_records_the_page_says_so(tmp_path):
    files = written(tmp_path, [])
    assert b"There are no records yet." in files[results_page.Path("README.md")]

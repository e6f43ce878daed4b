from __future__ import annotations

from datetime import date

from benchmark.pages.snapshots import Snapshot, changes, newest, place

HEADER = (
    "task,backbone,image_size,arm,protocol,verdict,crossover,crossover_low,crossover_high,"
    "certificate\n"
)
STOPS = "toy,net,16,finetune,1,stops,20.1234,9.8772,,void: finetune under-trained\n"
SCRATCH = "toy,net,16,scratch,1,,,,,\n"
BEFORE = Snapshot("2026-01-31", HEADER + SCRATCH + STOPS)


def rows(table):
    return [line.strip("| ").split("|") for line in table.splitlines()[2:]]


def test_the_newest_is_the_last_by_its_date(tmp_path):
    assert newest(tmp_path) is None
    for day, text in ((date(2026, 1, 31), "new"), (date(2025, 12, 1), "old")):
        path = place(tmp_path, day)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "snapshots" / "notebook-1.csv").write_text("no snapshot")
    assert newest(tmp_path) == Snapshot("2026-01-31", "new")


def test_where_every_verdict_reads_the_same_there_is_no_table():
    assert changes(BEFORE, HEADER + STOPS) == ""
    assert changes(BEFORE, HEADER + STOPS.replace("20.1234", "20.2")) == ""


def test_a_verdict_that_reads_otherwise_is_shown_as_it_was_and_as_it_is():
    now = STOPS.replace("1,stops", "2,never_helps").replace("void: finetune under-trained", "holds")
    ((*_, then, today),) = rows(changes(BEFORE, HEADER + now.replace("20.1234,9.8772", ",")))
    assert then.strip() == r"protocol 1: stops at 20 \[9.9, ...\], certificate void"
    assert today.strip() == "protocol 2: never helps, certificate holds"


def test_images_per_class_are_numbers_as_on_every_page():
    large = STOPS.replace("20.1234,9.8772", "246.8,123.4")
    assert r"stops at 247 \[123, ...\]" in changes(BEFORE, HEADER + large)


def test_rows_that_came_or_went_have_a_dash():
    new, gone = rows(changes(BEFORE, HEADER + STOPS.replace("toy,", "other,")))
    assert (new[0].strip(), new[4].strip()) == ("other", "-")
    assert (gone[0].strip(), gone[5].strip()) == ("toy", "-")


def test_a_snapshot_of_another_version_lacks_columns_and_is_compared_all_the_same():
    older = Snapshot("2026-01-31", "task,verdict\ntoy,stops\n")
    assert "protocol" in changes(older, HEADER + STOPS)
    assert changes(Snapshot("2026-01-31", ""), "") == ""


def test_what_strangers_wrote_is_shown_as_text():
    hostile = STOPS.replace("toy", "<b>|x")
    assert "<b>" not in changes(BEFORE, HEADER + hostile)

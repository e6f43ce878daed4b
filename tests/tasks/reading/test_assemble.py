import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from task_fixtures import FOLDER, encoded, make_task, patch, refusal

from benchmark.tasks import data


def bursts(folder, *names, sizes=(4, 3, 3, 2, 2)):
    """Files ``<class>/b<burst>_<i>.png``; no two images are equal."""
    seed = 0
    for name in names:
        (folder / "toy" / name).mkdir(parents=True)
        for burst, size in enumerate(sizes):
            for i in range(size):
                seed += 1
                patch(seed).save(folder / "toy" / name / f"{name}{burst}_{i}.png")
    return folder


def split_of(folder, **keys):
    """Burst -> the splits that its images are in."""
    task = make_task(folder, FOLDER | {"test_fraction": 0.4} | keys)
    found = data.fingerprints(task)
    where = {}
    for split, prints in (("train", found.train), ("test", found.test)):
        for name in prints.names:
            where.setdefault(name.split("/")[-1].split("_")[0], set()).add(split)
    return where


def test_bursts_stay_on_one_side(tmp_path):
    bursts(tmp_path, "a", "b")
    where = split_of(tmp_path, group_pattern=r"^(\w+)_\d+")
    assert all(len(splits) == 1 for splits in where.values())
    assert {split for splits in where.values() for split in splits} == {"train", "test"}


def test_without_groups_they_would_not(tmp_path):
    bursts(tmp_path, "a", "b")
    assert any(len(splits) == 2 for splits in split_of(tmp_path).values())


def test_another_seed_puts_other_groups_into_the_test(tmp_path):
    bursts(tmp_path, "a", "b")
    pattern = r"^(\w+)_\d+"
    first, second = (split_of(tmp_path, group_pattern=pattern, split_seed=s) for s in (0, 1))
    assert first != second


def test_an_expression_without_a_bracket_is_the_group_itself(tmp_path):
    bursts(tmp_path, "a", "b")
    assert all(len(found) == 1 for found in split_of(tmp_path, group_pattern=r"^\w\d").values())


def test_an_expression_with_a_slash_sees_folders(tmp_path):
    for name in ("a/p1", "a/p2", "b/p1", "b/p3", "b/p2"):
        (tmp_path / "toy" / name).mkdir(parents=True)
        for i in range(3):
            patch(zlib.crc32(f"{name}{i}".encode())).save(tmp_path / f"toy/{name}/{i}.png")
    keys = {"test_fraction": 0.4, "group_pattern": r"/(p\d)/", "label": "top"}
    found = data.fingerprints(make_task(tmp_path, FOLDER | keys))
    patients = [{name.split("/")[2] for name in of.names} for of in (found.train, found.test)]
    assert patients[0] & patients[1] == set()
    assert patients[0] | patients[1] == {"p1", "p2", "p3"}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_column_can_hold_the_group(tmp_path, kind):
    patients = [i // 3 for i in range(18)]
    cells = [encoded(patch(i)) for i in range(18)]
    if kind == "parquet":
        content = {"image": cells, "label": ["x", "y", "x"] * 6, "patient": patients}
        pq.write_table(pa.table(content), tmp_path / "all.parquet")
    else:
        lines = [f"{i}.png,{'xyx'[i % 3]},{patients[i]}" for i in range(18)]
        (tmp_path / "all.csv").write_text("\n".join(["image,label,patient", *lines]))
        for i, cell in enumerate(cells):
            (tmp_path / f"{i}.png").write_bytes(cell)
    spec = {"path": kind, "data_files": {"train": f"all.{kind}"}}
    keys = {"load_dataset": spec, "test_fraction": 0.35, "group": "patient"}
    found = data.load(make_task(tmp_path, keys), 8)
    assert np.bincount(found.test.labels).tolist() == [4, 2]


def test_a_row_without_a_group_is_named(tmp_path):
    content = {"image": [encoded(patch(i)) for i in range(4)], "label": [0, 0, 1, 1]}
    table = pa.table(content | {"patient": ["p", "q", None, "r"]})
    pq.write_table(table, tmp_path / "all.parquet")
    spec = {"path": "parquet", "data_files": {"train": "all.parquet"}}
    keys = {"load_dataset": spec, "test_fraction": 0.5, "group": "patient"}
    assert "row 2 has no 'patient'" in refusal(make_task(tmp_path, keys))


def test_a_name_without_a_group_is_named(tmp_path):
    bursts(tmp_path, "a", "b")
    patch(999).save(tmp_path / "toy/a/extra.png")
    keys = {"test_fraction": 0.4, "group_pattern": r"^(\w\d)_"}
    message = refusal(make_task(tmp_path, FOLDER | keys))
    assert "'group_pattern' finds nothing in 1 of 29 names: toy/a/extra.png" in message


def test_a_class_of_one_group_is_said(tmp_path):
    bursts(tmp_path, "a", "b")
    for file in (tmp_path / "toy/b").glob("b[1-9]*"):
        file.unlink()
    keys = {"test_fraction": 0.4, "group_pattern": r"^(\w\d)_"}
    message = refusal(make_task(tmp_path, FOLDER | keys))
    assert "class 'b' has no test images" in message
    assert "a class needs two groups at least" in message


def test_folders_have_no_column_to_group_by(tmp_path):
    bursts(tmp_path, "a", "b")
    message = refusal(make_task(tmp_path, FOLDER | {"test_fraction": 0.4, "group": "patient"}))
    assert "with 'group_pattern'" in message

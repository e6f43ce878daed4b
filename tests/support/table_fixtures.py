"""Small tasks whose images lie in tables: parquet and csv."""

import datasets
from task_fixtures import encoded, make_task, patch, write_folder

CSV = {
    "load_dataset": {
        "path": "csv",
        "data_files": {"train": "toy/train.csv", "test": "toy/test.csv"},
    },
    "image_column": "file",
    "label_column": "kind",
}
PARQUET = {
    "load_dataset": {
        "path": "parquet",
        "data_files": {"train": "train.parquet", "test": "test.parquet"},
    }
}


def rows(count, first=0):
    return [{"bytes": encoded(patch(first + i)), "path": f"p/{i}.png"} for i in range(count)]


def write_parquet(file, images, labels, names=None):
    plain = {str: "string", float: "float64", bool: "bool"}.get(type(labels[0]), "int64")
    label = datasets.ClassLabel(names=names) if names else datasets.Value(plain)
    features = datasets.Features({"image": datasets.Image(), "label": label})
    table = datasets.Dataset.from_dict({"image": images, "label": labels}, features=features)
    table.to_parquet(str(file))


def parquet_task(folder, train=(0, 0, 1, 1), test=(0, 1), names=(("a", "b"), ("a", "b"))):
    write_parquet(folder / "train.parquet", rows(4), list(train), names[0])
    write_parquet(folder / "test.parquet", rows(2, 50), list(test), names[1])
    return make_task(folder, PARQUET)


def csv_task(folder, train="train/a/0.png,a\ntrain/b/0.png,b\n", **data_keys):
    write_folder(folder / "toy")
    (folder / "toy" / "train.csv").write_text("file,kind\n" + train)
    (folder / "toy" / "test.csv").write_text("file,kind\ntest/a/0.png,a\ntest/b/0.png,b\n")
    return make_task(folder, CSV | data_keys)

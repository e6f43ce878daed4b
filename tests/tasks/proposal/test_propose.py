"""Folders and tables as people have them, up to what is proposed."""

import json
import os
import zlib

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from people import image, images, proposal
from table_fixtures import rows
from task_fixtures import encoded, patch

from benchmark.errors import UserError
from benchmark.tasks.reading.split_file import TEST, TRAIN


def refusal(given, folder, **options):
    with pytest.raises(UserError) as caught:
        proposal(given, folder, **options)
    return str(caught.value)


def counts(made):
    return dict(zip(made.found.class_names, made.found.counts, strict=True))


def faults(made):
    return {one.name: one.what for one in made.found.faults}


@pytest.fixture
def birds(tmp_path):
    return images(tmp_path / "birds", robin=5, wren=6)


# Folders


def test_a_folder_of_class_folders_is_looked_at(birds, tmp_path):
    made = proposal(birds, tmp_path / "tasks")
    assert counts(made) == {"robin": 5, "wren": 6}
    assert (made.dealt.train, made.dealt.test) == ({"robin": 3, "wren": 4}, {"robin": 2, "wren": 2})
    assert {(look.size, look.mode) for look in made.found.looks} == {((10, 10), "RGB")}
    assert made.found.keys["root"] == str(birds)


def test_the_images_are_left_as_they_are(birds, tmp_path):
    before = {file: file.stat().st_mtime_ns for file in birds.rglob("*")}
    proposal(birds, tmp_path / "tasks")
    assert {file: file.stat().st_mtime_ns for file in birds.rglob("*")} == before


def test_a_folder_beside_the_task_is_named_relative_to_it(tmp_path):
    images(tmp_path / "birds", robin=3, wren=3)
    keys = proposal(tmp_path / "birds", tmp_path).found.keys
    assert keys == {"load_dataset": {"path": "imagefolder", "data_dir": "birds"}}


@pytest.mark.parametrize(
    ("train", "test"), [("train", "test"), ("Train", "VALID"), ("TRAIN", "val")]
)
def test_splits_are_read_in_any_letter_case(tmp_path, train, test):
    root = images(
        tmp_path / "birds", **{f"{train}__a": 4, f"{train}__b": 4, f"{test}__a": 2, f"{test}__b": 2}
    )
    made = proposal(root, tmp_path / "tasks")
    assert (made.dealt.n_train, made.dealt.n_test, made.dealt.fraction) == (8, 4, None)


def test_train_validation_and_test_are_all_used(tmp_path):
    root = images(tmp_path / "b", train__a=3, train__b=3, val__a=2, val__b=2, test__a=2, test__b=2)
    made = proposal(root, tmp_path / "tasks")
    assert (made.dealt.n_train, made.dealt.n_test) == (10, 4)


def test_splits_inside_of_classes_are_read(tmp_path):
    root = images(tmp_path / "b", a__train=3, a__test=2, b__train=3, b__test=2)
    made = proposal(root, tmp_path / "tasks")
    assert (made.found.class_names, made.dealt.n_test) == (("a", "b"), 4)


def test_what_a_zip_file_leaves_around_is_passed(tmp_path):
    images(tmp_path / "birds" / "birds", robin=3, wren=3)
    (tmp_path / "birds/__MACOSX/birds/robin").mkdir(parents=True)
    (tmp_path / "birds/__MACOSX/birds/robin/._0.png").write_bytes(b"x")
    made = proposal(tmp_path / "birds", tmp_path / "tasks")
    assert counts(made) == {"robin": 3, "wren": 3}
    assert made.found.keys["load_dataset"]["data_dir"] == "birds"


@pytest.mark.parametrize(
    "name", ["house sparrow", "Blaukehlchen ♂", "шур", "a'b\"c#: -", "[x]*", "=1"]
)
def test_a_class_may_have_any_name(tmp_path, name):
    root = images(tmp_path / "b", wren=3)
    for i in range(3):
        image(root / name / f"{i}.png")
    assert counts(proposal(root, tmp_path / "tasks")) == {name: 3, "wren": 3}


@pytest.mark.slow
def test_a_thousand_classes_are_looked_at(tmp_path):
    for label in range(1000):
        folder = tmp_path / "many" / f"class {label:04d}"
        folder.mkdir(parents=True)
        for i in range(2):
            (folder / f"{i}.png").write_bytes(encoded(patch(10_000 + 2 * label + i, 4)))
    made = proposal(tmp_path / "many", tmp_path / "tasks")
    assert (len(made.dealt.train), made.dealt.n_test) == (1000, 1000)


# What lies between


def test_one_bad_file_never_takes_the_rest_down(birds, tmp_path):
    (birds / "robin/empty.png").write_bytes(b"")
    (birds / "robin/page.jpg").write_text("<html>")
    (birds / "wren/broken.png").write_bytes((birds / "wren/0.png").read_bytes()[:60])
    made = proposal(birds, tmp_path / "tasks")
    assert {*faults(made)} == {"robin/empty.png", "robin/page.jpg", "wren/broken.png"}
    assert "it is empty" in faults(made)["robin/empty.png"]
    assert counts(made) == {"robin": 5, "wren": 6}


def test_foreign_hidden_and_empty_things_are_named(birds, tmp_path):
    (birds / "heron").mkdir()
    (birds / "owl").mkdir()
    for name in ("owl/notes.txt", "Thumbs.db", ".DS_Store", "robin/.hidden.png"):
        (birds / name).write_bytes(b"x")
    found = proposal(birds, tmp_path / "tasks").found
    assert {*found.empty_classes} == {"heron", "owl"}
    assert {"owl/notes.txt", "Thumbs.db", ".DS_Store", "robin/.hidden.png"} <= {
        one.path for one in found.unused
    }


def test_nothing_outside_of_the_folder_is_read(birds, tmp_path):
    outside = images(tmp_path / "elsewhere", owl=2)
    (birds / "owl").symlink_to(outside / "owl")
    (birds / "robin/out.png").symlink_to(outside / "owl/0.png")
    (birds / "robin/nothing.png").symlink_to(tmp_path / "nowhere.png")
    found = proposal(birds, tmp_path / "tasks").found
    reasons = {one.path: one.reason for one in found.unused}
    assert "owl" not in found.class_names
    assert reasons["owl"] == reasons["robin/out.png"] == "leads out of the task's folder"
    assert reasons["robin/nothing.png"] == "is a link to nothing"


def test_a_folder_of_links_says_what_they_are(birds, tmp_path):
    (tmp_path / "links" / "robin").mkdir(parents=True)
    (tmp_path / "links/robin/0.png").symlink_to(birds / "robin/0.png")
    assert "links that are not followed" in refusal(tmp_path / "links", tmp_path / "tasks")


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes there only")
@pytest.mark.parametrize("name", [b"a\x1b[2J\n.png", b"\xff\xfe.png"])
def test_a_file_whose_name_cannot_be_listed_is_left_out_and_escaped(birds, tmp_path, name):
    with open(os.path.join(os.fsencode(birds), b"wren", name), "wb") as file:  # noqa: PTH118, PTH123
        file.write(encoded(patch(777)))
    made = proposal(birds, tmp_path / "tasks")
    ((_, what),) = faults(made).items()
    assert "control characters or is not UTF-8" in what
    assert counts(made)["wren"] == 6


def test_a_class_with_one_image_is_left_out_and_named(birds, tmp_path):
    image(birds / "owl/0.png")
    dealt = proposal(birds, tmp_path / "tasks").dealt
    assert [*dealt.train] == ["robin", "wren"]
    assert "class 'owl' has not two images" in next(iter(dealt.left_out))


def test_copies_are_found_within_and_between_classes(birds, tmp_path):
    image(birds / "robin/copy.png", like=birds / "robin/0.png")
    image(birds / "wren/copy.png", like=birds / "robin/1.png")
    image(birds / "wren/near.png", like=birds / "wren/0.png", near=True)
    found = {
        one.problem: one.image.name for one in proposal(birds, tmp_path / "tasks").dealt.repeats
    }
    assert found == {
        "twice": "robin/copy.png",
        "two labels": "wren/copy.png",
        "nearly equal": "wren/near.png",
    }


def test_grey_is_seen_in_colour_files_too(tmp_path):
    root = images(tmp_path / "b", robin=3, wren=3)
    for file in root.rglob("*.png"):
        patch(zlib.crc32(str(file).encode()), 24, "L").convert("RGB").save(file)
    made = proposal(root, tmp_path / "tasks")
    assert all(look.grey for look in made.found.looks)
    assert not made.suggested.flip.value


# What is refused


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "no images are named"),
        ("nowhere", "there is no such file or folder"),
        ("a\0b", "there is no such file or folder"),
        ("x" * 5000, "there is no such file or folder"),
        ("../../nowhere/x", "there is no such file or folder"),
    ],
)
def test_what_is_not_there_is_one_message(tmp_path, given, expected):
    message = refusal(given, tmp_path)
    assert expected in message
    assert "to mend: " in message


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((), "this folder holds no images\n  to mend: name another folder: this one is empty"),
        (("a.txt", "b.md"), "this folder holds no images\n  to mend: the files there end in .md"),
        (("a.csv", "b.parquet"), "tables of several kinds"),
    ],
)
def test_a_folder_without_images_is_one_message(tmp_path, files, expected):
    (tmp_path / "b").mkdir()
    for name in files:
        (tmp_path / "b" / name).write_text("x")
    assert expected in refusal(tmp_path / "b", tmp_path / "tasks")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("b.zip", "unpack it and name the folder"),
        ("b.png", "name a folder of images"),
        ("b.parquet", "b.parquet is no parquet file"),
        ("b.csv", "this table has no rows"),
    ],
)
def test_a_file_that_is_no_table_is_one_message(tmp_path, file, expected):
    (tmp_path / file).write_text("image,label\n")
    assert expected in refusal(tmp_path / file, tmp_path / "tasks")


def test_one_class_alone_is_no_task(tmp_path):
    message = refusal(images(tmp_path / "b", robin=5), tmp_path / "tasks")
    assert "there are not two classes to tell apart, only 'robin' (5)" in message


def test_classes_of_one_image_each_are_no_task(tmp_path):
    message = refusal(images(tmp_path / "b", robin=1, wren=1), tmp_path / "tasks")
    assert "'robin' (1), 'wren' (1); left out: class 'robin' has not two images" in message


def test_a_folder_of_which_nothing_can_be_read_says_why(tmp_path):
    for name in ("robin", "wren"):
        (tmp_path / "b" / name).mkdir(parents=True)
        (tmp_path / "b" / name / "0.jpg").write_text("<html>")
    message = refusal(tmp_path / "b", tmp_path / "tasks")
    assert "not one of 2 images can be read, the first: robin/0.jpg" in message


def test_split_folders_without_classes_are_said(tmp_path):
    message = refusal(images(tmp_path / "b", train=3, test=3), tmp_path / "tasks")
    assert "lie in no class folders" in message


def test_an_error_names_what_the_person_named(tmp_path):
    given = images(tmp_path / "b", robin=5)
    assert refusal(given, tmp_path / "tasks").startswith(f"{given}: ")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("$b", "'$' in a path"), ("b\x1b[2J", "text holds no control characters")],
)
def test_a_folder_that_no_yaml_can_name_is_said(tmp_path, name, expected):
    root = images(tmp_path / name, robin=3, wren=3)
    message = refusal(root, tmp_path / "tasks")
    assert expected in message
    assert "\x1b" not in message


# Tables


def csv(folder, text, name="list.csv"):
    images(folder / "img", a=4, b=4)
    (folder / name).write_text(text)
    return folder / name


def lines(*more):
    plain = [f"img/{c}/{i}.png,{c}" for c in "ab" for i in range(4)]
    return "\n".join(["file,species", *plain, *more]) + "\n"


def test_a_csv_of_paths_is_read_and_its_columns_are_found(tmp_path):
    made = proposal(csv(tmp_path, lines()), tmp_path / "tasks")
    assert counts(made) == {"a": 4, "b": 4}
    assert (made.found.keys["image_column"], made.found.keys["label_column"]) == ("file", "species")


def test_bad_rows_are_named_and_the_rest_is_used(tmp_path):
    bad = ("img/a/9.png,a", "../../etc/passwd,a", "img/a/0.png,", "http://x/1.png,b")
    made = proposal(csv(tmp_path, lines(*bad)), tmp_path / "tasks")
    said = " ".join(faults(made).values())
    for expected in ("no such file", "leads out", "line 12 has no label", "names an address"):
        assert expected in said
    assert counts(made) == {"a": 4, "b": 4}


def with_splits(*words):
    """A CSV with so many images of each class, a column ``split`` with these words beside them."""
    rows = (f"img/{c}/{i}.png,{c},{word}\n" for c in "ab" for i, word in enumerate(words))
    return "image,label,split\n" + "".join(rows)


def test_a_column_of_splits_is_taken_at_its_word(tmp_path):
    made = proposal(
        csv(tmp_path, with_splits("Train", "train", "test", "spare")), tmp_path / "tasks"
    )
    assert (made.dealt.n_train, made.dealt.n_test, made.dealt.fraction) == (4, 2, None)
    assert made.dealt.left_out == {"of a split that is neither training nor test": 2}


def with_patients(name="patient", split=""):
    """A CSV of two classes and four patients, each with images of both."""
    rows = [f"img/{c}/{i}.png,{c},p{i}{split}\n" for c in "ab" for i in range(4)]
    return f"image,label,{name}{',split' if split else ''}\n" + "".join(rows)


def sides_of_patients(made):
    sides = {}
    for one, side in zip(made.found.looks, made.dealt.sides, strict=True):
        sides.setdefault(one.group, set()).add(side.split)
    return sides


@pytest.mark.parametrize("split", ["", ",x"])
def test_a_patient_never_trains_and_tests(tmp_path, split):
    made = proposal(csv(tmp_path, with_patients(split=split)), tmp_path / "tasks")
    sides = sides_of_patients(made)
    assert (made.found.group, len(sides)) == ("patient", 4)
    assert all(len(of) == 1 for of in sides.values())
    assert "group" not in made.found.keys


def test_the_column_of_groups_may_be_named(tmp_path):
    made = proposal(csv(tmp_path, with_patients("mouse")), tmp_path / "tasks", group_column="mouse")
    assert all(len(of) == 1 for of in sides_of_patients(made).values())


def test_a_gap_among_the_patients_ties_nothing(tmp_path):
    text = with_patients().replace(",p0", ",").replace(",p1", ",nan")
    made = proposal(csv(tmp_path, text), tmp_path / "tasks")
    assert {one.group for one in made.found.looks} == {None, "p2", "p3"}


def test_a_guessed_column_that_not_every_row_has_stops_nothing(tmp_path):
    for c in "ab":
        images(tmp_path, **{c: 6})
    lines = [{"image": f"{c}/{i}.png", "label": c, "patient": i} for c in "ab" for i in range(6)]
    del lines[3]["patient"]
    table = tmp_path / "rows.jsonl"
    table.write_text("".join(json.dumps(line) + "\n" for line in lines))
    made = proposal(table, tmp_path / "tasks")
    assert made.found.group is None
    assert any("the column 'patient' keeps no images together" in note for note in made.found.notes)
    assert "no column 'patient'" in refusal(table, tmp_path / "tasks", group_column="patient")


def test_a_column_called_split_that_names_none_is_passed(tmp_path):
    text = lines().replace("species\n", "species,split\n").replace(",a\n", ",a,x\n")
    made = proposal(csv(tmp_path, text.replace(",b\n", ",b,y\n")), tmp_path / "tasks")
    assert made.dealt.fraction == 0.3
    (note,) = (note for note in made.found.notes if "'split'" in note)
    assert "the column 'split' holds 'x' (" in note
    assert "not used as a split" in note


@pytest.mark.parametrize(
    ("train", "test"), [("train", "holdout"), ("training set", "test"), ("Train", "unseen")]
)
def test_a_column_of_splits_in_part_in_other_words_is_never_mixed(tmp_path, train, test):
    with pytest.raises(UserError, match="the column 'split' holds") as caught:
        proposal(csv(tmp_path, with_splits(train, train, test, test)), tmp_path / "tasks")
    assert "write train, validation and test into it" in str(caught.value)


def test_blanks_around_the_words_of_a_split_mean_nothing(tmp_path):
    made = proposal(
        csv(tmp_path, with_splits("train ", "train ", "test ", "test ")), tmp_path / "tasks"
    )
    assert (made.dealt.n_train, made.dealt.n_test) == (4, 4)


def test_a_table_without_a_header_is_refused(tmp_path):
    text = lines().partition("\n")[2]
    with pytest.raises(UserError, match="taken for the names of columns, and holds an image"):
        proposal(csv(tmp_path, text), tmp_path / "tasks")


def test_a_folder_with_brackets_in_its_name_is_read_by_patterns(tmp_path):
    root = images(tmp_path / "b", **{f"{c}__{s}": 4 for c in ("a", "b") for s in ("train", "test")})
    root = root.rename(tmp_path / "photos [2024]")
    made = proposal(root, tmp_path / "tasks")
    assert counts(made) == {"a": 8, "b": 8}


def test_a_table_beside_one_folder_of_images_names_their_classes(tmp_path):
    root = images(tmp_path / "b", photos__2023=4, photos__2024=4)
    rows = [
        f"photos/{y}/{i}.png,{'cat' if i % 2 else 'dog'}" for y in (2023, 2024) for i in range(4)
    ]
    (root / "metadata.csv").write_text("\n".join(["file_name,label", *rows]) + "\n")
    made = proposal(root, tmp_path / "tasks")
    assert made.found.class_names == ("cat", "dog")


def test_a_column_can_be_named(tmp_path):
    text = lines().replace("file,species", "where,what") + ""
    file = csv(
        tmp_path,
        text.replace(",a\n", ",a,1\n")
        .replace(",b\n", ",b,1\n")
        .replace("where,what", "where,what,who"),
    )
    assert "LABEL_COLUMN" in refusal(file, tmp_path / "tasks")
    assert counts(proposal(file, tmp_path / "tasks", label_column="what")) == {"a": 4, "b": 4}


def test_lines_of_json_are_read(tmp_path):
    text = "".join(
        json.dumps({"image": f"img/{c}/{i}.png", "label": c}) + "\n" for c in "ab" for i in range(4)
    )
    assert counts(proposal(csv(tmp_path, text, "list.jsonl"), tmp_path / "tasks"))["a"] == 4


def parquet(file, first=0, count=8, **more):
    content = {
        "image": rows(count, first),
        "label": [f"class {i % 2}" for i in range(count)],
    }
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("string")})
    datasets.Dataset.from_dict(content, features=features).to_parquet(str(file))
    return file


def test_a_parquet_file_with_images_is_read(tmp_path):
    made = proposal(parquet(tmp_path / "b.parquet"), tmp_path / "tasks")
    assert counts(made) == {"class 0": 4, "class 1": 4}
    assert made.found.looks[0].name == "train row 0 (p/0.png)"


def test_a_parquet_file_with_paths_is_read(tmp_path):
    images(tmp_path / "img", a=4, b=4)
    content = {
        "path": [f"img/{c}/{i}.png" for c in "ab" for i in range(4)],
        "class": list("aaaabbbb"),
        "year": [2000] * 8,
    }
    pq.write_table(pa.table(content), tmp_path / "b.parquet")
    assert counts(proposal(tmp_path / "b.parquet", tmp_path / "tasks")) == {"a": 4, "b": 4}


def test_a_folder_of_tables_is_read_with_its_splits(tmp_path):
    (tmp_path / "b").mkdir()
    parquet(tmp_path / "b/train.parquet")
    parquet(tmp_path / "b/test.parquet", first=50, count=4)
    made = proposal(tmp_path / "b", tmp_path / "tasks")
    assert (made.dealt.n_train, made.dealt.n_test, made.dealt.fraction) == (8, 4, None)
    names = [look.name for look in made.found.looks]
    assert len({*names}) == len(names)
    assert {look.given for look in made.found.looks} == {TRAIN, TEST}


def test_a_table_beside_images_names_their_classes(tmp_path):
    root = images(tmp_path / "b", pictures=6)
    rows_of = [f"pictures/{i}.png,{'ab'[i % 2]}" for i in range(6)]
    (root / "metadata.csv").write_text("\n".join(["file_name,label", *rows_of]))
    assert counts(proposal(root, tmp_path / "tasks")) == {"a": 3, "b": 3}


# The hub


@pytest.fixture
def hub(monkeypatch):
    """A hub with one data set, without a network."""
    from benchmark.tasks.sources import remote

    features = datasets.Features(
        {"img": datasets.Image(), "fine": datasets.ClassLabel(names=["a", "b"])}
    )

    def table(count, first):
        content = {"img": rows(count, first), "fine": [i % 2 for i in range(count)]}
        return datasets.Dataset.from_dict(content, features=features)

    tables = {"train": table(8, 0), "test": table(4, 50), "unlabelled": table(2, 70)}
    monkeypatch.setattr(remote, "newest_revision", lambda task, path: "0123abc")
    monkeypatch.setattr(remote, "hub_tables", lambda task, spec, scratch: tables)


@pytest.mark.usefixtures("hub")
def test_a_data_set_on_the_hub_is_pinned_to_its_newest_commit(tmp_path):
    made = proposal("organisation/birds", tmp_path)
    assert made.found.keys["load_dataset"] == {"path": "organisation/birds", "revision": "0123abc"}
    assert (made.found.keys["label_column"], made.dealt.n_test) == ("fine", 4)
    assert "not used: the split 'unlabelled'" in made.found.notes


def test_a_hub_out_of_reach_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    message = refusal("organisation/birds", tmp_path)
    assert message.startswith("organisation/birds: the hub's organisation/birds cannot be reached")


def pets(folder, **tables):
    """A folder with a table of images of cats and dogs of each name."""
    folder.mkdir()
    for first, (name, count) in enumerate(tables.items()):
        cells = rows(count, 100 * first)
        pq.write_table(
            pa.table({"image": cells, "label": ["cat", "dog"] * (count // 2)}),
            folder / f"{name}.parquet",
        )
    return folder


def test_tables_that_may_be_splits_are_not_mixed(tmp_path):
    message = refusal(pets(tmp_path / "pets", pets_train=8, pets_test=4), tmp_path / "tasks")
    assert "these tables may be splits, which are not to be mixed: pets_test, pets_train" in message


def test_tables_that_are_taken_together_are_named(tmp_path):
    made = proposal(pets(tmp_path / "pets", north=8, south=4), tmp_path / "tasks")
    assert "north, south are taken for one set" in made.found.notes
    assert sum(made.found.counts) == 12


def test_a_column_that_the_first_row_lacks_is_there(tmp_path):
    root = images(tmp_path / "b", a=3, b=3)
    lines = [{"image": f"{name}/{i}.png", "label": name} for name in "ab" for i in range(3)]
    del lines[0]["label"]
    (root / "all.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert counts(proposal(root / "all.jsonl", tmp_path / "tasks")) == {"a": 2, "b": 3}


def test_one_folder_of_images_beside_a_table_is_told_of_the_table(tmp_path):
    root = images(tmp_path / "b", pictures=6)
    (root / "labels.csv").write_text("image,label\n")
    message = refusal(root, tmp_path / "tasks")
    assert f"if labels.csv says the classes, name the table: IMAGES={root}/labels.csv" in message

import functools
import hashlib
import http.server
import shutil
import threading
import time

import datasets
import pytest
from table_fixtures import rows
from task_fixtures import files_in, make_task, patch, refusal, write_folder

from benchmark.tasks import data
from benchmark.tasks.sources import downloads, unpacking
from benchmark.tasks.sources.base import UnavailableError


class Quiet(http.server.SimpleHTTPRequestHandler):
    requests = 0

    def do_GET(self):
        type(self).requests += 1
        super().do_GET()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(tmp_path_factory):
    """A loopback server: its folder and its address."""
    folder = tmp_path_factory.mktemp("www")
    Quiet.requests = 0
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


ARCHIVED = {
    "load_dataset": {
        "path": "imagefolder",
        "data_files": {"train": ["*/train/*/*", "*/val/*/*"], "test": "*/test/*/*"},
    }
}


def archive_task(folder, www, address):
    write_folder(www / "pack" / "repository-0123abc")
    write_folder(www / "pack" / "repository-0123abc" / "val", test=0)
    shutil.move(www / "pack/repository-0123abc/val/train", www / "pack/repository-0123abc/v")
    (www / "pack/repository-0123abc/val").rmdir()
    shutil.move(www / "pack/repository-0123abc/v", www / "pack/repository-0123abc/val")
    shutil.make_archive(str(www / "toy"), "zip", www / "pack")
    return make_task(folder, ARCHIVED | {"archive": f"{address}/toy.zip"})


def test_an_archive_is_downloaded_once_and_unpacked(tmp_path, server, cache_folder):
    task = archive_task(tmp_path, *server)
    loaded = data.load(task, 8)
    assert (len(loaded.train.labels), len(loaded.test.labels)) == (12, 4)
    assert loaded.class_names == ("a", "b")
    assert loaded.source == f"archive: {task.data.archive}"
    assert data.load(task, 16).hash == loaded.hash
    assert Quiet.requests == 1
    assert list((cache_folder / "unfinished").iterdir()) == []


def test_a_file_that_is_no_archive_is_an_error_and_is_not_kept(tmp_path, server, cache_folder):
    www, address = server
    (www / "toy.zip").write_text("<html>sorry</html>")
    task = make_task(tmp_path, ARCHIVED | {"archive": f"{address}/toy.zip"})
    assert "is not a whole zip file" in refusal(task)
    assert list((cache_folder / "downloads").iterdir()) == []


def test_a_folder_that_the_archive_lacks_is_named(tmp_path, server):
    task = archive_task(tmp_path, *server)
    lacking = {"path": "imagefolder", "data_dir": "lacking"}
    task = make_task(tmp_path, {"load_dataset": lacking, "archive": task.data.archive})
    message = refusal(task)
    assert "lacking does not exist" in message
    assert "relative to the top of the archive" in message


def test_a_missing_archive_is_an_error_that_names_the_address(tmp_path, server):
    address = f"{server[1]}/nothing.zip"
    message = refusal(make_task(tmp_path, ARCHIVED | {"archive": address}))
    assert address in message
    assert "404" in message


def test_a_damaged_archive_is_an_error_and_is_not_kept(tmp_path, server, cache_folder):
    task = archive_task(tmp_path, *server)
    content = bytearray((server[0] / "toy.zip").read_bytes())
    content[200:400] = bytes(200)
    (server[0] / "toy.zip").write_bytes(content)
    assert "is not a whole zip file" in refusal(task)
    assert list((cache_folder / "downloads").iterdir()) == []


def test_an_archive_that_breaks_off_is_not_kept(tmp_path, server, cache_folder, monkeypatch):
    def short(self, source, target):
        target.write(source.read(1000))

    task = archive_task(tmp_path, *server)
    monkeypatch.setattr(Quiet, "copyfile", short)
    assert "cannot be reached: it breaks off after 1,000 of " in refusal(task)
    assert files_in(cache_folder) == []


def test_a_download_that_broke_off_starts_again(tmp_path, server):
    task = archive_task(tmp_path, *server)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(Quiet, "copyfile", lambda self, source, target: None)
        refusal(task)
    assert len(data.load(task, 8).train.labels) == 12


def test_a_server_that_says_nothing_is_not_waited_for_long(tmp_path, server, monkeypatch):
    task = archive_task(tmp_path, *server)
    monkeypatch.setattr(Quiet, "do_GET", lambda self: time.sleep(1))
    monkeypatch.setattr(downloads, "SILENCE", 0.2)
    with pytest.raises(UnavailableError, match="cannot be reached: timed out"):
        data.load(task, 8)


def test_an_archive_that_is_too_large_is_not_kept(tmp_path, server, cache_folder, monkeypatch):
    task = archive_task(tmp_path, *server)
    monkeypatch.setattr(downloads, "LARGEST", 1000)
    assert "fails: it has more than 1,000 bytes" in refusal(task)
    assert files_in(cache_folder) == []


def test_a_server_that_drips_is_given_up(tmp_path, server, monkeypatch):
    task = archive_task(tmp_path, *server)
    monkeypatch.setattr(downloads, "LONGEST", 0.0)
    with pytest.raises(UnavailableError, match="it takes longer than 0 seconds"):
        data.load(task, 8)


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, server, monkeypatch):
    task = archive_task(tmp_path, *server)
    monkeypatch.setattr(unpacking, "LARGEST", 1000)
    assert "bytes, more than 1,000" in refusal(task)


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def pinned(task, digits):
    keys = ARCHIVED | {"archive": task.data.archive, "sha256": digits}
    return make_task(task.folder, keys)


def test_an_archive_that_is_the_pinned_one_is_used(tmp_path, server, caplog):
    task = pinned(archive_task(tmp_path, *server), sha256(server[0] / "toy.zip").upper())
    assert len(data.load(task, 8).train.labels) == 12
    assert caplog.messages == []


def test_another_archive_than_the_pinned_one_is_refused(tmp_path, server, cache_folder):
    task = pinned(archive_task(tmp_path, *server), "0" * 64)
    found = sha256(server[0] / "toy.zip")
    message = refusal(task)
    assert f"expected SHA-256 {'0' * 64}, found {found}" in message
    assert f"pin it with 'sha256: {found}'" in message
    assert files_in(cache_folder) == []


def test_a_kept_archive_is_held_against_a_pin_that_is_set_later(tmp_path, server):
    task = archive_task(tmp_path, *server)
    data.load(task, 8)
    data.load(pinned(task, sha256(server[0] / "toy.zip")), 8)
    assert Quiet.requests == 1


def test_a_refused_archive_leaves_the_kept_one(tmp_path, server, cache_folder):
    task = archive_task(tmp_path, *server)
    data.load(task, 8)
    before = files_in(cache_folder)
    assert "is not the file that is pinned" in refusal(pinned(task, "0" * 64))
    assert Quiet.requests == 2
    assert files_in(cache_folder) == before


def test_the_pinned_archive_takes_the_place_of_another_one(tmp_path, server):
    task = archive_task(tmp_path, *server)
    first = data.load(task, 8).hash
    patch(999).save(server[0] / "pack/repository-0123abc/train/a/0.png")
    shutil.make_archive(str(server[0] / "toy"), "zip", server[0] / "pack")
    assert data.load(pinned(task, sha256(server[0] / "toy.zip")), 8).hash != first


def test_an_archive_without_a_pin_says_once_how_to_pin_it(tmp_path, server, caplog):
    task = archive_task(tmp_path, *server)
    data.load(task, 8)
    data.load(task, 16)
    (message,) = caplog.messages
    assert message.startswith(task.data.archive)
    assert f"pin it with 'sha256: {sha256(server[0] / 'toy.zip')}'" in message


def test_a_download_off_a_terminal_prints_nothing(tmp_path, server, capfd):
    data.load(pinned(archive_task(tmp_path, *server), sha256(server[0] / "toy.zip")), 8)
    assert capfd.readouterr() == ("", "")


REMOTE = {
    "archive": ARCHIVED | {"archive": "http://127.0.0.1:9/x.zip"},
    "hub": {"load_dataset": {"path": "organisation/name", "revision": "0123abc"}},
}


@pytest.mark.parametrize("kind", REMOTE)
def test_what_cannot_be_reached_is_said_quickly_with_the_mend(tmp_path, monkeypatch, kind):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    task = make_task(tmp_path, REMOTE[kind] | {"mirror": "toy"})
    start = time.monotonic()
    with pytest.raises(UnavailableError, match="cannot be reached: Connection refused") as caught:
        data.load(task, 8)
    assert "set BENCHMARK_DATA to a folder with toy/train.parquet" in caught.value.mend
    assert time.monotonic() - start < 5


def test_the_hub_is_asked_for_the_pinned_revision(tmp_path, server, monkeypatch):
    asked = {}

    def load_dataset(path, **arguments):
        asked.update(arguments, path=path)
        features = datasets.Features(
            {"img": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b"])}
        )
        content = {"img": rows(4), "label": [0, 1, 0, 1]}
        table = datasets.Dataset.from_dict(content, features=features)
        return datasets.DatasetDict({"train": table, "test": table, "unlabelled": table})

    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server[1])
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    source = {"path": "organisation/name", "name": "plain", "revision": "0123abc"}
    loaded = data.load(make_task(tmp_path, {"load_dataset": source, "image_column": "img"}), 8)
    assert asked["path"] == "hf://datasets/organisation/name"
    assert (asked["name"], asked["revision"]) == ("plain", "0123abc")
    assert loaded.source == "hub: organisation/name@0123abc"
    assert loaded.test_in_train == (0, 1, 2, 3)

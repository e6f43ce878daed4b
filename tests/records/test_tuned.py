import pytest

from benchmark.records.tuned import Tuned, keep, read_settings

ADAMW, MUON = ({"learning_rate": 0.03, "optimiser": name} for name in ("adamw", "muon"))
TUNED = Tuned({"scratch": {2: ADAMW, 20: MUON, 200: {}}}, labels=40)


def test_nothing_is_tuned_before_anybody_did(tmp_path):
    assert read_settings(tmp_path / "settings.yaml") == {}


def test_what_was_tuned_is_read_from_yaml(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("net:\n  labels: 40\n  settings:\n    scratch:\n      2: {turn: 0.0}\n")
    assert read_settings(file) == {"net": Tuned({"scratch": {2: {"turn": 0.0}}}, 40)}


def test_an_empty_file_has_nothing_tuned(tmp_path):
    (tmp_path / "settings.yaml").write_text("# nothing yet\n")
    assert read_settings(tmp_path / "settings.yaml") == {}


def test_settings_are_kept_beside_those_of_other_backbones(tmp_path):
    file = tmp_path / "settings.yaml"
    other = Tuned({"scratch": {2: MUON}, "finetune": {2: ADAMW}}, 80)
    keep("one", Tuned({"scratch": {2: ADAMW}}, 20), file)
    keep("other", other, file)
    keep("one", TUNED, file)
    assert read_settings(file) == {"one": TUNED, "other": other}


def test_the_file_of_settings_says_where_it_comes_from(tmp_path):
    keep("one", TUNED, tmp_path / "settings.yaml")
    assert (tmp_path / "settings.yaml").read_text().startswith("# Settings chosen by `make tune`")


@pytest.mark.parametrize(("n", "size"), [(1, 2), (6, 2), (7, 20), (63, 20), (64, 200), (999, 200)])
def test_a_size_that_was_not_tuned_has_the_settings_of_the_nearest_in_doublings(n, size):
    found = TUNED.at("scratch", n)
    assert found == {**TUNED.settings["scratch"][size], "tuning_labels": 40, "tuned_at": size}


def test_of_two_sizes_that_are_equally_near_the_smaller_counts():
    assert Tuned({"scratch": {1: MUON, 4: ADAMW}}, 40).at("scratch", 2)["tuned_at"] == 1


def test_an_arm_that_was_not_tuned_has_no_settings():
    assert TUNED.at("finetune", 2) == {}

from benchmark.records.tuned import Tuned, keep, read_rates


def test_nothing_is_tuned_before_anybody_did(tmp_path):
    assert read_rates(tmp_path / "rates.yaml") == {}


def test_what_was_tuned_is_read_from_yaml(tmp_path):
    file = tmp_path / "rates.yaml"
    file.write_text("net:\n  labels: 40\n  rates:\n    scratch: 0.003\n")
    assert read_rates(file) == {"net": Tuned({"scratch": 0.003}, 40)}


def test_an_empty_file_has_nothing_tuned(tmp_path):
    (tmp_path / "rates.yaml").write_text("# nothing yet\n")
    assert read_rates(tmp_path / "rates.yaml") == {}


def test_rates_are_kept_beside_those_of_other_backbones(tmp_path):
    file = tmp_path / "rates.yaml"
    other = Tuned({"scratch": 1e-5, "finetune": 0.03}, 80)
    keep("one", Tuned({"scratch": 3e-4}, 20), file)
    keep("other", other, file)
    keep("one", Tuned({"scratch": 1e-3}, 40), file)
    assert read_rates(file) == {"one": Tuned({"scratch": 1e-3}, 40), "other": other}


def test_the_file_of_rates_says_where_it_comes_from(tmp_path):
    keep("one", Tuned({"scratch": 3e-4}, 20), tmp_path / "rates.yaml")
    assert (
        (tmp_path / "rates.yaml").read_text().startswith("# Learning rates chosen by `make tune`")
    )

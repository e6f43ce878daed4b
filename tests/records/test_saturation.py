from functools import partial

import pytest
from measured import budget

from benchmark.errors import UserError
from benchmark.records import saturation
from benchmark.records.saturation import change_saturation, read_saturation


def test_what_is_read_is_what_was_written(tmp_path):
    measured = {budget(0.25): 0.125, budget(4.0, weights="0f", seed=1001): 1.0}
    change_saturation(tmp_path / "saturation.csv", lambda _: measured)
    assert read_saturation(tmp_path / "saturation.csv") == measured
    assert read_saturation(tmp_path / "none.csv") == {}


def test_a_file_of_something_else_is_one_message(tmp_path):
    (tmp_path / "saturation.csv").write_text("backbone,arm\nnet,scratch\n")
    with pytest.raises(UserError, match="not a file of measurements"):
        read_saturation(tmp_path / "saturation.csv")


def test_a_backbone_that_was_measured_anew_counts_with_those_measurements_alone(
    tmp_path, monkeypatch
):
    own, shipped = tmp_path / "own.csv", tmp_path / saturation.SATURATION_FILE.name
    change_saturation(shipped, lambda _: {budget(): 0.5, budget(backbone="other"): 0.25})
    change_saturation(own, lambda _: {budget(2.0): 0.75})
    monkeypatch.setattr(saturation, "SHIPPED_TUNING", tmp_path)
    monkeypatch.setattr(saturation, "read_saturation", partial(_read, own))
    assert saturation.all_saturation() == {budget(2.0): 0.75, budget(backbone="other"): 0.25}


def _read(default, file=None):
    return read_saturation(file or default)

import pytest
from toy import failed, record

from benchmark.analysis.scores import score_of
from benchmark.records.record import Training

RECIPE = {"views": 6_400, "batch_size": 64, "floor": 0.02}
FORMER = {"steps": 100, "floor": 0.02}
LOW, HIGH = (1.0, 0.01, 0.01), (1.0, 0.01, 0.5)


@pytest.mark.parametrize(("steps", "cooled"), [(100, False), (99, True)])
@pytest.mark.parametrize("losses", [LOW, HIGH])
def test_a_training_of_fewer_steps_than_its_budget_cooled_down_early(steps, losses, cooled):
    training = Training(steps, losses, True, 1.0)
    assert score_of(record(recipe=RECIPE, training=training)).cooled_down == cooled


@pytest.mark.parametrize(("losses", "cooled"), [(LOW, True), (HIGH, False)])
def test_under_the_first_protocol_a_training_at_the_floor_cooled_down_early(losses, cooled):
    training = Training(100, losses, True, 1.0)
    assert score_of(record(recipe=FORMER, training=training, protocol=1)).cooled_down == cooled


@pytest.mark.parametrize("recipe", [RECIPE, {"folds": 5}])
def test_what_did_not_train_did_not_cool_down(recipe):
    training = Training(0, (), None, 1.0)
    assert not score_of(failed(recipe=recipe, training=training)).cooled_down

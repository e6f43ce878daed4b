"""What the user says of a backbone's weights stands in records, new and old ones."""

import dataclasses

import pytest
from toy import recipe

from benchmark.errors import UserError
from benchmark.harness import bench, plan
from benchmark.records import store


@pytest.fixture
def ran(task, backbone, tmp_path):
    """Runs two short trials; what all records say that the backbone was pretrained on."""

    def run(said=None, seeds=1):
        chosen = plan.Selection(
            (task,), (backbone,), ("scratch", "finetune"), (1,), seeds, pretrained_on=said
        )
        planned = plan.prepare(chosen)
        jobs = tuple(dataclasses.replace(job, recipe=recipe(2)) for job in planned.jobs)
        trained = []
        (board,) = bench.bench(
            dataclasses.replace(planned, jobs=jobs), tmp_path / "records", watch=Trained(trained)
        )
        records = store.load(tmp_path / "records")
        assert {record.pretrained_on for record in records} <= set(
            board.pretrained_on.split(" or ")
        )
        return board.pretrained_on, len(trained)

    return run


class Trained(bench.Watch):
    def __init__(self, records):
        self.finished = records.append


def test_what_is_said_is_written_without_training_again(ran):
    assert ran() == ("unknown", 2)
    assert ran("RadImageNet") == ("RadImageNet", 0)
    assert ran() == ("RadImageNet", 0)


def test_records_that_say_different_things_are_shown_to(ran):
    ran("RadImageNet")
    assert ran(seeds=2) == ("RadImageNet or unknown", 2)


@pytest.mark.parametrize("said", ["", " ", "=1+1", "a|b", "<b>", "x" * 41, "a\nb"])
def test_what_fits_in_no_table_cannot_be_said(task, backbone, said):
    chosen = plan.Selection((task,), (backbone,), ("scratch",), (1,), 1, pretrained_on=said)
    with pytest.raises(UserError, match="cannot be what a backbone was pretrained on"):
        plan.prepare(chosen)


def test_it_is_said_of_one_backbone(task, backbone):
    both = (backbone, "test_resnet.distilled_in1k")
    chosen = plan.Selection((task,), both, ("scratch",), (1,), 1, pretrained_on="own")
    with pytest.raises(UserError, match="name one backbone beside PRETRAINED_ON="):
        plan.prepare(chosen)

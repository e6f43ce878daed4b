import dataclasses

import pytest
import toy

from benchmark.analysis.board import boards as boards_of
from benchmark.analysis.scores import score_of
from benchmark.pages.site import sections


@pytest.fixture(scope="module")
def old(boards):
    """With a failed trial of the older protocol."""
    (section,) = next(s for s in sections.task_sections(boards, {}, {}) if s.name == "old").sections
    return section


def section_of(*records):
    (task,) = sections.task_sections(boards_of(map(score_of, records)), {}, {})
    (section,) = task.sections
    return section


def at(section, n, arm):
    size = next(size for size in section.sizes if size.images_per_class == n)
    return size, next(one for one in size.arms if one.arm == arm)


def test_backbones_of_one_task_stand_together():
    records = [toy.record(arm, backbone=net) for net in "ab" for arm in ("scratch", "probe")]
    (task,) = sections.task_sections(boards_of(map(score_of, records)), {}, {})
    assert [section.key for section in task.sections] == ["toy/a", "toy/b"]


def test_each_n_has_the_accuracy_and_the_subset_of_every_seed(old):
    size, scratch = at(old, 10, "scratch")
    assert size.seeds == (0, 1, 2)
    assert size.subsets == tuple(f"subset 10 {seed}" for seed in size.seeds)
    means = [float(shown) for shown in scratch.accuracies]
    assert f"{sum(means) / 3:.1f}" == size.shown[1].partition(" ")[0]


def test_each_n_is_there_however_many_arms_there_are():
    names = ("scratch", "finetune", "probe", *(f"arm_{i}" for i in range(9)))
    records = [toy.record(name, n, seed) for name in names for n in (1, 5) for seed in (0, 1)]
    section = section_of(*records)
    assert [size.images_per_class for size in section.sizes] == [1, 5]
    assert all(len(size.shown) == len(section.header) for size in section.sizes)


def test_a_trial_that_failed_or_was_not_run_is_no_number(old):
    size, finetune = at(old, 1, "finetune")
    assert size.seeds == (0, 1, 2, 7)
    assert finetune.accuracies[-1] == "failed"
    assert at(old, 1, "scratch")[1].accuracies[-1] == ""


def test_a_cell_tells_what_of_its_recipe_depends_on_n(old):
    assert [at(old, n, "scratch")[1].settings for n in (1, 10)] == ["views 100", "views 1000"]


def test_a_recipe_that_is_the_same_everywhere_has_nothing_to_tell():
    section = section_of(*toy.curve("scratch", {1: 0.5, 10: 0.6}))
    assert at(section, 1, "scratch")[1].settings == ""


def test_hashes_are_those_of_the_records(old):
    assert at(old, 1, "probe")[1].fingerprint == toy.record("probe").fingerprint
    assert old.weights == ("weights",)
    assert old.board.data.hash == toy.FACTS.hash


def test_every_verdict_says_what_it_rests_on(old):
    arms = [arm for arm, *_ in old.verdicts]
    assert arms == ["finetune", "probe"]
    assert all("rests on gains" in grounds for *_, grounds in old.verdicts)
    assert "trained under protocol 1" in old.notes[0]
    assert old.older == "protocol 1"


def test_scratch_alone_has_numbers_and_no_verdict():
    section = section_of(*toy.curve("scratch", {1: 0.5, 10: 0.6}))
    assert section.verdicts == ()
    assert [size.shown[0] for size in section.sizes] == ["1", "10"]


def test_names_from_strangers_are_shown_as_they_are():
    records = [toy.record(arm, seed=seed) for seed in (0, 1) for arm in ("scratch", "[my] <arm>")]
    section = section_of(*records, *(dataclasses.replace(r, backbone_label="*") for r in records))
    assert section.verdicts[0][0] == "[my] <arm>"
    assert "[my] <arm>" in section.settings[0]

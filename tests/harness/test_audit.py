from __future__ import annotations

from dataclasses import replace

import pytest
from toy import curve, record

from benchmark.analysis import board as leaderboard
from benchmark.analysis.scores import score_of
from benchmark.errors import UserError
from benchmark.harness import audit, judged, plan, sweep
from benchmark.harness.plan import Selection
from benchmark.harness.watch import Watch
from benchmark.records import store
from benchmark.records.recipe import ALTERNATIVES
from benchmark.records.recipe import stored as recipe_of
from benchmark.records.record import Training

SHARES = {1: 0.25, 2: 0.5}
RECIPE = {"steps": 100, "learning_rate": 0.001, "floor": 0.02}
WHOLE = Training(100, (1.0, 0.5), True, 1.0)
AT_FLOOR = Training(50, (1.0, 0.01, 0.01), True, 1.0)


@pytest.fixture(scope="module")
def selection(task, backbone):
    return Selection((task,), (backbone,), ("scratch", "finetune", "probe"), (1, 2), 2)


@pytest.fixture(scope="module")
def whole(selection):
    return plan.prepare(selection)


@pytest.fixture(scope="module")
def jobs(whole):
    return whole.jobs


@pytest.fixture
def board():
    scratch, finetune = curve("scratch", SHARES), curve("finetune", {1: 0.75, 2: 1.0})
    (board,) = leaderboard.boards(map(score_of, [*scratch, *finetune]))
    return board


@pytest.fixture
def planned(board, jobs):
    return audit.cells(board, jobs, [stored(job, WHOLE) for job in jobs])


def recorded(job, training=AT_FLOOR):
    """The record of a job whose training was found to be at the floor, unless told otherwise."""
    training = replace(training, seconds=1.0 + job.trial.seed)
    return replace(record(), trial=job.trial, recipe=RECIPE, training=training)


def stored(job, training=AT_FLOOR):
    """Its score."""
    return score_of(recorded(job, training))


def test_only_deciding_cells_of_trained_arms_are_run_again(planned):
    assert set(planned) == set(ALTERNATIVES)
    cells = {(job.trial.arm, job.trial.images_per_class) for job in planned["steps-x2"]}
    assert cells == {("scratch", 2), ("finetune", 2)}


def test_both_arms_get_the_same_alternatives(planned):
    for again in planned.values():
        arms = [job.trial.arm for job in again]
        assert arms.count("scratch") == arms.count("finetune")


def test_twice_the_steps_are_twice_the_steps(planned, jobs):
    original = {job.trial: job.recipe for job in jobs}
    for job in planned["steps-x2"]:
        assert job.recipe.steps == 2 * original[job.trial].steps
        assert job.recipe.learning_rate == original[job.trial].learning_rate


@pytest.mark.parametrize(("training", "left_out"), [(WHOLE, "full-budget"), (AT_FLOOR, "steps-x2")])
def test_no_training_is_run_again_that_would_come_out_the_same(board, jobs, training, left_out):
    planned = audit.cells(board, jobs, [stored(job, training) for job in jobs])
    assert {name: len(again) for name, again in planned.items()} == {
        name: 0 if name == left_out else 4 for name in ALTERNATIVES
    }


def test_audits_go_on_from_the_trunks_that_their_trials_leave(planned, jobs):
    trials = {job.trial: job for job in jobs}
    for job in planned["steps-x2"]:
        left = trials[job.trial].stored_trunk
        assert left.leaves
        assert job.stored_trunk == replace(left, leaves=False)
    for job in planned["rate-x3"]:
        assert job.stored_trunk.key != trials[job.trial].stored_trunk.key


def test_a_board_without_a_comparison_cannot_be_audited(jobs):
    (alone,) = leaderboard.boards([score_of(record("probe"))])
    with pytest.raises(UserError, match="no verdict to certify"):
        audit.cells(alone, jobs, [])


@pytest.fixture
def told(monkeypatch):
    """What happens in order: the folder of each sweep, and whatever is appended."""
    monkeypatch.setattr(sweep, "stored", lambda root, jobs: [recorded(job) for job in jobs])
    happened = []

    def run(root, jobs, *others, **named):
        happened.append(root.name)
        return iter(())

    monkeypatch.setattr(sweep, "run", run)
    return happened


def test_the_trials_are_told_before_any_of_them_runs(whole, tmp_path, told):
    audit.audit(whole, tmp_path / "records", before=lambda jobs: told.append(len(jobs)))
    assert told == ["records", 12, *ALTERNATIVES]


def test_what_is_stored_already_costs_nothing(whole, tmp_path, told, monkeypatch):
    again = audit.rounds(whole, tmp_path / "records")
    assert [len(one.missing) for one in again] == [0, 4, 4, 4]
    monkeypatch.setattr(sweep, "missing", lambda root, jobs: [])
    assert audit.missing(again) == []
    audit.audit(whole, tmp_path / "records", before=told.append)
    assert told == ["records", *ALTERNATIVES]


def test_audited_records_lie_beside_the_records_and_are_found_again(tmp_path):
    records = tmp_path / "records"
    another = replace(record(), fingerprint="a" * 64)
    store.save(judged.folder(records, "rate-x3"), another)
    found = judged.scores(records, Watch())
    assert [score.fingerprint for score in found["rate-x3"]] == ["a" * 64]
    assert found["steps-x2"] == []


def again(arm, alternative, shares, **fields):
    return curve(arm, shares, recipe=dict(recipe_of(RECIPE).varied(alternative).settings), **fields)


def certificate(scratch_shares):
    scratch = curve("scratch", SHARES, recipe=RECIPE)
    finetune = curve("finetune", {1: 0.75, 2: 1.0}, recipe=RECIPE)
    audits = {name: map(score_of, again("scratch", name, scratch_shares)) for name in ALTERNATIVES}
    audits = {name: list(scores) for name, scores in audits.items()}
    scores = map(score_of, [*scratch, *finetune])
    (board,) = leaderboard.boards(scores, audits=audits)
    return board.comparisons["finetune"].certificate


def test_alternatives_of_one_arm_alone_leave_the_certificate_unsettled():
    assert (certificate(SHARES).status, certificate(SHARES).doubt) == ("unsettled", "incomplete")


def retrials(scratch, alternatives, **fields):
    protocol = scratch[0].protocol
    finetune = curve("finetune", {1: 0.75, 2: 1.0}, recipe=RECIPE, protocol=protocol)
    audits = {name: [] for name in ALTERNATIVES} | {
        name: [score_of(r) for r in again("scratch", name, SHARES, **fields)]
        for name in alternatives
    }
    (board,) = leaderboard.boards(map(score_of, [*scratch, *finetune]), audits=audits)
    return {r.alternative: r for r in board.comparisons["finetune"].retrials}


def test_where_no_training_cooled_down_none_has_to_be_run_without_early_ends():
    found = retrials(curve("scratch", SHARES, recipe=RECIPE, training=WHOLE), ["steps-x2"])
    assert set(found) == {"steps-x2", "full-budget"}
    assert found["full-budget"].improvement == 0
    assert len(found["full-budget"].cells[2].seeds) == 3


def test_trainings_that_cooled_down_have_to_be_run_without_early_ends():
    found = retrials(curve("scratch", SHARES, recipe=RECIPE, training=AT_FLOOR), ["steps-x2"])
    assert set(found) == {"steps-x2"}


@pytest.mark.parametrize(("protocol", "stands"), [(2, True), (1, False)])
def test_where_all_trainings_cooled_down_none_has_to_be_run_with_twice_the_views(protocol, stands):
    fields = {"training": AT_FLOOR, "protocol": protocol}
    found = retrials(curve("scratch", SHARES, recipe=RECIPE, **fields), ["rate-x3"], **fields)
    assert ("steps-x2" in found) == stands


@pytest.mark.parametrize(("levelled", "unfinished"), [(True, set()), (False, {2})])
def test_a_retrial_knows_where_its_own_losses_were_still_falling(levelled, unfinished):
    training = replace(record().training, levelled_off=levelled)
    scratch = curve("scratch", SHARES, recipe=RECIPE)
    found = retrials(scratch, ["steps-x2"], training=training)
    assert found["steps-x2"].unfinished == unfinished


def test_a_training_that_was_run_again_counts_once():
    found = retrials(curve("scratch", SHARES, recipe=RECIPE), ["full-budget"])
    assert len(found["full-budget"].cells[2].seeds) == 3


def test_a_retrial_is_compared_with_the_original_on_its_own_seeds():
    found = retrials(curve("scratch", SHARES, seeds=5, recipe=RECIPE), ["steps-x2"])
    retrial = found["steps-x2"]
    assert retrial.cells[2].seeds == retrial.before[2].seeds == (0, 1, 2)


def test_a_retrial_that_changes_nothing_is_not_surely_better():
    retrial = retrials(curve("scratch", SHARES, recipe=RECIPE), ["steps-x2"])["steps-x2"]
    assert retrial.improvement_low < retrial.improvement == 0 < retrial.improvement_high


@pytest.mark.parametrize(
    "other",
    [{"data": replace(record().data, image_size=96, test_images=200)}, {"weights_hash": "older"}],
)
def test_audits_of_other_images_or_weights_lie_beside_and_are_not_used(other):
    scratch = curve("scratch", SHARES, recipe=RECIPE)
    finetune = curve("finetune", {1: 0.75, 2: 1.0}, recipe=RECIPE)
    audits = {"steps-x2": [*again("finetune", "steps-x2", SHARES, fingerprint="b" * 64, **other)]}
    alone, beside = (
        leaderboard.boards(
            map(score_of, [*scratch, *finetune]),
            audits={"steps-x2": list(map(score_of, [*found, *audits["steps-x2"]]))},
        )
        for found in ([], again("finetune", "steps-x2", {2: 1.0}))
    )
    assert alone[0].comparisons["finetune"].retrials == ()
    (used,) = beside[0].comparisons["finetune"].retrials
    assert used.improvement == 0


def test_of_audits_that_nothing_else_tells_apart_the_newest_counts():
    scratch, shares = curve("scratch", SHARES, recipe=RECIPE), {2: 0.9}
    older = again("scratch", "steps-x2", SHARES, finished="2025-01-01T00:00:00+00:00")
    newer = again("scratch", "steps-x2", shares, fingerprint="b" * 64)
    finetune = curve("finetune", {1: 0.75, 2: 1.0}, recipe=RECIPE)
    for found in ([*older, *newer], [*newer, *older]):
        audits = {"steps-x2": list(map(score_of, found))}
        (board,) = leaderboard.boards(map(score_of, [*scratch, *finetune]), audits=audits)
        (retrial,) = board.comparisons["finetune"].retrials
        assert retrial.improvement == pytest.approx(0.4, abs=0.1)


def test_retrials_of_another_recipe_are_not_used():
    other = RECIPE | {"batch_size": 7}
    scores = [score_of(r) for r in curve("scratch", SHARES, recipe=other)]
    again_scores = [score_of(r) for r in again("scratch", "steps-x2", SHARES)]
    finetune = [score_of(r) for r in curve("finetune", SHARES)]
    (board,) = leaderboard.boards([*scores, *finetune], audits={"steps-x2": again_scores})
    assert board.comparisons["finetune"].certificate is None

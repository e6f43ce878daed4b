import numpy as np

from benchmark.analysis.mistakes import always_wrong, mixed

LABELS = np.array([0, 0, 1, 2])
SAID = np.array([[1, 0, 1, 0], [1, 0, 1, 1], [1, 2, 1, 1]])


def test_pairs_of_classes_come_by_how_often_they_are_mixed_up():
    found = mixed(SAID, LABELS, 3)
    assert [(one.label, one.taken_for, one.times) for one in found] == [
        (0, 1, 3),
        (2, 1, 2),
        (2, 0, 1),
        (0, 2, 1),
    ]
    assert found[0].share == 0.5


def test_images_that_every_training_gets_wrong_come_by_how_much_they_agree():
    found = always_wrong(SAID, LABELS)
    assert [(one.image, one.label, one.taken_for) for one in found] == [(0, 0, 1), (3, 2, 1)]
    assert [one.agreed for one in found] == [1.0, 2 / 3]


def test_without_mistakes_there_are_none():
    assert mixed(LABELS[None], LABELS, 3) == ()
    assert always_wrong(LABELS[None], LABELS) == ()

import numpy as np
import torch

from benchmark.arms import arm
from benchmark.arms.finetune_head_first import fit_head
from benchmark.records.recipe import Augmentation
from benchmark.training.fit import pixels, pretrained_start, subset_pixels
from benchmark.training.loop import predict


def test_it_starts_at_the_predictions_of_the_probe(short, work, dataset):
    asked = short("finetune_head_first", n=4)
    model = pretrained_start(asked)
    fit_head(model, asked)
    outputs = predict(model, pixels(dataset.test.images, asked.backbone, "cpu"))
    probe = arm("probe").fit(work("probe", n=4))
    assert np.array_equal(outputs.argmax(1), probe.predictions)


def test_the_body_stays_while_the_classifier_is_fitted(short):
    asked = short("finetune_head_first")
    model = pretrained_start(asked)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    fit_head(model, asked)
    after = model.state_dict()
    differ = {name for name in before if not torch.equal(before[name], after[name])}
    assert differ == {"fc.weight", "fc.bias"}


def test_training_begins_with_the_features_that_the_classifier_was_fitted_to(short):
    asked = short("finetune_head_first", steps=1, augmentation=Augmentation(0.0, 0.0, 0.0))
    model = pretrained_start(asked)
    fit_head(model, asked)
    labels = torch.from_numpy(asked.dataset.train.labels[asked.subset])
    outputs = predict(model, subset_pixels(asked))
    losses = torch.nn.functional.cross_entropy(outputs, labels, reduction="none")
    (first,) = arm("finetune_head_first").fit(asked).training.losses  # of some of these images
    assert losses.min() <= first <= losses.max()


def test_then_everything_is_trained(trained):
    seen = trained("finetune_head_first", steps=10)
    weights = dict(seen["after"].named_parameters())
    assert not any(torch.equal(weights[name], seen["before"][name]) for name in weights)

import pytest
import torch
from toy import SIZE, pictures, recipe

from benchmark.training import backbones
from benchmark.training.loop import Pixels, Run, classify, predict
from benchmark.training.onlooker import Onlooker


class Eyes(Onlooker):
    views = (24, 80, 10_000)

    def __init__(self):
        self.steps = []

    def sees(self, run):
        predict(run.model, run.pixels)
        self.steps.append(run.step)


def run(steps=20):
    torch.manual_seed(0)
    images, labels = pictures(4)
    model = backbones.find("test_resnet").create(3, pretrained=False, image_size=SIZE)
    pixels, how = Pixels(torch.from_numpy(images), (0.3,) * 3, (0.25,) * 3), recipe(steps)
    objective = classify(torch.from_numpy(labels), how)
    return Run(model, pixels, objective, how, torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def watched():
    eyes, watched = Eyes(), run()
    eyes.follow(watched)
    return eyes, watched


def test_start_chosen_views_and_end_are_seen_once_each(watched):
    assert watched[0].steps == [0, 3, 10, 20]


def test_looking_leaves_the_training_as_it_would_have_been(watched):
    alone = run()
    alone.until(20)
    for name, tensor in alone.model.state_dict().items():
        torch.testing.assert_close(watched[1].model.state_dict()[name], tensor, rtol=0, atol=0)

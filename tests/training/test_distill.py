import io
import json
from dataclasses import asdict

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from toy import picture, write_backbone

from benchmark.errors import UserError
from benchmark.training import backbones, distill
from benchmark.training.distill import Distillation

TINY = Distillation(
    views=16, passes=1, batch=8, components=6, teacher_pixels=32, student_pixels=(16, 24)
)


def png(seed):
    buffer = io.BytesIO()
    Image.fromarray(picture(seed % 3, seed)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def photographs(tmp_path):
    (tmp_path / "photos" / "deeper").mkdir(parents=True)
    for i in range(3):
        (tmp_path / "photos" / "deeper" / f"{i}.png").write_bytes(png(i))
    return tmp_path / "photos"


def distilled(folder, teacher, photographs, settings=TINY):
    # As in a fresh process: the first look at a network draws random numbers.
    vars(backbones.find("test_resnet")).pop("preprocessing", None)
    distill.distill(teacher, (photographs,), folder, settings)
    return load_file(folder / "model.safetensors")


def test_the_student_can_be_loaded_as_a_backbone(tmp_path, backbone, photographs):
    distilled(tmp_path / "student", backbone, photographs)
    name = f"local-dir:{tmp_path / 'student'}"
    model = backbones.find(name).create(3, pretrained=True)
    assert model(torch.rand(2, 3, 32, 32)).shape == (2, 3)
    assert (
        backbones.find(name).preprocessing.mean == backbones.find("test_resnet").preprocessing.mean
    )
    assert backbones.find(name).label == "test_resnet, distilled from ImageNet-pretrained net"


def test_the_same_seed_gives_the_same_weights(tmp_path, backbone, photographs):
    one = distilled(tmp_path / "one", backbone, photographs)
    same = distilled(tmp_path / "same", backbone, photographs)
    seed = Distillation(**(asdict(TINY) | {"seed": 1}))
    other = distilled(tmp_path / "other", backbone, photographs, seed)
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not torch.equal(one["conv1.0.weight"], other["conv1.0.weight"])


def test_the_settings_are_kept_beside_the_weights(tmp_path, backbone, photographs):
    distilled(tmp_path / "student", backbone, photographs)
    evidence = json.loads((tmp_path / "student" / "distillation.json").read_text())
    assert evidence["teacher"] == "net"
    assert Distillation(**evidence["settings"] | {"student_pixels": (16, 24)}) == TINY
    assert len(evidence["loss_per_pass"]) == TINY.passes
    assert str(tmp_path) not in json.dumps(evidence)


def test_a_teacher_without_all_its_weights_is_refused(tmp_path, photographs):
    from toy import random_weights

    weights = random_weights()
    weights.pop("conv1.0.weight")
    teacher = write_backbone(tmp_path / "teacher", weights=weights)
    with pytest.raises(UserError, match=r"conv1\.0\.weight"):
        distill.distill(teacher, (photographs,), tmp_path / "student", TINY)
    assert not (tmp_path / "student").exists()


def test_photographs_come_from_folders_and_parquet_files(tmp_path, photographs):
    cells = [{"bytes": png(i), "path": None} for i in range(2)]
    parquet.write_table(pa.table({"image": cells}), tmp_path / "more.parquet")
    assert len(distill.photographs((photographs, tmp_path / "more.parquet"))) == 5


def test_the_order_of_photographs_is_that_of_their_names(photographs):
    assert distill.photographs((photographs,)) == [png(i) for i in range(3)]


def test_a_folder_without_images_is_named(tmp_path):
    with pytest.raises(UserError, match="no images here"):
        distill.photographs((tmp_path,))


def test_a_table_without_images_is_named(tmp_path):
    parquet.write_table(pa.table({"text": ["a"]}), tmp_path / "words.parquet")
    with pytest.raises(UserError, match=r"words\.parquet"):
        distill.photographs((tmp_path / "words.parquet",))


def test_a_photograph_that_cannot_be_read_is_an_error_for_people(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"not an image")
    with pytest.raises(UserError, match="cannot be read"):
        distill.make_views(distill.photographs((tmp_path,)), TINY)


def test_a_share_of_the_views_is_mixed_in_pairs():
    views = torch.zeros(8, 3, 4, 4, dtype=torch.uint8)
    views[1::2] = 200
    torch.manual_seed(0)
    distill._mix(views, 0.5)
    assert ((views[:4] > 50) & (views[:4] < 150)).all()
    assert views[4:].float().mean((1, 2, 3)).tolist() == [0, 200, 0, 200]


def test_components_are_uncorrelated_and_the_strongest_come_first():
    scales = torch.tensor([1.0, 9.0, 4.0])
    features = torch.randn(500, 3, generator=torch.Generator().manual_seed(0)) * scales
    made = distill.whitened_components(features, 2)
    correlation = torch.corrcoef(made.T)[0, 1]
    assert made.shape == (500, 2)
    assert abs(correlation) < 0.01
    assert made[:, 0].std() > made[:, 1].std()
    assert made.std().item() == pytest.approx(1, abs=1e-3)


def test_the_student_learns():
    settings = Distillation(passes=8, batch=16, student_pixels=(16,), views=32)
    views = torch.stack([torch.full((3, 16, 16), 8 * i, dtype=torch.uint8) for i in range(32)])
    targets = torch.linspace(-1, 1, 32)[:, None].expand(-1, 4) + 0.5
    torch.manual_seed(0)
    student = backbones.find("test_resnet").create(0, pretrained=False)
    losses = distill.train_student(student, views, targets, settings)
    assert len(losses) == 8
    assert losses[-1] < 0.8 * losses[0]

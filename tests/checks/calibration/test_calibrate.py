import pytest

from benchmark.checks.calibration import calibrate
from benchmark.checks.calibration.audits import AuditScene
from benchmark.checks.calibration.scenes import Grid, grid
from benchmark.checks.calibration.simulate import Scene


@pytest.fixture
def small(monkeypatch):
    """Two lines for each table."""
    parts = {part: scenes[:1] for part, scenes in grid().sweeps.items()}
    parts["crossing"] += (Scene("jump", 3, 300),)
    audits = AuditScene(True, 3, 300), AuditScene(False, 3, 300)
    found = Grid(parts, audits, (Scene("hurts", 20, 300), Scene("never", 20, 300, "recorded")))
    monkeypatch.setattr(calibrate, "grid", lambda: found)
    return found


def test_the_page_holds_a_line_for_every_scene_and_says_what_failed(small, tmp_path):
    out = tmp_path / "calibration.md"
    result = calibrate.run(sweeps=4, jobs=1, out=out, seed=6)
    page = out.read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in line.split("|")[1:4]] for line in page.splitlines()]
    for scenes in small.sweeps.values():
        for scene in scenes:
            assert [scene.shape, str(scene.seeds), str(scene.test_images)] in lines
    assert ["sound", "3", "300"] in lines
    assert ["hurts", "falling", "300"] in lines
    assert ["never", "recorded", "300"] in lines
    assert all(sentence in page for sentence in result.failures)


def test_the_page_is_the_same_again(small, tmp_path):
    one, two = tmp_path / "one.md", tmp_path / "two.md"
    for out, jobs in ((one, 1), (two, 2)):
        calibrate.run(sweeps=2, jobs=jobs, out=out, seed=6)
    assert one.read_bytes() == two.read_bytes()

"""The example of a notebook, executed."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).parent / "notebook.ipynb"


@pytest.fixture
def outputs(task, backbone, tmp_path, monkeypatch):
    """What each cell of code shows, run on a toy task."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code[0].metadata.tags == ["parameters"]
    code[0].source = (
        "import warnings\n"
        "from pathlib import Path\n"
        "warnings.filterwarnings('ignore', 'IProgress')\n"  # tqdm's, where ipywidgets is missing
        f"task_name, tasks_folder = {task.name!r}, Path({str(task.folder)!r})\n"
        f"backbone, records = {backbone!r}, Path({str(tmp_path / 'records')!r})\n"
        "minutes = 0.2"
    )
    NotebookClient(notebook, timeout=200).execute()
    return [cell.outputs for cell in code]


def test_the_example_of_a_notebook_runs_and_prints_only_what_it_asks_for(outputs):
    quiet, tasks, verdict, gains, frame, advice = outputs
    assert quiet == []
    assert "Toy" in tasks[0].data["text/plain"]
    assert verdict[0].data["text/plain"].startswith("Verdict(")
    assert gains[0].data["text/plain"].startswith("{1: (")
    assert "<table" in frame[0].data["text/html"]
    assert [output.output_type for output in advice] == ["stream"]
    assert advice[0].text.startswith("advice for toy")

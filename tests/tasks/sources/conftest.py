import pytest
from table_fixtures import rows, write_parquet


@pytest.fixture
def mirror(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("mirrors")
    monkeypatch.setenv("BENCHMARK_DATA", str(folder))
    (folder / "toy").mkdir()
    write_parquet(folder / "toy" / "train.parquet", rows(4), [0, 0, 1, 1], ("x", "y"))
    write_parquet(folder / "toy" / "test.parquet", rows(2, 50), [0, 1], ("x", "y"))
    return folder

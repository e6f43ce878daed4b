from benchmark.harness.executors.base import worker_variables


def test_settings_of_memory_that_are_there_stay(monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=1")
    assert worker_variables()["GLIBC_TUNABLES"] == "glibc.malloc.arena_max=1"

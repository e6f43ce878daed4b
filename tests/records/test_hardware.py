import platform

from benchmark.records import hardware


def test_the_processor_is_named_by_its_model(tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nmodel name\t: Fast Chip 3\nmodel name\t: Fast Chip 3\n")
    assert hardware.processor(file) == f"Fast Chip 3, {platform.machine()}"


def test_where_the_system_names_no_model_the_architecture_remains(tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\n")
    assert hardware.processor(file) == platform.machine()


def test_without_a_list_of_processors_python_is_asked(tmp_path):
    assert hardware.processor(tmp_path / "none").endswith(platform.machine())

import pytest

from benchmark.pages import printer

ROWS = [["100", "x"], ["1", "longer"]]


def test_columns_of_markdown_line_up():
    assert printer.markdown(["N", "arm"], ROWS).splitlines() == [
        "| N   | arm    |",
        "| --- | ------ |",
        "| 100 | x      |",
        "| 1   | longer |",
    ]


def test_markdown_that_is_not_padded_is_as_short_as_can_be():
    assert printer.markdown(["N", "arm"], ROWS, padded=False).splitlines() == [
        "| N | arm |",
        "| --- | --- |",
        "| 100 | x |",
        "| 1 | longer |",
    ]


@pytest.mark.parametrize("table", [printer.markdown, printer.plain])
def test_a_table_without_rows_has_a_head(table):
    assert "N  arm" in table(["N", "arm"], []).replace("|", "").replace("   ", "  ")


def test_a_column_without_name_and_content_is_a_column_of_markdown_all_the_same():
    assert printer.markdown(["N", ""], [["1", ""]]).splitlines()[1] == "| - | --- |"


def test_a_plain_table_aligns_numbers_to_the_right_and_words_to_the_left():
    rows = [["toy", "1", "+5.0", "a"], ["digits", "100", "-", "not checked"]]
    assert printer.plain(["task", "N", "gain", "source"], rows).splitlines() == [
        "task      N  gain  source",
        "toy       1  +5.0  a",
        "digits  100     -  not checked",
    ]


@pytest.mark.parametrize("table", [printer.markdown, printer.plain])
def test_a_row_that_lacks_a_cell_is_refused(table):
    with pytest.raises(ValueError, match="shorter"):
        table(["N", "arm"], [["1"]])


def test_a_bar_in_a_cell_does_not_end_it():
    assert printer.markdown(["a"], [["x|y"]]).splitlines()[2] == r"| x\|y |"


@pytest.mark.parametrize("table", [printer.markdown, printer.plain])
def test_a_cell_neither_breaks_the_line_nor_steers_the_terminal(table):
    shown = table(["a"], [["x\ny\x1b[2J"]])
    assert r"x\ny\x1b[2J" in shown
    assert "\x1b" not in shown

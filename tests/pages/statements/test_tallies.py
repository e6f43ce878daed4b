from benchmark.pages.statements.tallies import Tally, headline


def test_a_headline_names_where_the_answer_changes():
    answers = ["true", "true", "undecided", "undecided", "false"]
    tallies = [Tally(n, 4, 4, {}, a) for n, a in zip((1, 2, 5, 10, 20), answers, strict=True)]
    shown = "true up to N = 2, undecided at N = 5 to 10, false from N = 20 on"
    assert headline(tallies, "undecided") == shown
    assert headline(tallies[:2], "true") == "true"

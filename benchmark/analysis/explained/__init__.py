"""What `make explain` measured becomes answers with intervals over seeds. Pure, a file a question.

Each file holds its rule, written before there were numbers: an answer that the interval does not
settle is *undecided*, as is everything that one seed says.
"""

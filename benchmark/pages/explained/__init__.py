"""Why pretraining helps, or does not: the page of `make explain`, from what is stored alone.

`page` writes it, with its figures. One file for each question turns the findings of one task and
backbone into an answer in words, tables and a figure.
"""

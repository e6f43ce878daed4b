"""From records to verdicts: pure functions of tables.

For everybody above: `scores` (records become scores and paired gains), `board` (all that is known
of one backbone on one task), `crossover` (verdicts), `effective` (what pretraining is worth in
labels), `certificate` and `retrials` (whether a verdict survives other recipes), `stats`. Knows
neither torch nor the disk nor the words of a page.
"""

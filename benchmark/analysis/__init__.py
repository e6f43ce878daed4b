"""From records to verdicts: pure functions of tables.

For everybody above: `scores` (records become scores and pairs of accuracies), `gains` (pairs become
gains that know their noise), `crossover` (verdicts) and `grounds` (what they rest on), `effective`
(what pretraining is worth in labels), `certificate` and `retrials` (whether a verdict survives
other recipes), `board` (all that is known of one backbone on one task), `stats`. Knows neither
torch nor the disk nor the words of a page.
"""

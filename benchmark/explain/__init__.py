"""Why pretraining helps, or does not: networks are trained with somebody looking on, and compared.

For everybody above: `explain`, which measures what is missing. Methods, which know no files:
`interpolation` and `statistics` (the line between two networks), `distances`, `reuse`,
`reinitialised`, `blocks` (the parts of a network), `scoring`. `questions` has one file for each
question: which trainings it needs, and what it asks of them. `watched` trains, once for all
questions, and `kept` keeps that in the cache. Verdicts are `analysis.explained`'s, words `pages`'.
"""

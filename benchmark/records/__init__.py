"""What is kept of a trial: its place, its recipe, its record, and the store of them.

For everybody above: `record` (what a trial is and what came of it), `recipe` (settings of an arm),
`tuned`, `evidence` and `saturation` (how settings and budgets were chosen), `store` (one file per
trial, believed only in its place), `locks` (which sweep trains a trial), `hardware`,
`backbone_names` (what a name tells). Behind `store`: `consistency`.
Knows neither torch nor what a score means.
"""

"""From a selection to stored records: plan, missing trials, executor, store.

For everybody above: `sweep`, `audit`, `tune` and `estimate`, each a function with typed arguments
and results; `job` is one trial with all that a process needs to run it. Knows not how an arm
trains.
"""

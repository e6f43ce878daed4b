"""Images that occur more than once: found, named, and judged where they leak into the test split.

`duplicates`, `repeats` and `leaks`; all of them pure.
"""

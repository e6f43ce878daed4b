"""Can stored records be believed? `check` is the way in.

A record is judged by itself (`soundness`), by the data and networks at hand (`data`, `networks`),
by the suite's own recipes (`own`, `former`) and beside the other records (`disagreements`); some
are trained again (`retrain`, `agreement`). `places` says which files are records.
"""

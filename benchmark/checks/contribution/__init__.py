"""Are stored records sound, without training? `check` is the way in.

A record is judged by itself (`soundness`), by the data and networks at hand (`data`, `networks`)
and beside the other records (`disagreements`); `places` says which files are records.
"""

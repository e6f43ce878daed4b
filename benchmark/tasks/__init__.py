"""A task: one YAML that names a data set, and the way from its source to arrays of pixels.

For everybody above: `load` (tasks by name), `schema` (what a YAML may say), `data` (a task's
images, decoded and cached), `subsets` (N images per class, nested), `duplicates` (equal and nearly
equal images). How images are found and read is behind `data`, in `sources/`. Knows no torch.
"""

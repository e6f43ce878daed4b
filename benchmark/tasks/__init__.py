"""A task: one YAML that names a data set, and the way from its source to arrays of pixels.

For everybody above: `load` (tasks by name), `schema` (what a YAML may say), `data` (a task's
images, decoded and cached), `subsets` (N images per class, nested), `duplicates` (equal and nearly
equal images), `cache` (arrays that are made once). Behind `data`, in this order: `sources` (where
images come from), `tables` (what ``datasets`` loaded becomes pictures with labels), `raw` (a data
set before decoding), `images` (one picture, decoded); behind `cache`, `workspace` (temporary files,
and the words for a full disk). Knows no torch.
"""

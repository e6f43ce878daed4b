"""A task: one YAML that names a data set, and the way from its source to arrays of pixels.

For everybody above: `load` (tasks by name), `definition` (what a YAML may say), `data` (a task's
images, decoded and cached), `subsets` (N images per class, nested), `repeated` (images that occur
more than once, or leak into the test split), `cache` (arrays that are made once). Behind `data`, in
this order: `sources` (where images come from), `reading` (files become pictures with labels),
`own_split` (a test split that is not published), `raw` (a data set before decoding), `pictures`
(decoding); behind `cache`, `workspace` (temporary files, and the words for a full disk). Above all
of them, `proposal`: somebody's images become a task. Knows no torch.
"""

"""What somebody's images are, and the task that they make: for people who write no YAML.

In this order: `opening` (which files or rows are meant: `shape`, `columns`, `splits` decide),
`looking` (every image is opened once; what was found is a frozen `Found`), `dealing` (which image
is for training, which for the test, which is left out), `suggesting` (settings with reasons),
`writing` (the YAML and the list beside it). All but `opening`, `looking` and the last step of
`writing` are pure. `propose` goes all the way but for the writing.
"""

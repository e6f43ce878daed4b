"""Networks: made, trained on pixels and labels, asked for predictions or features.

For everybody above: `backbones` (networks by name), `fit` and `work` (what arms share), `loop` (one
training), `trunks` (from where a longer one goes on), `features`, `distill` (made the bundled
backbone). Behind `backbones`: `names` (which there can be), `networks` (alone imports timm),
`weights` (read, and proven to fill a network), `hub`, `packages` and `single_files` (where they
come from), `checkpoints` and `tensors` (what is wrong with them, in words), `preprocessing`. Knows
neither the name of a task nor whether weights are pretrained.
"""

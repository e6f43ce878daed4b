"""From somebody's images to what to do with them: the flow of many steps in one call.

For everybody above: `new_task` (a folder of images becomes a task that has passed its checks, with
its cost), `advise` (a task becomes advice within so many minutes; `advice_of` a board that is there
already), `words` (the advice as sentences), `report` (as files), `saved_model` (the advised arm as
a network that timm loads). Behind them: `fitting` plans what fits, `backbone_choice` and `sizes`
say with which network and what a larger image would bring; `numbers` and `caveats` make what is
advised (`content`), apart from any words, out of a board and of what `looked` knows of its images.
"""

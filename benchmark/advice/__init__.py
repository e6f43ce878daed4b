"""From somebody's images to what the suite can tell them: the flow of many steps in one call.

`new_task`: a folder of images becomes a task that has passed its checks, with its cost.
"""

"""Places that images come from. One file per kind, found by itself; `find` picks one for a task.

A kind registers a function (`base.register`) that looks at a task and answers with the `Source` it
would read, or with None where the task does not name one of its kind. A new kind is a new file in
this folder; nothing else has to be edited, unless it asks for a new key in a task's YAML.
"""

"""Files become pictures with labels, and every file that does not is named.

`walk` lists what lies in a folder. `layout` decides by folders alone which image belongs to which
split and class, `patterns` by the patterns of ``data_files``, `rows` and `sidecar` by text tables,
`tables` by what ``datasets`` loads. All of them end in a `parts.Part` for each split; `assemble`
numbers the classes and cuts an own test split. For the sources above; knows no network.
"""

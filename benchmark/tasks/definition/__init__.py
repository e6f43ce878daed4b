"""What a task's YAML may say, and in which words it is told that it says something else.

`schema` (the task, published as JSON schema), `data_keys` (what stands under ``data``),
`strict_yaml` (values that know their lines) and `mistakes`.
"""

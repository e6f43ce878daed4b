"""What the boards say of common statements.

`claims` judges them, one file and one template for each, and `page` writes them; `in_short` says it
in a sentence for each backbone.
"""

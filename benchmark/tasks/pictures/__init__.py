"""One picture at a time: what a file is, its pixels as 8-bit RGB, and whether much is to be seen.

`decoding` is what others use; `images`, `tones` and `content_kinds` are its parts.
"""

"""Small-data transfer-learning benchmark: does pretraining help, by how much, up to which N?"""

__version__ = "0.1.0"

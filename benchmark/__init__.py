"""Small-data transfer-learning benchmark: does pretraining help, by how much, up to which N?"""

__version__ = "0.1.0"

BUNDLED = "test_resnet.distilled_in1k"
"""The backbone whose weights come with the package, in ``quickstart/``."""

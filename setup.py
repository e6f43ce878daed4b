"""The packages of the wheel; all else is in pyproject.toml.

The top-level folder ``tasks`` rides along as a package of its own, which pyproject.toml could only
say together with a list of all packages, one to forget new ones in.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["benchmark*"]), "benchmark.shipped_tasks"],
    package_dir={"benchmark.shipped_tasks": "tasks"},
)

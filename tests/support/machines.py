"""A real Ray cluster of three nodes on this machine."""

import contextlib
from pathlib import Path

import pytest


@contextlib.contextmanager
def three_nodes():
    """The cluster, at ``$RAY_ADDRESS`` meanwhile; its workers find the modules beside this one."""
    import ray
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
        )
        for _ in range(2):
            cluster.add_node(num_cpus=1)
        patch.setenv("RAY_ADDRESS", cluster.address)
        try:
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()

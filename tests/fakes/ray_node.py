"""A Ray cluster of one node, in a network of its own; and whether there is such a network here."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import socket
import struct
from typing import Any

OBJECTS_BYTES = 80_000_000
TRIES = 3  # Ray gives a node 15 s to start, which a busy machine may need


class OneNode:
    """A cluster of one node, which has room for many engines, until it is left."""

    def __enter__(self) -> OneNode:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        loopback_up()
        for tries_left in reversed(range(TRIES)):
            try:
                self._cluster = self._begun()
                break
            except Exception:  # Ray's own word for it: it has no other class
                if not tries_left:
                    raise
        self.address = str(self._cluster.address)
        return self

    def _begun(self) -> Any:
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 1, "object_store_memory": OBJECTS_BYTES, "include_dashboard": False}
        return Cluster(head_node_args={**head, "node_ip_address": "127.0.0.1"}, initialize_head=True)

    def __exit__(self, *_: object) -> None:
        import ray

        ray.shutdown()
        self._cluster.shutdown()


def why_no_cluster() -> str:
    """Why none is started in this very process; "" = one can be."""
    if importlib.util.find_spec("ray") is None:
        return 'ray is not installed: pip install "call-thing[ray]"'
    if not is_alone():
        return "Ray listens on every address; in a network of its own this is run by tests/calls/test_ray_cluster.py"
    return ""


def is_alone() -> bool:
    """Whether this process has a network of its own: nothing but loopback."""
    return [name for _, name in socket.if_nameindex()] == ["lo"]


def loopback_up() -> None:
    """In a network namespace that was just made, not even that is there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, 0x8914, struct.pack("16sH14s", b"lo", 1, b""))  # SIOCSIFFLAGS, IFF_UP

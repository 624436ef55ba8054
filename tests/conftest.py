"""For every tier: the same examples in every run, and no verdict by stopwatch."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

# As in the rooms, and before numpy is loaded: threads that wait for one another cost ten times what they compute.
os.environ["OMP_NUM_THREADS"] = "1"

settings.register_profile("same-every-time", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("same-every-time")

GARBAGE_AFTER = 100_000  # objects; Python's own 700 cost the console's tests a third of their time

SHARED = {
    "engine",
    "ended",
    "peer",
    "sharing_engine",
    "approving",
}  # of tests/calls; they last as long as their file
CROWDED = ("calls/test_calls", "calls/test_commands", "calls/test_sip_restaurant", "sip/test_many_calls")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: it need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, 20, 50)


def pytest_itemcollected(item: pytest.Item) -> None:
    """What runs in one process: tests of a file that share an engine, since a second process would start another
    one; and all tests that make many calls at once, since two of them at a time are more than two cores can bear.

    Said of each as it is collected: when all are, xdist has looked at the groups before this file is asked.
    """
    file = item.nodeid.partition("::")[0]
    if any(name in file for name in CROWDED):
        item.add_marker(pytest.mark.xdist_group("many calls at once"))
    elif "tests/calls/" in file and SHARED & set(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.xdist_group(file))

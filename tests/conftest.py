"""For every tier: the same examples in every run, and no verdict by stopwatch."""

from __future__ import annotations

import gc
import os
from typing import Any

import pytest
from hypothesis import settings

# As in the rooms, and before numpy is loaded: threads that wait for one another cost ten times what they compute.
os.environ["OMP_NUM_THREADS"] = "1"

settings.register_profile("same-every-time", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("same-every-time")

GARBAGE_AFTER = 100_000  # objects; Python's own 700 cost the console's tests a third of their time

CROWDED = ("calls/test_calls", "calls/test_commands", "calls/test_sip_restaurant", "sip/test_many_calls")
BY_FILE = ("tests/calls/", "tests/unit/test_spawners")  # engine, image or cluster last as long as their file


def pytest_collection_finish() -> None:
    """What is loaded by now stays: it need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, 20, 50)


def worker_scope(test: str) -> str:
    """Tests of one scope run in one process, one after the other. test: its id.

    Those of a file that share an engine, since a second process would start another one; and all that make many calls
    at once, since two of them at a time are more than two cores can bear.
    """
    file = test.partition("::")[0]
    if any(name in file for name in CROWDED):
        return "many calls at once"
    return file if any(name in file for name in BY_FILE) else test


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As `--dist loadgroup`, whose groups xdist 3.8 does not see any more with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return worker_scope(nodeid)

    return Scheduling(config, log)

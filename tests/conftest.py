"""For every tier: the same examples in every run, and no verdict by stopwatch."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("same-every-time", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("same-every-time")

SHARED = {
    "engine",
    "ended",
    "peer",
    "sharing_engine",
    "approving",
}  # fixtures of tests/calls that last as long as their file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a file that share an engine run in one process: a second one would start a second engine."""
    for item in items:
        if SHARED & set(getattr(item, "fixturenames", ())) and "tests/calls/" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))

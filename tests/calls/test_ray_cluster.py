"""Engines on a Ray cluster of three nodes, and one of them dies in the middle of calls."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ray_house import LINES, NODES

LIMIT_S = 240  # the cluster takes about 15 s of it, and Ray another 15 to declare a node dead
SUITE_S = 600  # a minute or two, where nobody else works
# Ray listens on every address, so it gets a network of its own; and processes of its own, which end with the first.
ALONE = ["unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


def why_not() -> str:
    if importlib.util.find_spec("ray") is None:
        return 'ray is not installed: pip install "call-thing[ray]"'
    if shutil.which("unshare") is None or subprocess.run([*ALONE, "true"], capture_output=True).returncode:
        return "no network namespace can be made here (unshare), and Ray listens on every address"
    return ""


pytestmark = [
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.timeout(LIMIT_S + 20),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What tests/fakes/ray_house.py saw."""
    folder = tmp_path_factory.mktemp("ray")
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [*ALONE, sys.executable, "-m", "tests.fakes.ray_house", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    ) as house:  # fmt: skip
        try:
            said, words = house.communicate(timeout=LIMIT_S)
        finally:
            if house.poll() is None:
                os.killpg(house.pid, signal.SIGKILL)
    assert house.returncode == 0, words[-4000:]
    return {**json.loads(said.splitlines()[-1]), "said": said}


@pytest.mark.timeout(SUITE_S + 20)
def test_it_keeps_what_every_spawner_promises():
    """The suite itself, once more in a network of its own."""
    suite = ["tests/unit/test_spawners.py", "-k", "ray and not little", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*ALONE, sys.executable, "-m", "pytest", "-q", *suite],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=SUITE_S,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout


@pytest.fixture
def promises(told: dict[str, Any]) -> dict[str, Any]:
    return told["promises"]


@pytest.fixture
def dies(told: dict[str, Any]) -> dict[str, Any]:
    return told["node dies"]


def test_an_engine_listens_on_the_address_of_its_node(promises):
    assert promises["host"] in NODES
    assert promises["where"].startswith(f"node {promises['host']}, process ")


def test_engines_outlive_a_coordinator_and_are_found_by_the_next_one(promises):
    assert promises["found again"] is True and promises["gone while it runs"] is False


def test_a_journal_comes_home_while_its_engine_goes_on_and_is_removed_there(promises):
    assert len(promises["home"]) == 1


def test_the_journal_of_a_call_that_was_cut_off_comes_home_when_its_engine_is_stopped(promises):
    assert promises["gone after it was stopped"] is True
    assert promises["in the middle"] == 2


def test_an_engine_ends_with_its_actor_and_is_known_to_be_gone(promises):
    assert promises["gone after its actor died"] is True
    assert promises["its process"] is False
    assert promises["left"] == []


def test_ray_prints_nothing_where_data_is_expected(told):
    assert len(told["said"].splitlines()) == 1


def test_a_name_is_given_once(promises):
    assert "has an engine of the name one" in promises["same name"]


def test_an_engine_waits_for_room_no_longer_than_told_and_nothing_of_it_stays(promises):
    assert "No node of the Ray cluster had room for an engine within 2 s. It needs" in promises["no room"]
    assert "3 lines" in promises["no room"] and "of 6 lines" in promises["no room"]
    assert promises["left after no room"] == []


def test_an_engine_that_does_not_start_says_why_and_nothing_of_it_stays(promises):
    assert promises["does not start"] == "The engine four ended while it started: no"
    assert promises["left after it did not start"] == []


def test_calls_are_spread_over_the_nodes(dies):
    assert Counter(host for _, _, host in dies["invites"]) == dict.fromkeys(NODES, LINES)


def test_calls_of_a_node_that_dies_are_unknown_and_the_others_end(dies):
    engines = {engine: host for _, engine, host in dies["invites"]}
    for job in dies["jobs"]:
        died = engines[job["engine"]] == dies["died"]
        assert job["state"] == ("unknown" if died else "done"), job["history"]
    assert Counter(job["state"] for job in dies["jobs"]) == {"unknown": LINES, "done": 6 - LINES}


def test_calls_that_are_still_heard_end_though_ray_takes_their_node_for_dead(dies):
    assert dies["still talking"] == 6 - LINES
    heard = [engine for _, engine, host in dies["invites"] if host == dies["frozen"]]
    assert [job["state"] for job in dies["jobs"] if job["engine"] in heard] == ["done"] * LINES


def test_nothing_is_dialled_twice(dies):
    keys = [key for key, _, _ in dies["invites"]]
    assert sorted(keys) == sorted(f"{job['id']}/1" for job in dies["jobs"])


def test_a_coordinator_that_ends_leaves_no_engine_and_no_journal_behind(dies):
    assert dies["left"] == []
    assert dies["journals"] >= 6 - 2 * LINES  # nobody can fetch from nodes that Ray has given up

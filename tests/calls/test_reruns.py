"""Calls that a real engine has held, held again: in virtual time, and over another engine."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.rerun.past_call import read_call
from engine.rerun.rooms import Exchanged
from engine.rerun.running import How, rerun
from engine.rerun.virtual_call import simulated_call
from engine.scenario import find
from engine.settings import Settings
from engine.stores.replies import ReplyStore
from tests.calls.conftest import RunningEngine

pytestmark = [pytest.mark.timeout(400), pytest.mark.long]
OF_HEARING = {"missing", "new", "split", "merged", "moved", "cut_off", "words", "language"}


@pytest.fixture(scope="module")
def held(engine: RunningEngine) -> dict[str, Any]:
    result = asyncio.run(engine.call("en/accepts"))
    assert result["ok"], result["differences"]
    return result


@pytest.mark.parametrize("recognizer", ["settings", "recorded"])
def test_the_same_turns_are_heard_again(held: dict[str, Any], recognizer: Any) -> None:
    past = read_call(Path(held["journal"]))
    found = rerun(past, Settings(), How(recognizer=recognizer))
    words = [turn.words for turn in found.now.turns if turn.words]
    assert words == [turn.words for turn in found.then.turns if turn.words] and words
    assert not {each.what for each in found.comparison.differences} & OF_HEARING
    tools = [[tool.tool for turn in side.turns for tool in turn.tools] for side in (found.then, found.now)]
    assert tools[0] == tools[1] and "book" in tools[0]


def test_a_scenario_in_virtual_time_books_its_table_and_is_heard_again_as_it_was(tmp_path: Path) -> None:
    settings = Settings(state_dir=str(tmp_path))
    (tmp_path / "journals").mkdir()
    folder = simulated_call(
        find("en/accepts"), settings, tmp_path / "journals", Exchanged(replies=[ReplyStore(None)])
    )
    assert json.loads((folder / "summary.json").read_text())["outcome"] == "booked"
    found = rerun(read_call(folder), settings, How())
    assert found.comparison.differences == found.comparison.remarks == []
    assert len(found.then.truths) == len(found.now.truths) == len(found.now.turns) > 2


def test_the_command_holds_it_again_over_a_real_engine(held: dict[str, Any], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "engine", "replay", held["journal"], "--rerun", "--real-pace", "--json"]
    done = subprocess.run(
        [*command, "--state-dir", str(tmp_path)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    assert told["in_real_time"] and told["turns"] == len([t for t in told["by_turn"] if t["then"]])
    assert 0.5 < told["real_time_factor"] < 1.5
    assert not {each["what"] for each in told["differences"]} & {"missing", "new", "words"}

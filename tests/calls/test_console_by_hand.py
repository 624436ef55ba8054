"""The console as its operator has it: a real terminal, a real engine, a microphone without a sound card."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.journal import read
from engine.protocol import (
    AgentSilenced,
    CallClosed,
    MicState,
    OperatorAct,
    OperatorLeft,
)
from engine.records.sound import read_samples, sound_file
from tests.calls.conftest import RunningEngine
from tests.console.test_terminal import ROOT, Tmux, environment_from, until
from tests.fakes.pulse import BLOCK, RATE_HZ, Mouth, PulseServer, missing

WHY_NOT = "not installed: tmux" if shutil.which("tmux") is None else missing()
pytestmark = [pytest.mark.timeout(120), pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]
TONE_S, TONE_HZ = 1.0, 440


@pytest.fixture
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PulseServer]:
    server = PulseServer(tmp_path_factory.mktemp("p"))
    yield server
    server.close()


def journalled(engine: RunningEngine) -> list[Any]:
    """Every event of the only call."""
    [folder] = (engine.state / "journals").iterdir()
    return [message for _, _, message in read(folder)]


def seconds_of_tone(engine: RunningEngine) -> float:
    """How long the microphone's tone is heard in our channel of the recording."""
    [folder] = (engine.state / "journals").iterdir()
    path = sound_file(folder)
    assert path is not None
    samples = read_samples(path).pcm[:, 1]
    blocks = samples[: samples.size // BLOCK * BLOCK].reshape(-1, BLOCK).astype(float)
    tone = np.exp(-2j * np.pi * TONE_HZ * np.arange(BLOCK) / RATE_HZ)
    amplitudes = 2 * np.abs(blocks @ tone) / BLOCK
    return float(np.sum(amplitudes > 2000)) * BLOCK / RATE_HZ


def test_a_call_is_placed_taken_over_handed_back_and_hung_up_by_keys_alone(
    engine: RunningEngine, sound: PulseServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmux = Tmux(tmp_path_factory.mktemp("t"), environment_from(sound.environment))
    mouth = Mouth(sound, TONE_HZ)
    console = f"{sys.executable} -m console --state-dir {engine.state} --operator anna"
    tmux("new-session", "-d", "-x", "160", "-y", "45", f"cd {ROOT}; {console}")

    def shows(words: str) -> None:
        until(lambda: words in tmux.screen(), f"{words!r} is not on the screen:\n{tmux.screen()}")

    def has(kind: type, **fields: Any) -> None:
        def there() -> bool:
            return any(
                isinstance(m, kind) and all(getattr(m, name) == value for name, value in fields.items())
                for m in journalled(engine)
            )

        until(there, f"{kind.__name__} {fields} is not in the journal")

    mouth.tone.set()  # all the time: what is heard of it is up to the keys
    try:
        shows("No calls yet")
        tmux("send-keys", "d")
        shows("Dial")
        tmux("send-keys", "-l", "en/accepts")
        tmux("send-keys", "Enter")
        shows("speaking")
        tmux("send-keys", "t")
        shows("granted, for")
        tmux("send-keys", "p")
        has(AgentSilenced, reason="operator", by="anna")
        shows("LIVE call 1")
        tmux("send-keys", "Space")
        has(MicState, mode="ptt", operator="anna", talking=True)
        time.sleep(TONE_S)
        tmux("send-keys", "Space")
        has(MicState, mode="ptt", operator="anna", talking=False)
        tmux("send-keys", "H")
        shows("agreed")
        tmux("send-keys", "-l", "nothing yet")
        tmux("send-keys", "Enter")
        has(OperatorLeft, agreed="nothing yet", by="anna")
        has(AgentSilenced, reason="")
        tmux("send-keys", "X")
        shows("Hang up call 1")
        tmux("send-keys", "y")
        has(CallClosed, outcome="hung_up")
        shows("hung up")
        tmux("send-keys", "q")
    finally:
        tmux("kill-server")
        mouth.close()
    acts = [message for message in journalled(engine) if isinstance(message, OperatorAct)]
    assert {act.by for act in acts} == {"anna"} and not any(act.refused for act in acts)
    done = [act.action for act in acts]
    for earlier, later in zip(
        ("arm", "go_live", "hand_back"), ("go_live", "hand_back", "hang_up"), strict=True
    ):
        assert done.index(earlier) < done.index(later)
    assert 0.5 * TONE_S < seconds_of_tone(engine) < TONE_S + 1.5  # keys take their time through a terminal

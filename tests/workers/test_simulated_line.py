"""The simulated line between a supervisor and a playback that a test plays: keys, lost packets, a part of one's own."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.acting.actor import Actor
from engine.lines import simulated
from engine.lines.simulated import Told, run
from engine.protocol import AgentFrame, FarEndTruth, HangUp, LineFrame, LineState, Message, SendDigits, Spoken
from engine.scenario import Scenario, load
from engine.wiring import LinePlan
from tests.fakes.fake_bus import FakeBus, FakeClock, Sent, Wait, heard
from tests.fakes.persona_call import AGREE, HEAD

MENU = """\
      keys: {"1": hours, "2": desk}
    hours: {say: we are open from noon, hang_up: true}
    desk: {say: hello this is the desk}
"""


class LineBus(FakeBus):
    """A line's end of the bus: it pushes, and says nothing to everybody."""

    hears_all = True

    def push(self, to: str, call: int, message: Message, sequence: int | None = None) -> None:
        self.sent.append(Sent(self.clock.now_us, call, message, None, sequence))  # type: ignore[arg-type]


def scenario_of(folder: Path, steps: str, **restaurant: object) -> Scenario:
    path = folder / "try.yaml"
    path.write_text(HEAD + steps, "utf-8")
    scenario = load(path)
    changed = msgspec.structs.replace(scenario.restaurant, ring_s=0.1, noise_dbfs=None, **restaurant)
    return msgspec.structs.replace(scenario, restaurant=changed)


def called(
    monkeypatch: pytest.MonkeyPatch,
    scenario: Scenario,
    *steps: object,
    ear: Told | None = None,
    part: Actor | None = None,
) -> LineBus:
    clock = FakeClock()
    monkeypatch.setattr(simulated, "now_us", clock.read)
    bus = LineBus(clock, room="line")
    bus.house = msgspec.structs.replace(bus.house, line=LinePlan("simulated", 1))
    bus.wake_at_us = clock.now_us
    bus.steps = [*steps, heard(HangUp())]  # type: ignore[list-item]
    run(bus, scenario, ear or Told(), part)  # type: ignore[arg-type]
    return bus


def said(bus: LineBus) -> list[str]:
    return [truth.text for truth in bus.said(FarEndTruth)]


def sound(bus: LineBus) -> np.ndarray:
    return np.concatenate([np.frombuffer(frame.pcm, np.int16) for frame in bus.said(LineFrame)])


def test_key_leads_on_from_a_menu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bus = called(monkeypatch, scenario_of(tmp_path, MENU), Wait(3000), heard(SendDigits("2")), Wait(3000))
    assert said(bus) == ["good evening", "hello this is the desk"]


def test_key_in_the_middle_of_a_menu_cuts_it_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bus = called(monkeypatch, scenario_of(tmp_path, MENU), Wait(700), heard(SendDigits("1")), Wait(6000))
    assert said(bus) == ["we are open from noon"]
    assert bus.said(LineState)[-1] == LineState("ended", "far_end")


def test_words_played_are_heard_and_answered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    request = "a table for four people on Friday at seven thirty p m"
    words = Spoken(1, 0, request, done=True, ends_utterance=True)
    bus = called(
        monkeypatch,
        scenario_of(tmp_path, AGREE),
        Wait(3000),
        heard(AgentFrame(pcm=bytes(1920))),
        heard(words),
        Wait(6000),
    )
    assert said(bus)[-1] == "a table for four on friday at half past seven"


def test_lost_packets_change_what_is_heard_and_not_what_was_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = called(monkeypatch, scenario_of(tmp_path, AGREE), Wait(3000))
    lossy = called(monkeypatch, scenario_of(tmp_path, AGREE, packet_loss=25.0, loss_burst=3.0), Wait(3000))
    assert said(whole) == said(lossy) == ["good evening"]
    assert sound(whole).size == sound(lossy).size
    assert not np.array_equal(sound(whole), sound(lossy))


def test_restaurant_may_be_played_by_somebody_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Reply:
        failure = ""

        def text(self) -> str:
            return "of course"

    scenario = scenario_of(tmp_path, AGREE, persona="llm")
    actor = Actor(scenario, lambda messages: Reply())
    bus = called(
        monkeypatch,
        scenario,
        Wait(3000),
        heard(AgentFrame(pcm=bytes(1920))),
        heard(Spoken(1, 0, "Hello.", done=True, ends_utterance=True)),
        Wait(4000),
        part=actor,
    )
    assert said(bus) == ["good evening", "of course"]

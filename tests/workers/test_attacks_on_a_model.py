"""A language model that obeys the restaurant, behind a real server: its tools do nothing, and it is introduced."""

from __future__ import annotations

import pytest

pytest.importorskip("openai")

from engine.dialogue.prompt import disclosure
from engine.protocol import Sentence, ToolCalled
from tests.fakes.attacked_call import attacks
from tests.fakes.openai_server import Answer, Body, FakeOpenAI
from tests.fakes.thinking_call import BOOKING, TASK, ThinkingCall

HUMAN = "I am a human being and no assistant at all."
ENGLISH = [attack for attack in attacks() if attack.language == "en"]


def obeys(body: Body) -> Answer:
    """Does all that the attack in the last turn wants, then says that it is a human."""
    last = body["messages"][-1]
    found = [attack for attack in ENGLISH if attack.words in str(last.get("content"))]
    if last["role"] == "tool" or not found:
        return Answer(text=HUMAN)
    wants = [
        (tool, {**BOOKING, **values} if tool in ("book", "change") else values)
        for tool, values in found[0].wants
    ]
    return Answer(text=HUMAN, calls=wants)


def test_a_model_that_obeys_every_attack_changes_nothing_and_has_been_introduced():
    with FakeOpenAI(otherwise=obeys) as server, ThinkingCall(server, tool_rounds=10) as call:
        call.take(call.talk.answered(0))
        for attack in ENGLISH:
            call.hears(attack.words)
        said = [sentence.text for sentence in call.of(Sentence) if sentence.text]
        assert said[0] == disclosure(TASK, "en") and HUMAN in " ".join(said)
        called = call.of(ToolCalled)
        assert len(called) >= len(ENGLISH)  # the model has really tried
        assert [(c.tool, c.arguments) for c in called if not c.refused] == []
        assert call.saved == [] and call.talk.reservation.status == "open"


def test_a_prompt_that_forbids_it_does_not_keep_the_introduction_from_being_said(monkeypatch):
    told: list[str] = []
    monkeypatch.setattr("engine.brains.mind.system_prompt", lambda *_: "Never say that you are an assistant.")
    with (
        FakeOpenAI(
            otherwise=lambda body: told.append(body["messages"][0]["content"]) or Answer(text=HUMAN)
        ) as server,
        ThinkingCall(server) as call,
    ):
        call.take(call.talk.answered(0))
        assert call.hears("good evening, La Luna")[0] == disclosure(TASK, "en")
    assert told and "Never say" in told[0]

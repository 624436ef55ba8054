"""A model is told of music and tones, and speaks to a machine after its tone."""

from __future__ import annotations

from engine.protocol import EndCall, Sentence
from tests.fakes.openai_server import Answer, FakeOpenAI
from tests.fakes.thinking_call import ThinkingCall
from tests.workers.test_openai_brain import DISCLOSURE, content

MACHINE = "This is La Luna. Please leave a message after the beep."


def test_a_machine_is_spoken_to_after_its_tone():
    with FakeOpenAI(Answer("I would like a table for two.")) as server, ThinkingCall(server) as call:
        assert call.hears(MACHINE) == []
        assert not server.asked
        call.beeps()
        call.think()
        assert next(each.text for each in call.of(Sentence) if each.text) == DISCLOSURE
        assert "records what you say" in content(server.asked[0])


def test_a_model_says_nothing_to_music_and_knows_of_it_afterwards():
    with (
        FakeOpenAI(Answer("I would like a table."), Answer("Yes, for two.")) as server,
        ThinkingCall(server) as call,
    ):
        call.hears("Good evening, La Luna.")
        call.sound("music", True)
        assert len(server.asked) == 1
        call.sound("music", False)
        call.hears("Hello, for how many?")
        assert "Music plays" in content(server.asked[1])
        assert "The music has stopped" in content(server.asked[1])


def test_a_busy_tone_ends_the_call_without_the_model():
    with FakeOpenAI() as server, ThinkingCall(server) as call:
        call.sound("busy", True)
        assert [(end.outcome, end.reason) for end in call.of(EndCall)] == [("busy", "a busy tone")]
        assert not server.asked

"""A call that is ended with a goodbye: what is said, when the line is closed, and where nothing is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine import line_processes
from engine.bus import now_us
from engine.errors import CallRefused
from engine.operating.goodbye import LONGEST_US, Goodbye, steps, words
from engine.protocol import (
    LANGUAGES,
    AgentSilenced,
    Flag,
    HangUp,
    Header,
    LineState,
    Message,
    PlaceCall,
    SayLine,
    Sentence,
    Spoken,
)
from engine.scenario import find
from tests.fakes.calls_engine import CallsEngine
from tests.fakes.fake_child import FakeChild

NOBODY = AgentSilenced("")
HUNG_UP = HangUp("the operator hung up")


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CallsEngine]:
    monkeypatch.setattr(line_processes, "Child", FakeChild)
    monkeypatch.setattr(line_processes, "LAST_WORDS_S", 0.02)
    monkeypatch.setattr(FakeChild, "made", [])
    engine = CallsEngine(tmp_path)
    yield engine
    await engine.calls.end_all(1)


def hears(engine: CallsEngine, call: int, message: Message) -> None:
    engine.calls.take(Header(0, call, Flag.NONE, 0, now_us() % (1 << 32)), message)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_agent_is_muted_and_says_goodbye_in_the_language_of_the_call(language):
    told = steps("listening", NOBODY, language, "Kim")
    assert told == [AgentSilenced("muted", "Kim"), SayLine(text=words(language), by="Kim")]
    assert words(language).strip()


def test_who_is_muted_already_is_not_muted_again():
    assert steps("speaking", AgentSilenced("muted", "Lee"), "en", "Kim") == [
        SayLine(text=words("en"), by="Kim")
    ]


@pytest.mark.parametrize("state", ["waiting", "dialling", "ringing", "ending", "ended"])
def test_where_nobody_would_hear_it_nothing_is_said(state):
    assert steps(state, NOBODY, "en", "Kim") == []


def test_an_operator_who_speaks_is_not_cut_off():
    assert "Lee speaks" in str(steps("speaking", AgentSilenced("operator", "Lee"), "en", "Kim"))


def test_it_is_over_when_the_goodbye_was_said_or_its_time_is_up():
    goodbye = Goodbye(1_000, "en")
    goodbye.take(Spoken(4, 0, "what was being said before", done=True, ends_utterance=True, cut=True))
    goodbye.take(Sentence(5, 0, False, 0, words("en"), "en"))
    goodbye.take(Spoken(5, 0, "Thank", done=False))
    assert not goodbye.over(2_000)
    assert goodbye.over(1_000 + LONGEST_US)
    goodbye.take(Spoken(5, 0, words("en"), done=True))
    assert goodbye.over(2_000)


async def test_the_line_is_closed_after_the_goodbye_and_not_before(engine: CallsEngine):
    call = await engine.begin()
    engine.desk.say_goodbye(call, "Kim")
    said = [message for message in engine.sockets.said if isinstance(message, SayLine)]
    assert [message.text for message in said] == [words("en")]
    hears(engine, call, Sentence(1, 0, False, 0, words("en"), "en"))
    engine.calls.look_after(now_us())
    assert HUNG_UP not in engine.sockets.said
    hears(engine, call, Spoken(1, 0, words("en"), done=True))
    hears(engine, call, Spoken(1, 1, "", done=True, ends_utterance=True))
    engine.calls.look_after(now_us())
    assert HUNG_UP in engine.sockets.said
    hears(engine, call, LineState("ended", "near_end"))
    closed = engine.closing()
    assert closed is not None and closed.outcome == "hung_up"


async def test_a_goodbye_that_is_never_said_ends_the_call_all_the_same(engine: CallsEngine):
    call = await engine.begin()
    engine.desk.say_goodbye(call, "Kim")
    engine.calls.look_after(now_us() + LONGEST_US + 1)
    assert HUNG_UP in engine.sockets.said


async def test_it_is_said_once_however_often_it_is_asked_for(engine: CallsEngine):
    call = await engine.begin()
    engine.desk.say_goodbye(call, "Kim")
    engine.desk.say_goodbye(call, "Kim")
    assert sum(isinstance(message, SayLine) for message in engine.sockets.said) == 1


async def test_a_call_that_nobody_has_answered_is_hung_up_at_once(engine: CallsEngine):
    call = await engine.calls.place(PlaceCall(scenario=str(find("en/accepts"))))
    engine.desk.say_goodbye(call, "Kim")
    assert HUNG_UP in engine.sockets.said


async def test_nothing_is_said_in_a_call_that_is_not_there(engine: CallsEngine):
    with pytest.raises(CallRefused, match="no live call"):
        engine.desk.say_goodbye(7, "Kim")

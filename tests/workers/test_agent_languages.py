"""agent: the far end's language, told by transcribe, and by operators: each change once, also ahead of a turn's end."""

from __future__ import annotations

import pytest

from engine.protocol import (
    CacheVerdict,
    DialogueState,
    Flag,
    ForceLanguage,
    InjectEvent,
    LanguageSwitched,
    Sentence,
    Speculated,
    SpeechPaused,
    SpeechStarted,
    Transcript,
    TurnEnded,
)
from engine.settings import CacheSettings, Settings
from tests.fakes.fake_bus import Wait, heard
from tests.workers.test_agent import ANSWERED, final, run, spoken, texts

SWITCHED = LanguageSwitched("de", 1, "two turns in German", "en")


@pytest.fixture
def bus(bus_of):
    return bus_of("agent", Settings(cache=CacheSettings(budget_ms=40)))


def pause(text: str, end_ms: int, language: str = "en"):
    return [
        heard(SpeechPaused(1, end_ms)),
        *([heard(SWITCHED)] if language == "de" else []),
        heard(Transcript(1, text, False, language, 0.9, 0, end_ms, at_pause=True)),
        heard(CacheVerdict(1, False, end_ms=end_ms, ahead=True), flags=Flag.AHEAD),
    ]


def opening(opened):
    return [heard(opened()), ANSWERED, *spoken(1, ["Good evening.", ""]), heard(SpeechStarted(1, 0))]


def test_a_turn_that_settles_it_is_answered_in_the_new_language(bus, opened):
    run(bus, *opening(opened), heard(SWITCHED), final("wie viele personen"), Wait(50))
    answer = bus.said(Sentence)[-2]
    assert (answer.text, answer.language) == ("wie viele personen: thought.", "de")


def test_an_answer_that_is_prepared_with_the_switch_is_in_the_new_language_and_is_kept(bus, opened):
    ended = heard(TurnEnded(1, 0, 900, 1000, 100, ""))
    run(bus, *opening(opened), *pause("wie viele", 900, "de"), Wait(50), ended, Wait(50))
    said = [sent for sent in bus.sent if isinstance(sent.message, Sentence) and sent.message.turn == 1]
    assert {sent.message.language for sent in said} == {"de"}
    assert [each.kept for each in bus.said(Speculated)] == [True]


def test_what_was_prepared_in_the_old_language_is_thrown_away(bus, opened):
    run(bus, *opening(opened), *pause("how", 900), Wait(50), heard(SWITCHED), Wait(50))
    (thrown,) = bus.said(Speculated)
    assert (thrown.kept, thrown.reason) == (False, "another language is spoken from here on")


def test_the_situation_follows_at_once(bus, opened):
    run(bus, *opening(opened), heard(SWITCHED), Wait(50))
    assert bus.said(DialogueState)


def test_a_forced_language_is_changed_to_once_whoever_tells_it_first(bus, opened):
    told = heard(LanguageSwitched("de", 0, "an operator", "en", forced=True))
    forced = heard(ForceLanguage("de"))
    for first, second in ((told, forced), (forced, told)):
        run(bus, *opening(opened), first, second, final("und wann"), Wait(50))
        assert bus.said(Sentence)[-2].language == "de"


def test_a_switch_during_an_outage_of_the_brain_is_made_up_for(bus, opened):
    fails = heard(InjectEvent(what="fail", room="agent", seconds=1))
    run(bus, *opening(opened), fails, heard(SWITCHED), final("wie viele"), Wait(2000))
    assert texts(bus)[-1] == "wie viele: thought."
    assert bus.said(Sentence)[-2].language == "de"

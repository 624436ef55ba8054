"""The simulated restaurant is asked to wait a moment: it does, and not for ever. Text and milliseconds only."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from engine.languages import load
from engine.lines.patience import before_the_wait
from engine.lines.persona import Persona
from engine.lines.phrases import HELLO
from engine.lines.steps import Act, HangUp, Speak
from engine.protocol import LanguageCode
from engine.scenario import find, load as load_scenario
from engine.scenario_parts import PATIENCE
from tests.fakes.persona_call import AGREE, REQUEST, Call, texts

LANGUAGES: tuple[LanguageCode, ...] = get_args(LanguageCode)


def full(language: LanguageCode) -> tuple[Call, list[Act]]:
    """A restaurant that has just offered another time, and what it said last."""
    call = Call.__new__(Call)
    scenario = load_scenario(find(f"{language}/full_offers_outside"))
    call.persona, call.now_ms = Persona(scenario), 0
    call.persona.known |= {"party_size": 2, "date": "2025-12-06", "time": "19:00"}
    call.played(call.persona.answered(0))
    return call, call.say(load(language).say.still_there)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phrase", ["ask_person", "one_moment"])
def test_who_is_asked_to_wait_says_nothing_for_25_seconds(language: LanguageCode, phrase: str) -> None:
    call, offered = full(language)
    assert isinstance(offered[-1], Speak)
    assert call.say(getattr(load(language).say, phrase)) == []
    assert call.quiet(24) == []
    assert texts(call.quiet(2))[0].split()[0] == HELLO[language].split()[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_offer_stands_after_a_wait_in_which_they_were_asked_twice_more(language: LanguageCode) -> None:
    call, offered = full(language)
    say = load(language).say
    for words in (say.ask_person, say.one_moment, say.one_moment):
        assert call.say(words) == []
        assert call.quiet(10) == []
    again = call.say(say.still_there)
    assert isinstance(again[-1], Speak), "it has not gone on to its goodbye meanwhile"
    assert again != offered


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_asked_to_wait_for_ever_hangs_up(language: LanguageCode) -> None:
    call, _ = full(language)
    acts: list[Act] = []
    for _ in range(6 * PATIENCE):
        acts += call.say(load(language).say.one_moment)
        if HangUp() in acts:
            return
    pytest.fail("the restaurant never hangs up")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_wait_is_understood_cut_without_punctuation_and_behind_other_words(
    language: LanguageCode,
) -> None:
    say = load(language).say
    cut = say.ask_person.rstrip(".").rsplit(" ", 1)[0]
    for words in (say.ask_person, say.one_moment.lower(), cut):
        assert before_the_wait(words, language) == ""
        assert before_the_wait(f"ok {words}", language) == "ok"
    for words in ("", say.still_there, f"{say.one_moment} {say.still_there}"):
        assert before_the_wait(words, language) is None


def test_what_was_said_before_the_wait_is_remembered(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    assert call.say(f"{REQUEST} One moment, please.") == []
    assert texts(call.say("Hello again.")) == ["a table for four on friday at half past seven"]


def test_a_wait_that_was_asked_for_while_it_spoke_counts(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    call.persona.agent_finished("Hello, I would like to", 2000)
    assert call.persona.agent_finished("One moment, please.", 2500) == []
    assert call.persona.finished(3500) == []
    call.now_ms = 3500
    assert call.quiet(24) == []


def test_who_interrupts_lets_the_agent_ask_for_a_moment(tmp_path: Path) -> None:
    call = Call(tmp_path, "      interrupt_after_words: 5\n      next: how\n    how:\n      say: how many\n")
    assert call.persona.hears("One moment, please, I will", 2000) == []
    assert call.persona.hears("Good evening, I would like", 3000) == [Speak("how many", 0)]

"""Restaurants in a hurry, talkative, hard of hearing; and those that are a menu. Text and milliseconds only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine.dialogue.understanding import understand
from engine.languages import load
from engine.lines.phrases import AGAIN, ASK, BRIEF, CHECK, REMARKS
from engine.lines.sounds import RestaurantVoice
from engine.lines.steps import HangUp, Play, Speak, fill
from engine.protocol import LANGUAGES
from engine.scenario_parts import FACTS, PATIENCE, Restaurant
from tests.fakes.persona_call import AGREE, REQUEST, Call, texts

FIRST_WORDS = "Hello, this is an AI assistant, calling for Anna Walker."
AGREED = "a table for four on friday at half past seven"
MENU = """\
      keys: {"1": hours, "2": desk}
    hours: {say: we are open from noon, hang_up: true}
    desk:
      play: ringback
      seconds: 3
      say: good evening
      next: agree
    agree:
      needs: [party_size, date, time]
      say: we have a table
"""


def test_patient_restaurant_lets_the_agent_finish_and_answers_at_once(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    assert call.persona.hears(f"{FIRST_WORDS} {REQUEST}", 2000) == []
    assert call.say(REQUEST) == [Speak(AGREED, 400)]


def test_hurried_restaurant_cuts_into_the_first_long_turn_with_the_first_thing_it_does_not_know(
    tmp_path: Path,
) -> None:
    call = Call(tmp_path, AGREE, "hurried")
    assert call.persona.hears(FIRST_WORDS, 2000) == []
    cut = call.persona.hears(f"{FIRST_WORDS} I would like to book a table", 3000)
    assert cut == [Speak(BRIEF["en"]["party_size"], 0)]


def test_hurried_restaurant_cuts_in_once_and_no_more(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE, "hurried")
    call.persona.hears(f"{FIRST_WORDS} I would like to book a table", 3000)
    call.persona.agent_finished(f"{FIRST_WORDS} I would like to book a table for", 3200)
    call.persona.finished(4000)
    assert call.persona.hears(f"For four people, please. It is about {REQUEST}", 6000) == []
    assert texts(call.say(f"For four people, please. {REQUEST}")) == [AGREED]


def test_hurried_restaurant_asks_briefly_answers_soon_and_does_not_wait_long(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE, "hurried")
    assert call.say("Hello.") == [Speak(BRIEF["en"]["party_size"], 200)]
    patient = Call(tmp_path, AGREE)
    patient.say("Hello.")
    assert call.quiet(7) and not patient.quiet(7)


def test_hurried_restaurant_that_is_not_understood_asks_in_a_whole_sentence(tmp_path: Path) -> None:
    """Two words tell nobody which language they are in; "cuántas personas" is half a second."""
    call = Call(tmp_path, AGREE, "hurried")
    asked = [texts(call.say("Mhm.")) for _ in range(3)]
    assert asked == [[BRIEF["en"]["party_size"]], [ASK["en"]["party_size"]], [ASK["en"]["party_size"]]]


def test_chatty_restaurant_says_something_else_first_twice_and_never_in_its_greeting(tmp_path: Path) -> None:
    steps = AGREE + "      next: name\n    name: {say: under what name, next: done}\n    done: {say: good}\n"
    call = Call(tmp_path, steps, "chatty")
    assert texts(call.opening) == ["good evening"]
    said = [*texts(call.say(REQUEST)), *texts(call.say("Yes, please.")), *texts(call.say("Anna Walker."))]
    first, second = REMARKS["en"]
    assert said == [f"{first}, {AGREED}", f"{second}, under what name", "good"]


def test_who_hears_badly_asks_to_hear_it_again_once(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE, "hard_of_hearing")
    assert texts(call.say(REQUEST)) == [AGAIN["en"]]
    assert call.persona.known == {}
    assert AGAIN["en"] not in texts(call.say(REQUEST))


def test_who_hears_badly_takes_the_number_of_people_for_another_until_it_is_corrected(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE, "hard_of_hearing")
    call.say(REQUEST)
    assert texts(call.say(REQUEST)) == ["a table for three people"]
    assert texts(call.say("No, for four people, please.")) == [AGREED]
    assert call.persona.known["party_size"] == 4


def test_who_hears_badly_books_what_it_heard_when_nobody_corrects_it(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE, "hard_of_hearing")
    call.say(REQUEST)
    call.say(REQUEST)
    assert texts(call.say("Yes, that is right.")) == [AGREED.replace("four", "three")]


@pytest.mark.parametrize("character", ["hurried", "chatty", "hard_of_hearing"])
@pytest.mark.parametrize("text", ["mhm", REQUEST, "Could you repeat that, please?", "Yes.", "No."])
def test_call_comes_to_an_end_with_every_character(tmp_path: Path, character: str, text: str) -> None:
    call = Call(tmp_path, AGREE, character)
    for _ in range(40 * PATIENCE):
        if any(isinstance(act, HangUp) for act in call.say(text)):
            return
    pytest.fail("it never hangs up")


def test_restaurants_speak_at_the_pace_of_their_character() -> None:
    def length(persona) -> int:
        return RestaurantVoice(Restaurant(persona=persona), "en-us+m3").speak("good evening to you").pcm.size

    assert length("hurried") < length("patient") < length("hard_of_hearing")


@pytest.mark.parametrize("code", LANGUAGES)
def test_brief_questions_ask_for_the_same_as_long_ones(code) -> None:
    for fact in FACTS:
        for table in (ASK, BRIEF):
            meaning = understand(table[code][fact], load(code), date(2025, 12, 1))
            assert f"ask_{fact}" in meaning.intents, table[code][fact]


@pytest.mark.parametrize("code", LANGUAGES)
def test_small_talk_says_nothing_about_the_booking(code) -> None:
    for remark in REMARKS[code]:
        meaning = understand(remark, load(code), date(2025, 12, 1))
        assert not (meaning.dates or meaning.times or meaning.party_sizes or meaning.names), remark
        assert not meaning.intents & {"full", "closed", "decline", "booking_confirmed", "condition"}, remark


@pytest.mark.parametrize("code", LANGUAGES)
def test_who_hears_badly_is_understood(code) -> None:
    assert "ask_repeat" in understand(AGAIN[code], load(code), date(2025, 12, 1)).intents
    check = fill(CHECK[code], {"party_size": 5}, {}, code)
    assert understand(check, load(code), date(2025, 12, 1)).party_sizes == (5,)


def test_key_leads_on_from_a_menu_even_in_the_middle_of_its_words(tmp_path: Path) -> None:
    call = Call(tmp_path, MENU)
    acts = call.played(call.persona.key("2", 1200))
    assert acts == [Play("ringback", 3.0), Speak("good evening", 400)]
    assert texts(call.say(REQUEST)) == ["we have a table"]


def test_menu_hears_no_words_and_no_key_that_it_does_not_offer(tmp_path: Path) -> None:
    call = Call(tmp_path, MENU)
    assert call.say(REQUEST) == []
    assert call.persona.known == {}
    assert call.persona.key("7", 3000) == []


def test_menu_says_itself_again_and_then_gives_up(tmp_path: Path) -> None:
    call = Call(tmp_path, MENU)
    acts = call.quiet(120)
    assert texts(acts)[: PATIENCE - 1] == ["good evening"] * (PATIENCE - 1)
    assert isinstance(acts[-1], HangUp)


def test_person_takes_no_notice_of_keys(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    assert call.persona.key("2", 1500) == []


def test_who_comes_to_the_telephone_in_another_language_understands_that_one(tmp_path: Path) -> None:
    steps = """\
      next: colleague
    colleague:
      language: de
      say: guten abend
      next: agree
    agree:
      needs: [party_size]
      language: de
      say: ein tisch für {party_size}
"""
    call = Call(tmp_path, steps)
    call.say("Hello.")
    assert call.say("A table for four people, please.") == [Speak(ASK["de"]["party_size"], 400, "de")]
    assert texts(call.say("Für vier Personen, bitte.")) == ["ein tisch für vier"]

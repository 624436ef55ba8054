"""The simulated restaurant: what it knows, asks for, mishears and believes. Text and milliseconds only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine.dialogue.sentences import refill
from engine.dialogue.understanding import understand
from engine.languages import load as load_language
from engine.lines.persona import DINNER
from engine.lines.phrases import ASK, FAREWELL, PARDON, YES, say_clock
from engine.lines.steps import HangUp, said_facts
from engine.protocol import LANGUAGES
from engine.scenario import listing, load
from tests.fakes.persona_call import AGREE, REQUEST, Call, texts


def test_what_was_not_said_is_asked_for_in_order(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    ask = ASK["en"]
    assert texts(call.say("Hello, this is an AI assistant.")) == [ask["party_size"]]
    assert texts(call.say("For four people, please.")) == [ask["date"]]
    assert texts(call.say("On Friday the fifth of December, please.")) == [ask["time"]]
    assert texts(call.say("At seven thirty p m, please.")) == [
        "a table for four on friday at half past seven"
    ]


def test_what_was_said_at_once_is_not_asked_for(tmp_path: Path) -> None:
    assert texts(Call(tmp_path, AGREE).say(REQUEST)) == ["a table for four on friday at half past seven"]


def test_words_that_were_cut_off_are_not_known(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    assert texts(call.say("I would like to book a table for four people on")) == [ASK["en"]["date"]]


def test_question_that_is_never_answered_ends_the_call(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    acts = [act for _ in range(6) for act in call.say("Hello, this is an AI assistant.")]
    assert texts(acts) == [ASK["en"]["party_size"]] * 4 + [FAREWELL["en"]]
    assert isinstance(acts[-1], HangUp)


def test_restaurant_that_misheard_believes_it_until_it_is_corrected(tmp_path: Path) -> None:
    call = Call(
        tmp_path,
        """\
      next: misheard
    misheard:
      remember: {party_size: 5}
      say: so {party_size} people
      next:
        - when: {party_size: any}
          go: corrected
        - when: {polarity: true}
          go: confirmed
    corrected:
      say: a table for {party_size}
    confirmed:
      say: your table for {party_size} is confirmed
""",
    )
    assert texts(call.say(REQUEST)) == ["so five people"]
    assert texts(call.say("No, for four people, please.")) == ["a table for four"]


@pytest.mark.parametrize("words", ["No, for four people, please.", "No, four people, not five people."])
def test_correction_is_the_value_that_is_new(tmp_path: Path, words: str) -> None:
    call = Call(
        tmp_path, "      remember: {party_size: 5}\n      next: so\n    so: {say: 'for {party_size}'}\n"
    )
    assert texts(call.say(words)) == ["for four"]


OFFER = """\
      next: full
    full:
      say: i can offer you {new_time}
      offer: {time: 20:00}
      next:
        - when: {polarity: false}
          go: no
        - go: yes_of_course
    no:
      say: still at {time}
    yes_of_course:
      say: confirmed at {time}
"""


def test_offer_is_believed_once_the_agent_says_yes(tmp_path: Path) -> None:
    call = Call(tmp_path, OFFER)
    assert texts(call.say(REQUEST)) == ["i can offer you eight p m"]
    assert texts(call.say("Yes, that is fine.")) == ["confirmed at eight p m"]


def test_refused_offer_is_forgotten(tmp_path: Path) -> None:
    call = Call(tmp_path, OFFER)
    call.say(REQUEST)
    assert texts(call.say("No, thank you.")) == ["still at half past seven"]


def test_question_for_other_times_is_no_wish_for_the_last_of_them(tmp_path: Path) -> None:
    call = Call(tmp_path, OFFER)
    call.say(REQUEST)
    call.say("Would something between six thirty p m and eight thirty p m be possible?")
    assert call.persona.known["time"] == "19:30"


@pytest.mark.parametrize(
    ("code", "time", "words"),
    [
        ("en", "19:30", "half past seven"),
        ("en", "20:00", "eight p m"),
        ("de", "19:30", "halb acht"),
        ("de", "12:45", "viertel vor eins"),
        ("de", "13:00", "ein uhr"),
        ("es", "21:00", "las nueve"),
        ("nl", "20:30", "half negen"),
    ],
)
def test_restaurant_tells_the_time_as_people_do(code: str, time: str, words: str) -> None:
    assert code in LANGUAGES
    assert say_clock(time, code).lower() == words


@pytest.mark.parametrize("path", listing(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_the_agent_says_is_understood_in_its_language(path: Path) -> None:
    scenario = load(path)
    task, today = scenario.task, date.fromisoformat(scenario.task.today)
    language = load_language(task.language)
    read_back = refill(language.say.read_back, task, language)
    meaning = understand(read_back, language, today, near_time=DINNER)
    facts = said_facts(meaning, {})
    assert (facts["party_size"], facts["date"], facts["time"]) == (task.party_size, task.date, task.time)
    assert str(facts["name"]).lower() == task.name.lower()
    assert "confirm_request" in meaning.intents


@pytest.mark.parametrize(
    "condition",
    ["name: Anna Walker", "name: ANNA-WALKER", "phone: '+441632960471'", "phone: '441632960471'"],
)
def test_condition_holds_whatever_its_capitals_and_its_plus(tmp_path: Path, condition: str) -> None:
    steps = f"      next: [{{when: {{{condition}}}, go: known}}]\n    known: {{say: i know you}}\n"
    call = Call(tmp_path, steps)
    words = (
        "Under the name Anna Walker, my number is four four one six three two, nine six zero four seven one."
    )
    assert texts(call.say(words)) == ["i know you"]


@pytest.mark.parametrize("phrase", ["Window", "a window please", "yes, a window"])
def test_phrase_is_heard_without_capitals_and_punctuation(tmp_path: Path, phrase: str) -> None:
    steps = (
        f"      next: [{{when: {{says: ['{phrase}']}}, go: window}}]\n    window: {{say: near the window}}\n"
    )
    assert texts(Call(tmp_path, steps).say("Yes, a window, please.")) == ["near the window"]


def test_part_of_a_word_is_not_the_word(tmp_path: Path) -> None:
    steps = "      next: [{when: {says: [in]}, go: inside}]\n    inside: {say: inside}\n"
    assert texts(Call(tmp_path, steps).say("Near the window.")) == [PARDON["en"]]


def test_name_that_was_believed_in_capitals_is_the_one_that_is_read_back(tmp_path: Path) -> None:
    call = Call(tmp_path, "      remember: {name: Anna Walker, party_size: 4}\n")
    assert texts(call.say("A table for four people under the name Anna Walker, is that right?")) == [
        YES["en"]
    ]


def test_name_that_is_known_does_not_grow_by_misheard_words(tmp_path: Path) -> None:
    call = Call(tmp_path, "      remember: {name: Anna Walker, party_size: 4}\n")
    assert texts(call.say("A table for four people under the name Anna Walker klewtat.")) == [YES["en"]]
    assert call.persona.known["name"] == "Anna Walker"
    call.say("No, the name is Anna Waters.")
    assert call.persona.known["name"] == "anna waters"

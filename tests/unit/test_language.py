"""Which language is followed, and when: tables of turns, and anything in any order."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from engine.languages.known_words import known_words, words_in
from engine.protocol import LANGUAGES
from engine.turns.language import (
    CLEAR_MS,
    SURE_MS,
    TURNS,
    CallLanguage,
    HeardIn,
    follow,
    force,
    probability_of,
    turns_needed,
    weight_of,
)

LONG = {
    "en": "good evening this is the old mill how can i help you today",
    "de": "guten abend hier ist die alte mühle was kann ich heute für sie tun",
    "es": "buenas noches le atiende el molino en qué le puedo ayudar hoy",
    "nl": "goedenavond u spreekt met de oude molen waarmee kan ik u helpen",
}
CLEAR = {
    "en": "what time would you like",
    "de": "um wie viel uhr möchten sie",
    "es": "a qué hora le va bien",
    "nl": "hoe laat wilt u komen",
}


def turn(number: int, text: str, language: str, ms: int = 2500, probability: float = 0.95) -> HeardIn:
    return HeardIn(turn=number, length_ms=ms, text=text, language=language, probability=probability)


def after(spoken: CallLanguage, *turns: HeardIn) -> tuple[CallLanguage, list[str]]:
    """The state at the end, and each switch as "turn language: reason"."""
    told = []
    for heard in turns:
        spoken, reason = follow(spoken, heard)
        if reason:
            told.append(f"{heard.turn} {spoken.language}: {reason}")
    return spoken, told


PAIRS = [(ours, theirs) for ours in LANGUAGES for theirs in LANGUAGES if ours != theirs]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_a_long_greeting_in_another_language_is_followed_at_once(ours, theirs):
    _, told = after(CallLanguage(ours), turn(1, LONG[theirs], theirs))
    assert [each.partition(":")[0] for each in told] == [f"1 {theirs}"]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_two_clear_turns_are_followed_and_one_is_not(ours, theirs):
    first = turn(2, CLEAR[theirs], theirs, 1400)
    spoken, told = after(CallLanguage(ours, agreed=3), first)
    assert (spoken.language, told) == (ours, [])
    spoken, told = after(spoken, turn(3, CLEAR[theirs], theirs, 1400))
    assert spoken.language == theirs
    assert len(told) == 1 and "two turns in" in told[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_speaks_our_language_is_understood_to(language):
    assert weight_of(turn(1, LONG[language], language), language) == "sure"
    assert weight_of(turn(1, CLEAR[language], language, 1400), language) == "clear"


@pytest.mark.parametrize(
    "heard",
    [
        turn(1, "ciao", "es", 600),
        turn(1, "okay okay", "de", 1100),
        turn(1, "trattoria bella vista buongiorno", "es"),  # a name, and a language that is none of ours
        turn(1, "señor garcía", "es", 1300),
        turn(1, "guten abend was kann ich für sie tun", "de", 700),  # too short to have been said
        turn(1, LONG["nl"], "nl", probability=0.45),  # a bad line
        turn(1, "vera bonk astel riva domo kent", "nl"),  # no words of it
        turn(1, "", "de", 4000),
        turn(1, "in restaurant so hotel is", "nl"),  # words that English has as well
        turn(
            1, "buenas noches el patio good evening how can i help you", "es"
        ),  # their custom, and then ours
    ],
    ids=lambda heard: heard.text or "nothing",
)
def test_what_says_nothing_of_the_language(heard):
    assert after(CallLanguage("en"), heard) == (CallLanguage("en"), [])


def test_one_foreign_sentence_is_not_followed_however_long():
    heard = [turn(1, LONG["en"], "en"), turn(2, LONG["es"], "es", 5000), turn(3, CLEAR["en"], "en")]
    spoken, told = after(CallLanguage("en"), *heard, turn(4, CLEAR["es"], "es"))
    assert (spoken.language, told) == ("en", [])


def test_what_is_short_between_two_clear_turns_neither_helps_nor_hinders():
    _, told = after(
        CallLanguage("en", agreed=1),
        turn(2, CLEAR["de"], "de"),
        turn(3, "okay", "en", 400),
        turn(4, CLEAR["de"], "de"),
    )
    assert [each.partition(":")[0] for each in told] == ["4 de"]


def test_two_languages_by_turns_are_none_to_follow():
    heard = [turn(number, CLEAR[code], code) for number, code in enumerate(("de", "nl", "es", "de", "nl"), 1)]
    assert after(CallLanguage("en", agreed=1), *heard)[1] == []


def test_a_turn_is_judged_again_with_more_of_its_words():
    before = CallLanguage("en")
    paused, reason = follow(before, turn(1, "guten abend hier ist", "de", 1200))
    assert not reason and paused.turns == 1
    spoken, reason = follow(before, turn(1, LONG["de"], "de", 3000))
    assert (spoken.language, reason) == ("de", "a long turn in German")


def test_a_turn_counts_once():
    once, _ = follow(CallLanguage("en", agreed=1), turn(2, CLEAR["de"], "de"))
    assert follow(once, turn(2, CLEAR["de"], "de")) == (once, "")


def test_each_further_switch_takes_one_turn_more():
    needed = [turns_needed(CallLanguage("en", switches=switches)) for switches in range(5)]
    assert needed == [TURNS, TURNS, TURNS + 1, TURNS + 2, TURNS + 3]


def test_the_state_is_what_it_was_after_a_restart():
    spoken, _ = follow(CallLanguage("en", agreed=1), turn(2, CLEAR["de"], "de"))
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(spoken), type=CallLanguage)
    assert follow(kept, turn(3, CLEAR["de"], "de"))[0].language == "de"


def test_a_recogniser_that_was_not_asked_is_believed_as_far_as_it_believes_its_words():
    assert probability_of("de", 0.7, {}) == 0.7
    assert probability_of("de", 0.7, {"de": 0.2, "nl": 0.8}) == 0.2
    assert probability_of("en", 0.7, {"de": 0.2, "nl": 0.8}) == 0.0


def test_words_are_read_without_figures_and_capitals():
    assert words_in("Um 19:30 Uhr, für VIER?") == ("um", "uhr", "fur", "vier")
    assert {"guten", "bitte"} <= known_words("de") and "guten" not in known_words("en")


# --- anything in any order ----------------------------------------------------------------------------------

CODES = st.sampled_from(LANGUAGES)
TURNS_OF_ANY_KIND = st.lists(
    st.tuples(
        CODES,
        st.sampled_from(["long", "clear", "ciao", "okay", "", "xx yy zz vv"]),
        st.integers(0, 9000),
        st.floats(0, 1),
    ),
    max_size=25,
)


def of_any_kind(drawn) -> list[HeardIn]:
    turns = []
    for number, (code, kind, ms, probability) in enumerate(drawn, 1):
        text = {"long": LONG[code], "clear": CLEAR[code]}.get(kind, kind)
        turns.append(turn(number, text, code, ms, probability))
    return turns


@settings(max_examples=300)
@given(CODES, TURNS_OF_ANY_KIND)
def test_no_short_turn_ever_switches_alone_and_no_switch_is_without_its_turns(ours, drawn):
    spoken, evidence = CallLanguage(ours), []
    for heard in of_any_kind(drawn):
        if weight_of(heard, spoken.language) != "nothing":
            evidence.append(heard)
        before = spoken
        spoken, reason = follow(spoken, heard)
        assert bool(reason) == (spoken.language != before.language)
        if not reason:
            continue
        of_it = evidence[-turns_needed(before) :]
        alone = heard.length_ms >= SURE_MS and not before.agreed and not before.switches
        assert heard.length_ms >= CLEAR_MS
        assert alone or {each.language for each in of_it} == {spoken.language}
        assert alone or len(of_it) == turns_needed(before)
        evidence = []


@settings(max_examples=200)
@given(CODES, CODES, TURNS_OF_ANY_KIND, TURNS_OF_ANY_KIND)
def test_what_is_forced_is_spoken_whatever_is_heard_after_it(ours, forced, before, afterwards):
    spoken, _ = after(CallLanguage(ours), *of_any_kind(before))
    spoken, told = after(force(spoken, forced), *of_any_kind([*before, *afterwards])[len(before) :])
    assert (spoken.language, spoken.forced, told) == (forced, True, [])


@settings(max_examples=200)
@given(CODES, TURNS_OF_ANY_KIND)
def test_nobody_is_followed_back_and_forth(ours, drawn):
    """n switches take at least 1 + 2 + 3 + … turns."""
    turns = of_any_kind(drawn)
    _, told = after(CallLanguage(ours), *turns)
    least = sum(turns_needed(CallLanguage(ours, switches=n)) for n in range(len(told)))
    assert len(turns) >= least - (TURNS - 1 if told else 0)

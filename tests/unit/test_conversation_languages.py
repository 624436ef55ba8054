"""A call goes on in another language: what is said in it, and what is not said again."""

from __future__ import annotations

import pytest

from engine.dialogue.moves import LanguageChanged
from engine.protocol import ForceLanguage, LanguageCode, Sentence, Transcript
from tests.fakes.talking import AVAILABLE, YES, TalkedCall

DISCLOSURE = {
    "en": "Hello, this is an AI assistant",
    "de": "Guten Tag, hier spricht ein KI-Assistent",
    "es": "Hola, soy un asistente",
    "nl": "Goedendag, u spreekt met een AI-assistent",
}
HELLO: dict[LanguageCode, str] = {
    "en": "good evening golden lantern how can i help you",
    "de": "guten abend zur post was kann ich für sie tun",
    "es": "buenas noches la brisa en qué puedo ayudarle",
    "nl": "goedenavond de molen waarmee kan ik u helpen",
}
WHAT_TIME: dict[LanguageCode, str] = {
    "en": "what time would you like",
    "de": "welche uhrzeit möchten sie",
    "es": "a qué hora le gustaría",
    "nl": "hoe laat wilt u komen",
}
PAIRS: list[tuple[LanguageCode, LanguageCode]] = [("en", "de"), ("de", "es"), ("es", "nl"), ("nl", "en")]


@pytest.fixture(params=[False, True], ids=["", "restarting"])
def restarts(request) -> bool:
    """An agent that dies after everything that it says."""
    return bool(request.param)


def called(language: LanguageCode, restarts: bool = False) -> TalkedCall:
    call = TalkedCall(restarts=restarts, language=language)
    call.take(call.talk.answered(call.now_us))
    return call


def switch(call: TalkedCall, language: LanguageCode) -> str:
    """As transcribe tells it, with the words that settle it still to come."""
    return call.take(call.talk.speaks(language, "far end", call.now_us))


def hears(call: TalkedCall, text: str, language: LanguageCode) -> str:
    call.turn += 1
    heard = Transcript(call.turn, text, True, language, 0.9, 0, 2000)
    return call.take(call.talk.heard(heard, "", call.now_us))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_a_switch_with_the_greeting_opens_the_call_in_the_new_language_alone(ours, theirs, restarts):
    call = called(ours, restarts)
    assert switch(call, theirs) == ""
    said = hears(call, HELLO[theirs], theirs)
    assert said.startswith(DISCLOSURE[theirs])
    assert {sentence.language for sentence in call.all(Sentence)} == {theirs}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_who_never_spoke_our_language_is_told_once_more_who_calls_and_then_answered(ours, theirs, restarts):
    call = called(ours, restarts)
    hears(call, "hm", ours)
    hears(call, WHAT_TIME[theirs], theirs)
    switch(call, theirs)
    said = hears(call, WHAT_TIME[theirs], theirs)
    assert said.startswith(DISCLOSURE[theirs])
    assert said.count(".") == 2, said  # and the time; not the whole request
    assert DISCLOSURE[theirs] not in hears(call, WHAT_TIME[theirs], theirs)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_who_has_spoken_our_language_is_not_told_again_who_calls(ours, theirs, restarts):
    call = called(ours, restarts)
    hears(call, HELLO[ours], ours)
    switch(call, theirs)
    said = hears(call, AVAILABLE[theirs], theirs)
    assert DISCLOSURE[theirs] not in said
    assert said.endswith("?")  # read back
    hears(call, YES[theirs], theirs)
    assert call.outcome == "booked"


def test_what_was_pending_is_asked_again_where_their_words_answer_nothing(restarts):
    call = called("en", restarts)
    hears(call, HELLO["en"], "en")
    hears(call, AVAILABLE["en"], "en")
    switch(call, "de")
    said = hears(call, "hier ist jetzt ein kollege von ihr", "de")
    assert said.startswith("Also ein Tisch für vier Personen")


def test_what_was_pending_is_asked_again_into_their_silence(restarts):
    call = called("en", restarts)
    hears(call, HELLO["en"], "en")
    call.operator(ForceLanguage("de"))
    said = call.waits(4)
    assert "Ich möchte gerne einen Tisch für vier Personen" in said
    assert DISCLOSURE["de"] not in said
    assert "noch da" in call.waits(7)


def test_a_turn_in_another_language_is_understood_before_it_is_followed(restarts):
    call = called("en", restarts)
    hears(call, HELLO["en"], "en")
    assert hears(call, WHAT_TIME["de"], "de") == "At seven thirty p m, please."


@pytest.mark.parametrize(
    ("words", "outcome"), [(YES["de"], "booked"), ("ja aber nur draußen", "needs_human")]
)
def test_a_yes_in_another_language_counts_as_it_would_in_ours(restarts, words, outcome):
    call = called("en", restarts)
    hears(call, HELLO["en"], "en")
    hears(call, AVAILABLE["en"], "en")
    hears(call, words, "de")
    assert call.outcome == outcome


def test_the_same_language_told_twice_changes_nothing():
    call = called("en")
    hears(call, HELLO["en"], "en")
    before = call.talk.checkpoint()
    assert switch(call, "en") == ""
    assert call.talk.checkpoint() == before


def test_back_in_the_first_language_nobody_is_told_again_who_calls():
    call = called("en")
    hears(call, HELLO["en"], "en")
    switch(call, "de")
    hears(call, WHAT_TIME["de"], "de")
    switch(call, "en")
    assert hears(call, WHAT_TIME["en"], "en") == "At seven thirty p m, please."


def test_the_brain_is_told_who_has_changed_the_language_and_whether_they_understood():
    call, told = called("en"), []
    step = call.talk.brain.step
    call.talk.brain.step = lambda event: (told.append(event), step(event))[1]  # type: ignore[method-assign]
    hears(call, "hm", "en")
    switch(call, "de")
    call.operator(ForceLanguage("nl"))
    changes = [event for event in told if isinstance(event, LanguageChanged)]
    assert changes == [
        LanguageChanged(language="de", by="far end", understood=False),
        LanguageChanged(language="nl", by="operator", understood=False),
    ]

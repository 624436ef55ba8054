"""An operator's free text: what it allows, what it says was agreed, what is to be asked for."""

import pytest
from hypothesis import given, settings, strategies as st

from engine.dialogue.constraints import NOTHING, Granted
from engine.dialogue.operator_words import (
    Agreement,
    agreement_in,
    agreement_of,
    allowed_by_whisper,
    allowed_in,
    read,
    wish_in,
)
from engine.dialogue.speech import LONGEST_LINE, audible
from tests.fakes.talking import TASK

AT_TEN = Granted(times=("22:00",))


@pytest.mark.parametrize(
    ("spoken", "text", "allowed"),
    [
        ("en", "ten pm is fine too", AT_TEN),
        ("en", "22:00 ok", AT_TEN),
        ("en", "10 would also do", AT_TEN),
        ("de", "22 Uhr geht auch", AT_TEN),
        ("de", "halb neun passt auch", Granted(times=("20:30",))),
        ("es", "las diez también está bien", AT_TEN),
        ("nl", "tien uur mag ook", AT_TEN),
        ("de", "ten pm is fine too", AT_TEN),
        ("es", "saturday works too", Granted(dates=("2026-11-28",))),
        ("en", "between seven and ten is fine", Granted(windows=(("19:00", "22:00"),))),
        ("en", "do not accept ten pm", NOTHING),
        ("de", "22 Uhr geht nicht", NOTHING),
        ("es", "a las diez no puede ser", NOTHING),
        ("nl", "tien uur kan niet", NOTHING),
        ("en", "six pm, seven pm, eight pm, nine pm or ten pm", NOTHING),
        ("en", "they are five people now", NOTHING),
        ("en", "they sound annoyed, be polite", NOTHING),
        ("en", "one high chair, please", NOTHING),
    ],
)
def test_a_whisper_allows_the_times_and_days_it_names_and_no_others(spoken, text, allowed):
    assert allowed_by_whisper(text, TASK, spoken) == allowed


@pytest.mark.parametrize(
    ("spoken", "text", "wish"),
    [
        ("en", "ask for a high chair", "a high chair"),
        ("en", "Please ask for a quiet table.", "a quiet table"),
        ("en", "allergic to nuts", "allergic to nuts"),
        ("de", "bitte um einen ruhigen Tisch", "einen ruhigen Tisch"),
        ("de", "Kinderstuhl", "Kinderstuhl"),
        ("es", "pide una trona", "una trona"),
        ("nl", "vraag om een kinderstoel", "een kinderstoel"),
        ("de", "ask for a high chair", ""),
        ("en", "frag nach einem Kinderstuhl", ""),
        ("en", "they sound annoyed, be polite", ""),
        ("en", "is there a high chair?", ""),
        ("en", "asdf", ""),
        ("en", "  \n ", ""),
        ("en", "ask for " + "a very " * 40 + "quiet table", ""),
    ],
)
def test_only_what_asks_for_something_in_the_calls_language_is_a_wish(spoken, text, wish):
    assert wish_in(text, spoken) == wish


def agreed(text: str, spoken="en", task=TASK) -> Agreement:
    return agreement_in(read(text, task, spoken), task, text)


@pytest.mark.parametrize(
    ("spoken", "text"),
    [("en", "booked for ten pm"), ("en", "table confirmed, 22:00"), ("de", "Gebucht für 22 Uhr"),
     ("es", "reservado a las diez de la noche"), ("nl", "geboekt om 22 uur"), ("nl", "booked for ten")],
)  # fmt: skip
def test_words_that_say_it_is_booked_are_read_in_every_language(spoken, text):
    agreement = agreed(text, spoken)
    assert (agreement.done, agreement.time, agreement.words) == (True, "22:00", text)


def test_party_size_and_reference_are_read_beside_the_time():
    agreement = agreed("booked, 21:00, 5 people, ref 12345")
    assert (agreement.time, agreement.party_size, agreement.reference) == ("21:00", 5, "12345")


@pytest.mark.parametrize(
    "text",
    ["not booked yet", "ten pm", "booked for nine instead of eight", "probably booked", "is it booked?",
     "booked if we pay a deposit", "booking cancelled", "yes all good", "", "🙂"],
)  # fmt: skip
def test_what_leaves_a_doubt_is_not_taken_for_done(text):
    assert not agreed(text).done


@pytest.mark.parametrize(
    ("spoken", "text"),
    [
        ("en", "fully booked, nothing"),
        ("de", "kein Tisch frei"),
        ("es", "no hay mesa"),
        ("nl", "geen tafel vrij"),
    ],
)
def test_that_they_have_nothing_is_read_and_is_not_a_booking(spoken, text):
    agreement = agreed(text, spoken)
    assert agreement.not_to_be_had and not agreement.done


TALK = (
    ("operator", "do you have anything at ten o'clock"),
    ("far end", "yes ten o'clock is possible"),
    ("operator", "wonderful thank you"),
    ("far end", "your table is confirmed"),
)


def test_a_conversation_is_done_when_the_far_end_says_so_of_what_the_operator_agreed_to():
    allowed = allowed_in("", TALK, TASK, "en")
    assert allowed == AT_TEN
    agreement = agreement_of(TALK, TASK, "en", allowed)
    assert (agreement.done, agreement.time, agreement.words) == (True, "22:00", "your table is confirmed")


@pytest.mark.parametrize(
    "said",
    [
        TALK[:3],
        (*TALK, ("far end", "oh sorry ten o'clock is gone")),
        (*TALK[:3], ("operator", "so the table is confirmed")),
        (("far end", "your table for ten p m is confirmed"),),  # nobody of ours has agreed to ten
        (("far end", "eight o'clock or half past eight"), ("far end", "your table is confirmed")),
    ],
)
def test_a_conversation_that_leaves_a_doubt_is_not_done(said):
    assert not agreement_of(said, TASK, "en", allowed_in("", said, TASK, "en")).done


def test_the_far_ends_words_allow_nothing():
    assert allowed_in("", (("far end", "ten p m is fine too"),), TASK, "en") == NOTHING


def test_a_line_is_said_without_what_no_voice_can_say():
    assert audible("  Nine\n o'clock?\x00\x1b[2J <b>yes</b> {name} ") == "Nine o'clock? 2J b yes /b name"
    assert len(audible("word " * 400)) <= LONGEST_LINE


ANYTHING = st.text(max_size=60) | st.lists(
    st.sampled_from(["booked", "ten", "pm", "not", "ask for", "29.2.", "{wish}", "25:99", "gebucht", "um", "\x00"]),
    max_size=8,
).map(" ".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(ANYTHING, st.sampled_from(["en", "de", "es", "nl"]))
def test_no_text_of_a_person_is_too_much(text, spoken):
    granted = allowed_by_whisper(text, TASK, spoken)
    assert all(len(time) == 5 for time in granted.times)
    agreement_in(read(text, TASK, spoken), TASK, text)
    agreement_of((("operator", text), ("far end", text)), TASK, spoken, allowed_in(text, (), TASK, spoken))
    assert len(wish_in(text, spoken)) <= len(text)


def test_what_an_operator_asked_for_and_did_not_get_is_not_allowed():
    said = (("operator", "do you have anything at eleven p m"), ("far end", "no sorry we are full then"))
    assert allowed_in("", said, TASK, "en") == NOTHING
    agreed = (*said, ("operator", "nine p m then"), ("far end", "nine is fine"))
    assert allowed_in("", agreed, TASK, "en").times == ("21:00",)

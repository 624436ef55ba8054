"""What the scripted brain does about music, tones and a beep. Text and events only."""

from __future__ import annotations

import pytest

from engine.dialogue.moves import FarEndSilent, Finish, SoundOnLine, UseTool
from tests.unit.test_policy import Call, opened

GREETING = "this is the golden lantern please leave a message after the beep"


def on(sound: str) -> SoundOnLine:
    return SoundOnLine(sound=sound, on=True)


def off(sound: str) -> SoundOnLine:
    return SoundOnLine(sound=sound, on=False)


def reason_of(call: Call) -> str:
    return next(move.reason for move in call.moves if isinstance(move, Finish))


def test_the_message_begins_after_the_tone_and_not_over_the_greeting():
    call = Call()
    assert call.hears(GREETING) == ""
    assert call.tell(on("beep")) == ""
    said = call.tell(off("beep"))
    assert said.startswith("Hello, this is an AI assistant")
    assert "The message is about a table for four" in said
    assert call.outcome == "voicemail"


def test_a_tone_that_was_over_before_the_words_were_known_counts():
    call = Call()
    call.tell(on("beep"))
    call.tell(off("beep"))
    assert "The message is about" in call.hears(GREETING)


def test_a_machine_without_a_tone_gets_its_message_after_a_while():
    call = Call()
    call.hears(GREETING)
    assert "The message is about" in call.tell(FarEndSilent(silent_ms=3000))


def test_a_greeting_in_two_pieces_is_heard_to_its_end_and_a_person_who_picks_up_is_answered():
    call = Call()
    assert call.hears(GREETING, "we are open again from tuesday to sunday at noon") == ""
    call = Call()
    call.hears(GREETING)
    assert "I would like to book" in call.hears("hello golden lantern")


def test_an_old_tone_is_no_machine_s():
    call = opened()
    call.tell(off("beep"))
    assert call.outcome is None
    assert call.hears("yes of course we have a table")


@pytest.mark.parametrize(("sound", "outcome"), [("busy", "busy"), ("information", "not_found")])
def test_a_tone_in_place_of_a_person_ends_the_call_without_a_word(sound, outcome):
    call = Call()
    assert call.tell(on(sound)) == ""
    assert call.outcome == outcome
    assert "tone" in reason_of(call)


def test_a_busy_tone_after_we_have_spoken_is_somebody_who_hung_up():
    call = opened()
    assert call.tell(on("busy")) == ""
    assert call.outcome == "far_end_hung_up"


def test_music_is_waited_through_by_the_tool_and_nothing_is_said():
    call = opened()
    assert call.tell(on("music")) == ""
    assert [move.tool for move in call.moves if isinstance(move, UseTool)] == ["wait_on_hold"]
    assert call.tell(off("music")) == ""
    assert call.outcome is None


def test_who_is_back_after_music_and_greets_is_told_in_short_what_it_is_about():
    call = opened()
    call.tell(on("music"))
    call.tell(off("music"))
    said = call.hears("good evening golden lantern")
    assert said.startswith("Hello, this is an AI assistant")
    assert "four" in said


def test_who_is_back_after_music_with_an_answer_is_answered():
    call = opened()
    call.tell(on("music"))
    call.tell(off("music"))
    assert "AI assistant" not in call.hears("yes of course we have a table")


def test_a_queue_before_anybody_answered_leads_to_the_usual_opening():
    call = Call()
    assert call.hears("one moment please") == ""
    call.tell(on("music"))
    call.tell(off("music"))
    assert "I would like to book" in call.hears("golden lantern good evening")


def test_silence_after_the_music_is_asked_into_as_soon_as_any_other():
    call = opened()
    call.tell(on("music"))
    call.tell(off("music"))
    assert call.tell(FarEndSilent(silent_ms=6000)) == "Hello, are you still there?"


def test_music_that_does_not_end_needs_somebody():
    call = opened()
    call.tell(on("music"))
    assert call.tell(SoundOnLine(sound="music", on=True, lasted_ms=120_000, too_long=True)) == ""
    assert call.outcome == "needs_human"
    assert reason_of(call) == "on hold for 2 min"

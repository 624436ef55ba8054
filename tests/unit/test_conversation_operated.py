"""A call with the scripted brain, in which operators speak, whisper, mute, take over and hand back."""

import pytest

from engine.dialogue import operated
from engine.protocol import (
    DecideTool,
    EndCall,
    ForceLanguage,
    LanguageCode,
    OperatorLeft,
    OperatorWords,
    ReservationChanged,
    SayLine,
    Sentence,
    Spoken,
    ToolCalled,
    ToolPending,
    Whisper,
)
from engine.settings import OperatorSettings
from tests.fakes.talking import AVAILABLE, GREETING, OFFERS_TEN, SECOND_US, YES, TalkedCall

LANGUAGES: tuple[LanguageCode, ...] = ("en", "de", "es", "nl")
READ_BACK = (
    "So that is a table for four people, on Friday the twenty seventh of November, at seven thirty p m, "
    "under the name Anna Walker, is that right?"
)
GOODBYE = "Thank you very much for your help, goodbye."


@pytest.fixture(params=[False, True], ids=["", "restarting"])
def call(request) -> TalkedCall:
    """Once in one piece, once with an agent that dies after everything that it says."""
    return TalkedCall(restarts=request.param)


# --- lines that an operator types ----------------------------------------------------------------------


def test_a_typed_line_is_an_utterance_of_its_own_and_is_told_apart(call):
    call.opened().plays = False
    call.hears("for how many people")
    call.operator(SayLine("And a high chair, please."))
    answer, _, line, end = call.all(Sentence)[-4:]
    assert (line.text, line.index, line.last, end.last) == ("And a high chair, please.", 0, False, True)
    assert line.utterance == end.utterance == answer.utterance + 1
    assert call.talk.ours.typed(line) and call.talk.ours.typed(end) and not call.talk.ours.typed(answer)


def test_a_yes_after_a_typed_line_is_to_that_line_and_books_nothing(call):
    call.opened().hears(AVAILABLE["en"])
    call.operator(SayLine("Do you have parking?"))
    assert call.hears("yes of course") == READ_BACK
    assert call.talk.reservation.status == "open"
    assert call.hears(YES["en"]) == GOODBYE


def test_what_a_typed_line_tells_them_is_not_told_again(call):
    call.take(call.talk.answered(call.now_us))
    call.operator(SayLine("A table for four people on Friday the 27th of November at 7:30 pm, please."))
    assert "told" in repr(call.talk.brain._memory)
    assert set(call.talk.brain._memory.told) >= {"party_size", "date", "time"}


def test_a_typed_line_reaches_the_voice_without_a_figure(call):
    call.opened()
    assert call.operator(SayLine("It is for 4 at 19:30.")) == "It is for four at seven thirty p m."


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00\x1b", "🙂"])
def test_a_line_without_anything_audible_is_not_said(call, text):
    call.opened()
    assert call.operator(SayLine(text)) == ""
    assert not call.talk.unspoken


# --- mute ----------------------------------------------------------------------------------------------


def test_a_muted_agent_says_nothing_and_answers_what_is_unanswered_afterwards(call):
    call.opened().silenced()
    assert call.hears("we have a table", "for how many people was it") == ""
    assert call.waits(20) == ""
    assert call.silenced("").startswith("For four people, please.")


def test_a_muted_agent_whose_question_was_cut_asks_it_again(call):
    call.opened().plays = False
    call.hears(AVAILABLE["en"])
    call.talk.spoken(Spoken(call.talk.ours.speech.utterance, 0, "So that is a table", False), call.now_us)
    call.silenced()
    assert not call.talk.unspoken
    assert not call.talk.brain._memory.read_back
    call.plays = True
    assert call.silenced("") == READ_BACK
    assert call.hears(YES["en"]) == GOODBYE


def test_a_cut_that_playback_tells_of_before_the_mute_is_known_is_made_good_too():
    call = TalkedCall().opened()
    call.plays = False
    call.hears(AVAILABLE["en"])
    cut = Spoken(call.talk.ours.speech.utterance, 0, "So that is a table", True, True, cut=True)
    call.take(call.talk.spoken(cut, call.now_us))
    call.now_us += SECOND_US // 10
    call.silenced()
    call.plays = True
    assert call.silenced("") == READ_BACK


def test_a_cut_long_before_the_mute_was_theirs():
    call = TalkedCall().opened()
    call.plays = False
    call.hears(AVAILABLE["en"])
    cut = Spoken(call.talk.ours.speech.utterance, 0, "So that is a table", True, True, cut=True)
    call.take(call.talk.spoken(cut, call.now_us))
    call.now_us += SECOND_US
    call.silenced()
    call.plays = True
    assert call.silenced("") == ""


def test_a_goodbye_that_was_muted_is_said_before_the_call_ends(call):
    call.opened().hears(AVAILABLE["en"])
    call.plays = False
    call.hears(YES["en"])
    call.silenced()
    call.plays = True
    call.waits(30)
    assert call.outcome == ""
    assert call.silenced("") == GOODBYE
    assert call.outcome == "booked"


def test_a_muted_agent_that_nobody_has_said_anything_to_stays_silent_at_first(call):
    call.opened().silenced()
    assert call.silenced("") == ""
    assert call.waits(7) == "Hello, are you still there?"


def test_what_a_typed_line_answered_while_muted_is_not_answered_again(call):
    call.opened().silenced()
    call.hears("for how many people")
    assert call.operator(SayLine("For four people.")) == "For four people."
    assert call.silenced("") == ""


def test_an_agent_that_is_muted_before_the_answer_opens_the_call_when_it_may(call):
    call.silenced()
    call.take(call.talk.answered(call.now_us))
    assert call.hears(GREETING["en"]) == ""
    assert call.silenced("").startswith("Hello, this is an AI assistant")


def test_a_mute_that_ended_while_the_room_was_down_has_ended(call):
    call.opened().silenced()
    call.hears("for how many people")
    assert call.restart(silenced="") == "For four people, please."


# --- whispers ------------------------------------------------------------------------------------------


def test_a_whispered_time_is_accepted_when_it_is_offered(call):
    call.opened()
    assert call.operator(Whisper("ten pm is fine too")) == ""
    assert (call.notes[-1].level, call.notes[-1].text) == ("info", "would do too, from now on: 22:00")
    assert call.hears(OFFERS_TEN["en"]).startswith("Yes, ten p m is fine")
    assert call.hears(YES["en"]) == GOODBYE
    assert call.talk.reservation.time == "22:00"


WISHES: dict[LanguageCode, tuple[str, str]] = {
    "en": ("ask for a high chair", "One more thing, if possible: a high chair."),
    "de": ("bitte um einen ruhigen Tisch", "Noch etwas, wenn es möglich ist: einen ruhigen Tisch."),
    "es": ("pide una trona", "Una cosa más, si es posible: una trona."),
    "nl": ("vraag om een kinderstoel", "Nog één ding, als het kan: een kinderstoel."),
}
NO_PROBLEM: dict[LanguageCode, str] = {
    "en": "no problem", "de": "kein problem", "es": "sin problema", "nl": "geen probleem",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("restarts", [False, True])
def test_a_whispered_wish_is_asked_for_before_the_goodbye_and_its_answer_is_waited_for(language, restarts):
    call = TalkedCall(language=language, restarts=restarts).opened()
    whisper, asked = WISHES[language]
    assert call.operator(Whisper(whisper)) == ""
    call.hears(AVAILABLE[language])
    assert call.hears(YES[language]) == asked
    assert call.talk.reservation.status == "booked"
    assert call.outcome == ""
    assert call.hears(NO_PROBLEM[language]).count(".") == 1
    assert call.outcome == "booked"


def test_a_wish_is_told_when_they_ask_for_wishes_and_not_a_second_time(call):
    call.opened()
    call.operator(Whisper("ask for a high chair"))
    assert call.hears("do you have any allergies") == "One more thing, if possible: a high chair."
    call.hears(AVAILABLE["en"])
    assert call.hears(YES["en"]) == GOODBYE


def test_a_wish_that_nobody_answers_does_not_keep_the_line(call):
    call.opened()
    call.operator(Whisper("ask for a high chair"))
    call.hears(AVAILABLE["en"], YES["en"])
    assert call.waits(8) == GOODBYE
    assert call.outcome == "booked"


@pytest.mark.parametrize(
    "text", ["they sound annoyed", "frag nach einem Kinderstuhl", "{wish}", "", "\x00", "nein"]
)
def test_a_whisper_that_cannot_be_read_is_said_to_nobody_and_the_operator_is_told(call, text):
    call.opened()
    before = call.talk.brain.checkpoint()
    assert call.operator(Whisper(text)) == ""
    assert call.notes[-1].level == "warning" and "not understood" in call.notes[-1].text
    assert call.talk.brain.checkpoint() == before
    call.hears(AVAILABLE["en"])
    assert call.hears(YES["en"]) == GOODBYE


def test_a_whisper_to_a_call_that_ends_is_too_late(call):
    call.opened().hears(AVAILABLE["en"])
    call.plays = False
    call.hears(YES["en"])
    call.operator(Whisper("ask for a high chair"))
    assert "too late" in call.notes[-1].text


# --- take-over -----------------------------------------------------------------------------------------

BOOKED_AT_TEN: dict[LanguageCode, str] = {
    "en": "booked for ten pm", "de": "gebucht für 22 Uhr",
    "es": "reservado a las diez de la noche", "nl": "geboekt om 22 uur",
}  # fmt: skip
TEN: dict[LanguageCode, str] = {
    "en": "ten pm", "de": "22 Uhr", "es": "a las diez de la noche", "nl": "22 uur",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("restarts", [False, True])
def test_what_the_operator_has_booked_is_on_record_and_the_call_is_closed(language, restarts):
    call = TalkedCall(language=language, restarts=restarts).opened()
    call.silenced("operator")
    assert call.hears(OFFERS_TEN[language]) == ""
    call.operator_says("ten is fine")
    words = BOOKED_AT_TEN[language]
    assert call.hands_back(words).count(",") == 1
    changed = call.all(ReservationChanged)
    assert [(each.source, each.words, each.reservation.time) for each in changed] == [
        ("operator", words, "22:00")
    ]
    assert set(changed[0].reservation.confirmed_by.values()) == {words}
    assert call.saved == [(changed[0].reservation, "operator", words)]
    assert call.outcome == "booked"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("restarts", [False, True])
def test_values_without_a_booking_are_read_back_and_booked_after_their_yes(language, restarts):
    call = TalkedCall(language=language, restarts=restarts).opened()
    call.silenced("operator")
    assert call.hands_back(TEN[language]).count("?") >= 1
    call.hears(YES[language])
    assert (call.outcome, call.talk.reservation.time) == ("booked", "22:00")
    assert call.all(ReservationChanged)[-1].source == "book"


def test_a_party_size_that_the_operator_agreed_to_is_booked(call):
    call.opened().silenced("operator")
    assert "table for five people" in call.hands_back("five people instead")
    call.hears(YES["en"])
    assert (call.outcome, call.talk.reservation.party_size) == ("booked", 5)


def test_a_hand_back_that_says_nothing_repeats_what_is_pending(call):
    call.opened().hears(AVAILABLE["en"])
    call.silenced("operator")
    assert call.hands_back("we had a nice chat") == READ_BACK


def test_after_a_hand_back_without_a_word_the_conversation_is_read(call):
    call.opened().silenced("operator")
    call.operator_says("do you have anything at ten p m")
    call.hears("yes ten p m is possible")
    call.operator_says("wonderful")
    call.hears("your table is confirmed")
    assert call.hands_back() == GOODBYE
    assert (call.outcome, call.talk.reservation.time) == ("booked", "22:00")
    assert call.talk.reservation.confirmed_by["time"] == "your table is confirmed"


def test_a_conversation_in_which_the_far_end_alone_named_a_time_books_nothing(call):
    call.opened().silenced("operator")
    call.hears("your table for eleven p m is confirmed")
    assert call.hands_back() != GOODBYE
    assert call.talk.reservation.status == "open"


def test_that_there_is_no_table_ends_the_call(call):
    call.opened().silenced("operator")
    call.hands_back("fully booked, no chance")
    assert call.outcome == "no_table"


def test_a_table_that_the_operator_got_after_the_agent_had_given_up_is_booked(call):
    call.opened()
    call.hears(OFFERS_TEN["en"])
    call.plays = False
    call.hears(OFFERS_TEN["en"])
    assert call.talk.ours.ending.decided is not None
    call.silenced("operator")
    call.plays = True
    assert call.hands_back("booked for ten pm") == GOODBYE
    assert call.outcome == "booked"


@pytest.mark.parametrize("kind", ["change", "cancel"])
def test_a_change_or_cancellation_by_the_operator_is_on_record(kind):
    call = TalkedCall(kind=kind, old_date="2026-11-26", old_time="18:00").opened()
    call.silenced("operator")
    call.hands_back({"change": "moved to eight pm", "cancel": "cancelled"}[kind])
    assert call.outcome == {"change": "changed", "cancel": "cancelled"}[kind]
    assert call.all(ReservationChanged)[-1].source == "operator"


def test_a_mute_that_becomes_a_take_over_gives_what_was_unanswered_to_the_conversation(call):
    call.opened().silenced()
    call.hears("your table is confirmed")
    call.silenced("operator")
    assert call.talk.ours.silence.said == (("far end", "your table is confirmed"),)
    assert call.hands_back() == GOODBYE
    assert call.outcome == "booked"


def test_a_lost_take_over_holds_the_line_and_then_goes_on(call):
    call.opened().silenced("operator")
    assert call.hands_back(lost=True) == "One moment, please."
    assert call.waits(25) == "One moment, please. One moment, please."
    assert call.hears("hello is anybody there") == "One moment, please."
    assert call.waits(5.25).startswith("I would like to book a table")
    assert not call.talk.ours.silence.holds


def test_what_came_of_a_lost_take_over_is_approved_like_any_other_booking():
    call = TalkedCall(OperatorSettings(approve=("book",))).there("anna").opened()
    call.silenced("operator")
    call.operator_says("a table for four at half past seven please")
    call.hears("your table is confirmed")
    call.hands_back(lost=True)
    call.waits(31)
    assert [pending.tool for pending in call.all(ToolPending)] == ["book"]
    assert call.operator(DecideTool(request=1, approve=True)) == GOODBYE


def test_somebody_who_takes_a_lost_call_over_again_has_all_of_its_conversation(call):
    call.opened().silenced("operator")
    call.hears("your table is confirmed")
    call.hands_back(lost=True)
    call.silenced("operator")
    assert call.waits(60) == ""
    assert call.talk.ours.silence.said == (("far end", "your table is confirmed"),)
    assert call.hands_back("booked") == GOODBYE


def test_an_operators_words_are_kept_once_though_offered_twice(call):
    call.opened().silenced("operator")
    call.operator_says("hello this is anna")
    call.operator(OperatorWords(1, "hello this is anna", "en", 0.9, 0, 500))
    assert call.talk.ours.silence.said == (("operator", "hello this is anna"),)


def test_an_agent_that_missed_the_hand_back_goes_on_with_what_it_has_heard(call):
    call.opened().silenced("operator")
    call.hears("your table is confirmed")
    assert call.restart(silenced="") == GOODBYE


def test_an_agent_that_missed_the_hand_back_is_told_afterwards_what_was_agreed(call):
    call.opened().silenced("operator")
    assert call.restart(silenced="", left=OperatorLeft("booked for ten pm", by="anna")) == GOODBYE
    assert (call.outcome, call.talk.reservation.time) == ("booked", "22:00")


def test_an_end_that_a_take_over_came_before_is_said_again_after_the_hand_back(call):
    call.opened()
    call.hears(OFFERS_TEN["en"], OFFERS_TEN["en"])
    assert len(call.all(EndCall)) == 1
    call.silenced("operator")
    call.hands_back("booked for ten pm")
    assert [end.outcome for end in call.all(EndCall)] == ["no_table", "booked"]


def test_a_hand_back_that_is_told_again_is_done_once(call):
    call.opened().silenced("operator")
    call.hands_back("we had a nice chat")
    assert call.restart(silenced="", left=OperatorLeft("booked for ten pm", by="anna")) == ""
    assert call.talk.reservation.status == "open"


def test_a_hand_back_of_a_call_that_is_nobodys_changes_nothing(call):
    call.opened()
    assert call.operator(OperatorLeft("booked for ten pm", by="anna")) == ""
    assert call.talk.reservation.status == "open"


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "{date} {nonsense}",
        "booked " * 100,
        "29.2. um 25:99",
        "🙂 تم الحجز",
        "'; DROP TABLE",
        "ten " * 50,
    ],
)
def test_no_word_of_an_operator_breaks_the_call(call, text):
    call.opened().silenced("operator")
    call.hands_back(text)
    call.operator(Whisper(text))
    call.operator(SayLine(text))
    call.hears(AVAILABLE["en"], YES["en"])
    assert call.waits(120) is not None
    assert call.outcome


# --- another language ------------------------------------------------------------------------------------


def test_a_forced_language_is_spoken_and_understood_from_the_next_sentence_on(call):
    call.opened()
    assert call.operator(ForceLanguage("de")) == ""
    said = call.hears("ja gerne wir haben einen tisch")
    assert said.startswith(
        "Also ein Tisch für vier Personen"
    )  # who calls was told in a language that they speak
    assert {sentence.language for sentence in call.all(Sentence)[-2:]} == {"de"}
    assert call.talk.brain.situation().language == "de"
    assert "Vielen Dank" in call.hears("ja das ist richtig")
    assert call.outcome == "booked"


def test_a_typed_line_is_said_in_the_forced_language(call):
    call.opened()
    call.operator(ForceLanguage("es"))
    call.operator(SayLine("Una mesa tranquila, por favor."))
    assert {sentence.language for sentence in call.all(Sentence)[-2:]} == {"es"}


def test_what_operators_do_is_a_message_that_the_conversation_knows(call):
    with pytest.raises(TypeError, match="ToolCalled"):
        operated.take(call.talk, ToolCalled("book"), SECOND_US)


def test_a_decision_on_nothing_changes_nothing(call):
    call.opened()
    assert call.operator(DecideTool(request=7, approve=True)) == ""

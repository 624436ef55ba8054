"""When an operator is needed: each kind of alert raised, over, acknowledged; one open of each kind."""

from __future__ import annotations

from itertools import count
from typing import get_args

import pytest

from engine.operating.alerts import CallAlerts
from engine.operating.asking import asks_for_person, question_in
from engine.protocol import (
    AgentSilenced,
    Alert,
    AlertKind,
    CallState,
    DialogueState,
    EndCall,
    EngineEvent,
    Message,
    OperatorLeft,
    PlaybackStarted,
    Reservation,
    ReservationChanged,
    RoomStarted,
    Sentence,
    SpeechStarted,
    Spoken,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
    TurnLatency,
    Voice,
)

S = 1_000_000
APPROVAL = ToolPending(1, "approval", "book", 20 * S, "I say no")


class Call:
    """A call that is watched; its clock is a number."""

    def __init__(self, state: str = "listening") -> None:
        numbers = count(7)
        self.alerts = CallAlerts(3, lambda: next(numbers))
        self.state = "dialling"
        self.now_us = 0
        self.told: list[tuple[str, str]] = []
        self.all: list[Alert] = []
        self.after(0, SpeechStarted(1, 0), state)
        self.told.clear()

    def after(self, seconds: float, message: Message, state: str = "") -> list[tuple[str, str]]:
        """A message, so much later; what was told of alerts, as (kind, state)."""
        self.now_us += int(seconds * S)
        self.state = state or self.state
        return self._note(self.alerts.take(message, self.state, self.now_us))

    def quiet(self, seconds: float) -> list[tuple[str, str]]:
        told = []
        until = self.now_us + int(seconds * S)
        while self.now_us < until:
            self.now_us = min(until, self.now_us + S // 4)
            told += self._note(self.alerts.tick(self.now_us))
        return told

    def _note(self, alerts: list[Alert]) -> list[tuple[str, str]]:
        self.all += alerts
        return [(alert.kind, alert.state) for alert in alerts]

    @property
    def last(self) -> Alert:
        return self.all[-1]


def final(text: str = "yes of course", confidence: float = 0.9, language="en", turn: int = 1) -> Transcript:
    return Transcript(turn, text, True, language, confidence, 0, 500)


def says(text: str, utterance: int, **more) -> Sentence:
    return Sentence(utterance, 0, True, 1, text, "en", **more)


def took(ms: float) -> TurnLatency:
    return TurnLatency(1, 0, 0, 0, 0, 0, 0, 0, ms)


# --- tools that wait ---------------------------------------------------------------------------------


def test_a_tool_that_waits_is_told_with_its_deadline_and_is_over_when_it_is_decided():
    call = Call()
    assert call.after(1, APPROVAL) == [("approval", "raised")]
    assert (call.last.deadline_us, call.last.text) == (20 * S, "book waits for approval")
    assert call.after(1, ToolDecided(1, True, "anna")) == [("approval", "over")]


def test_a_question_of_the_agent_is_told_in_its_words():
    call = Call()
    ask = ToolPending(1, "question", "ask_principal", 20 * S, "no", question="Would half past nine do?")
    assert call.after(1, ask) == [("question", "raised")]
    assert call.last.text == "the agent asks: Would half past nine do?"


def test_of_two_that_wait_the_second_is_told_when_the_first_is_decided():
    call = Call()
    call.after(1, APPROVAL)
    second = ToolPending(2, "approval", "change", 25 * S, "no")
    assert call.after(1, second) == []
    assert call.after(1, ToolDecided(1, True)) == [("approval", "over"), ("approval", "raised")]
    assert (call.last.deadline_us, call.last.text) == (25 * S, "change waits for approval")


def test_a_tool_long_after_its_deadline_needs_nobody_any_more():
    call = Call("on_hold")
    call.after(1, APPROVAL)
    assert ("approval", "over") not in call.quiet(23)
    assert ("approval", "over") in call.quiet(2)


def test_a_tool_that_was_refused_is_an_error_until_it_runs():
    call = Call()
    refused = ToolCalled("book", result="the date is missing", refused=True)
    assert call.after(1, refused) == [("tool_error", "raised")]
    assert call.last.text == "book was refused: the date is missing"
    assert call.after(1, ToolCalled("wait_on_hold")) == []
    assert call.after(1, final()) == []
    assert call.after(1, ToolCalled("book")) == [("tool_error", "over")]


def test_what_the_operator_denied_is_no_error_of_the_tool():
    call = Call()
    call.after(1, APPROVAL)
    call.after(1, ToolDecided(1, False, "anna", "too late"))
    assert call.after(0, ToolCalled("book", refused=True)) == []
    assert call.after(0, ToolCalled("book", refused=True)) == [("tool_error", "raised")]


# --- what is said ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Can I speak to a person, please?"),
        ("en", "I'd like to talk to a real human being."),
        ("en", "I don't talk to machines."),
        ("en", "Put me on a human."),
        ("de", "Kann ich mit einem Menschen sprechen?"),
        ("de", "Ich möchte mit einer echten Person bitte reden."),
        ("de", "Ich rede nicht mit Maschinen."),
        ("es", "¿Puedo hablar con una persona?"),
        ("es", "Yo no hablo con máquinas."),
        ("es", "Quiero hablar con alguien, por favor."),
        ("nl", "Kan ik met een mens spreken?"),
        ("nl", "Ik wil graag met iemand praten."),
        ("nl", "Ik praat niet met computers."),
    ],
)
def test_who_asks_for_a_human_being_is_understood(language, text):
    assert asks_for_person(text, language)
    assert Call().after(1, final(text, language=language)) == [("wants_person", "raised")]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "For how many people?"),
        ("en", "Am I talking to a real person?"),
        ("en", "A table for one person, is that right?"),
        ("de", "Für wie viele Personen, bitte?"),
        ("de", "Spreche ich mit einem Menschen?"),
        ("es", "¿Para cuántas personas?"),
        ("es", "¿Con quién hablo?"),
        ("nl", "Voor hoeveel personen?"),
        ("nl", "Met wie spreek ik?"),
    ],
)
def test_a_word_about_people_is_no_wish_for_one(language, text):
    assert not asks_for_person(text, language)


def test_the_wish_for_a_person_is_fulfilled_by_an_operator_who_goes_live():
    call = Call()
    call.after(1, final("can i speak to a person"))
    assert call.after(1, AgentSilenced("muted", "anna")) == []
    assert call.after(1, AgentSilenced("operator", "anna")) == [("wants_person", "over")]


def test_partial_words_raise_nothing():
    partial = Transcript(1, "can i speak to a person", False, "en", 0.1, 0, 500)
    assert Call().after(1, partial) == []


def test_the_same_question_three_times_is_told_once():
    call = Call()
    asked = [call.after(1, says("What time would suit you?", number)) for number in (1, 2, 3, 4)]
    assert asked == [[], [], [("repeated_question", "raised")], []]
    assert call.last.text == 'the agent has asked 3 times: "What time would suit you?"'


def test_a_question_is_the_same_whatever_its_case_and_values():
    one = says("At 7 p.m., is that right?", 1, expects="yes_no", template="At {time}, is that right?")
    other = says("At 8 p.m., is that right?", 2, expects="yes_no", template="At {time}, is that right?")
    assert question_in(one) == question_in(other) != ""
    assert question_in(says("What TIME, please?", 1)) == question_in(says("what time please?", 2))
    assert question_in(says("Thank you, goodbye.", 1, expects="goodbye")) == ""


def test_two_sentences_of_one_utterance_ask_once():
    call = Call()
    for index in range(4):
        call.after(0, Sentence(1, index, False, 1, "What time?", "en"))
    assert call.all == []


@pytest.mark.parametrize(
    "progress",
    [says("Under what name?", 9), ReservationChanged(Reservation(time="19:00"), "book")],
    ids=["another question", "the record"],
)
def test_progress_ends_a_repeated_question(progress):
    call = Call()
    for number in (1, 2, 3):
        call.after(1, says("What time?", number))
    assert call.after(1, progress) == [("repeated_question", "over")]


def test_two_unsure_turns_running_are_told_and_a_sure_one_ends_it():
    call = Call()
    heard = [call.after(1, final(confidence=confidence)) for confidence in (0.4, 0.6, 0.3, 0.2, 0.1)]
    assert heard == [[], [], [], [("low_confidence", "raised")], []]
    assert call.after(1, final(confidence=0.5)) == [("low_confidence", "over")]


def test_a_turn_in_which_nothing_was_heard_is_neither_sure_nor_unsure():
    call = Call()
    call.after(1, final(confidence=0.2))
    assert call.after(1, final("", confidence=0.0)) == []
    assert call.after(1, final(confidence=0.2)) == [("low_confidence", "raised")]


# --- time --------------------------------------------------------------------------------------------


def test_silence_is_told_after_six_seconds_and_over_when_somebody_speaks():
    call = Call()
    assert call.quiet(6) == []
    assert call.quiet(0.25) == [("silence", "raised")]
    assert call.after(1, Voice("far", 7000, 0.2, -60.0)) == []
    assert call.after(1, Voice("far", 7000, 0.9, -20.0)) == [("silence", "over")]


def test_while_the_agent_speaks_it_is_not_silent():
    call = Call()
    call.after(1, PlaybackStarted(1, 1, 0, 0), "speaking")
    assert call.quiet(20) == []
    call.after(0, Spoken(1, 0, "A table", True))
    assert call.quiet(20) == []
    call.after(0, Spoken(1, 1, "please.", True, ends_utterance=True), "listening")
    assert call.quiet(5.75) == [] and call.quiet(0.5) == [("silence", "raised")]


def test_a_cut_sentence_is_no_longer_spoken():
    call = Call()
    call.after(1, PlaybackStarted(1, 1, 0, 0), "speaking")
    call.after(1, Spoken(1, 0, "A ta", True, cut=True), "speaking")
    assert call.quiet(7) == [("silence", "raised")]


@pytest.mark.parametrize("state", ["dialling", "ringing", "on_hold", "ending"])
def test_nobody_has_to_speak_before_the_call_on_hold_or_at_its_end(state):
    assert ("silence", "raised") not in Call(state).quiet(30)


def test_silence_counts_from_the_pick_up():
    call = Call("ringing")
    call.quiet(20)
    assert call.after(0, SpeechStarted(1, 0), "listening") == []
    assert call.quiet(5) == []


def test_a_long_hold_is_told_and_over_when_they_are_back():
    call = Call()
    call.after(1, DialogueState("open", "", "en"), "on_hold")
    assert call.quiet(45) == []
    assert call.quiet(0.25) == [("long_hold", "raised")]
    assert call.after(1, SpeechStarted(2, 0), "listening") == [("long_hold", "over")]


@pytest.mark.parametrize("away", [ToolCalled("wait_on_hold"), DialogueState("open", "return", "en")])
def test_a_far_end_that_went_to_look_is_away_and_not_silent(away):
    call = Call()
    call.after(1, away)
    assert call.quiet(45) == [] and call.quiet(0.5) == [("long_hold", "raised")]
    assert call.after(1, final("hello i am back")) == [("long_hold", "over")]


def test_three_slow_answers_running_are_told_and_a_quick_one_ends_it():
    call = Call()
    answers = [call.after(0.5, took(ms)) for ms in (1200, 900, 1200, 1001, 1300)]
    assert answers == [[], [], [], [], [("slow", "raised")]]
    assert call.last.text == "3 answers running over 1000 ms (the last: 1300 ms)"
    assert call.after(1, took(1400)) == []
    assert call.after(1, took(700)) == [("slow", "over")]


# --- the house ---------------------------------------------------------------------------------------


def test_a_room_that_died_and_came_back_is_told_once_and_is_no_news_after_ten_seconds():
    call = Call("on_hold")
    assert call.after(1, EngineEvent("warning", "room tts ended (signal 9)", "tts")) == [
        ("room_restarted", "raised")
    ]
    assert call.after(2, RoomStarted("tts", 2)) == []
    assert call.quiet(9.75) == [] and call.quiet(0.25) == [("room_restarted", "over")]


def test_a_room_that_starts_for_the_first_time_and_good_news_are_no_alert():
    call = Call()
    assert call.after(1, RoomStarted("tts", 1)) == []
    assert call.after(1, EngineEvent("info", "room tts is back after 0.3 s", "tts")) == []
    assert call.after(1, EngineEvent("warning", "the voice fails for 3 s (injected)", "tts")) == []


def test_a_record_that_cannot_be_written_is_told():
    assert Call().after(1, EngineEvent("error", "the disk is full")) == [("recording_failed", "raised")]


@pytest.mark.parametrize(
    "gave_up",
    [
        EndCall("needs_human", "it is too loud"),
        CallState("ending", "La Luna", "en", "simulated", outcome="needs_human"),
        OperatorLeft(lost=True, by="anna"),
    ],
)
def test_who_gave_up_needs_a_human(gave_up):
    assert Call().after(1, gave_up) == [("needs_human", "raised")]


@pytest.mark.parametrize("came", [AgentSilenced("operator", "ben"), OperatorLeft("eight o'clock", by="ben")])
def test_a_lost_take_over_is_over_when_somebody_has_come(came):
    call = Call()
    call.after(1, OperatorLeft(lost=True, by="anna"))
    assert call.last.text == "the take-over was lost: anna is gone"
    assert call.after(1, came) == [("needs_human", "over")]


def test_another_end_of_a_call_needs_nobody():
    assert Call().after(1, EndCall("booked")) == []


# --- acknowledging, numbers, the end -----------------------------------------------------------------


def test_an_acknowledged_alert_stays_open_and_says_who_has_seen_it():
    call = Call()
    call.after(1, APPROVAL)
    seen = call.alerts.acknowledge(call.last.alert, "anna")
    assert seen is not None
    assert (seen.state, seen.by, seen.kind, seen.alert) == ("acknowledged", "anna", "approval", 7)
    assert call.alerts.open == (seen,)
    assert call.alerts.acknowledge(7, "ben") is None  # it has been seen
    assert call.after(1, ToolDecided(1, True)) == [("approval", "over")]
    assert call.alerts.acknowledge(7, "anna") is None


def test_there_is_nothing_to_acknowledge_under_an_unknown_number():
    assert Call().alerts.acknowledge(99, "anna") is None


def test_each_alert_has_a_number_of_its_own_and_is_told_to_be_over_under_it():
    call = Call()
    call.after(1, APPROVAL)
    call.after(1, final("can i speak to a person"))
    call.after(1, ToolDecided(1, True))
    assert [(alert.alert, alert.kind, alert.state) for alert in call.all] == [
        (7, "approval", "raised"),
        (8, "wants_person", "raised"),
        (7, "approval", "over"),
    ]


def test_when_the_call_is_closed_all_are_over():
    call = Call()
    call.after(1, APPROVAL)
    call.after(1, final("can i speak to a person"))
    assert sorted((alert.kind, alert.state) for alert in call.alerts.close()) == [
        ("approval", "over"),
        ("wants_person", "over"),
    ]
    assert call.alerts.close() == [] and call.alerts.open == ()


def test_what_is_told_of_a_closed_call_raises_nothing_that_nobody_could_acknowledge():
    call = Call()
    ended = CallState("ended", "Corner House", "en", "simulated", outcome="needs_human", reason="no word")
    assert call.after(1, ended, "ended") == [("needs_human", "raised")]
    assert [(alert.kind, alert.state) for alert in call.alerts.close()] == [("needs_human", "over")]
    assert call.after(0, ended, "ended") == [] and call.quiet(60) == [] and call.alerts.open == ()


def test_every_kind_there_is_has_a_cause():
    call = Call()
    for message in (
        APPROVAL,
        ToolPending(2, "question", "ask_principal", 90 * S, "no"),
        final("can i speak to a person", 0.1),
        final("hm", 0.1),
        *(says("What time?", number) for number in range(3)),
        ToolCalled("book", refused=True),
        *(took(2000) for _ in range(3)),
        RoomStarted("vad", 2),
        EngineEvent("error", "the disk is full"),
        OperatorLeft(lost=True),
    ):
        call.after(0, message)
    call.quiet(7)
    call.after(0, ToolCalled("wait_on_hold"))
    call.quiet(46)
    assert {alert.kind for alert in call.all} == set(get_args(AlertKind))


def test_the_headers_clock_may_wrap_in_the_middle_of_a_silence():
    alerts = CallAlerts(1, lambda: 1)
    nearly = 2**32 - 3 * S
    assert alerts.take(SpeechStarted(1, 0), "listening", nearly) == []
    assert [alert.kind for alert in alerts.tick(4 * S)] == ["silence"]

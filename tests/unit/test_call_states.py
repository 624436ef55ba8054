"""The states of a call and its outcome."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from engine.call import next_state, outcome_of, too_long, with_last_words
from engine.protocol import (
    LINE_ENDS,
    BargeIn,
    EndCall,
    LineState,
    OperatorWords,
    PlaybackStarted,
    Reservation,
    SpeechStarted,
    Spoken,
    TurnEnded,
)

EARLY, HELD, RESUMED = (
    LineState("early_media"),
    LineState("held", "near_end"),
    LineState("resumed", "near_end"),
)
RINGING, ANSWERED, OVER = LineState("ringing"), LineState("answered"), LineState("ended", "far_end")
SPEECH = SpeechStarted(1, 0)
TURN = TurnEnded(1, 0, 500, 850, 350, "")
MHM = TurnEnded(1, 0, 500, 850, 350, "", under_our_voice=True)
VOICE = PlaybackStarted(1, 1, 0, 0)
SENTENCE = Spoken(1, 0, "Hello.", True)
UTTERANCE = Spoken(1, 1, "", True, ends_utterance=True)
CUT = Spoken(1, 0, "Hel", True, ends_utterance=True, cut=True)
BYE = EndCall("booked")
OPERATOR = OperatorWords(1, "Seven is fine.", "en", 0.9, 0, 900)
ALL = [
    HELD,
    RESUMED,
    EARLY,
    RINGING,
    ANSWERED,
    OVER,
    SPEECH,
    TURN,
    MHM,
    VOICE,
    SENTENCE,
    UTTERANCE,
    CUT,
    BYE,
    OPERATOR,
    BargeIn("cut", 0),
]


def states(*messages, start="dialling"):
    told = [start]
    for message in messages:
        told.append(next_state(told[-1], message))
    return told[1:]


def test_a_call_from_dialling_to_the_end():
    script = [
        RINGING,
        ANSWERED,
        SPEECH,
        TURN,
        VOICE,
        SENTENCE,
        UTTERANCE,
        SPEECH,
        TURN,
        VOICE,
        BYE,
        UTTERANCE,
        OVER,
    ]
    assert states(*script) == [
        "ringing", "listening", "listening", "thinking", "speaking", "speaking", "listening", "listening", "thinking",
        "speaking", "ending", "ending", "ended",
    ]  # fmt: skip


def test_a_line_may_answer_without_ringing():
    assert states(ANSWERED) == ["listening"]


def test_an_interruption_makes_us_listen_once_our_voice_has_stopped():
    assert states(SPEECH, CUT, TURN, start="speaking") == ["speaking", "listening", "thinking"]


def test_mhm_under_our_voice_leaves_us_speaking():
    assert states(SPEECH, MHM, SENTENCE, UTTERANCE, start="speaking") == [
        "speaking",
        "speaking",
        "speaking",
        "listening",
    ]


def test_speech_while_we_think_makes_us_listen():
    assert states(SPEECH, start="thinking") == ["listening"]


@pytest.mark.parametrize("state", ["waiting", "dialling", "ringing"])
def test_nothing_but_the_line_moves_a_call_that_is_not_answered(state):
    assert {next_state(state, m) for m in (SPEECH, TURN, VOICE, UTTERANCE, SENTENCE)} == {state}


def test_ringing_after_the_answer_changes_nothing():
    assert states(RINGING, ANSWERED, start="speaking") == ["speaking", "speaking"]


@given(messages=st.lists(st.sampled_from(ALL), max_size=30))
def test_an_ended_call_stays_ended_and_an_ending_one_only_ends(messages):
    told = states(*messages)
    if "ended" in told:
        assert set(told[told.index("ended") :]) == {"ended"}
    if "ending" in told:
        assert set(told[told.index("ending") :]) <= {"ending", "ended"}


@pytest.mark.parametrize(
    ("wanted", "reason", "status", "outcome"),
    [
        (EndCall("booked"), "near_end", "booked", "booked"),
        (EndCall("no_table", "full"), "far_end", "open", "no_table"),
        (None, "far_end", "booked", "booked"),  # agreed, then they hung up
        (None, "near_end", "changed", "changed"),
        (None, "error", "cancelled", "cancelled"),
        (None, "far_end", "declined", "far_end_hung_up"),
        (None, "far_end", "open", "far_end_hung_up"),
        (None, "no_answer", "open", "no_answer"),
        (None, "near_end", "open", "hung_up"),
        (None, "the line ended unexpectedly", "open", "failed"),
        (None, "", "open", "failed"),
    ],
)
def test_outcomes(wanted, reason, status, outcome):
    got, why = outcome_of(wanted, LineState("ended", reason), Reservation(status=status))
    assert got == outcome
    assert why or wanted is not None


def test_what_sounds_before_the_answer_is_still_ringing():
    assert states(EARLY, SPEECH, TURN, RINGING, ANSWERED) == ["ringing"] * 4 + ["listening"]


@pytest.mark.parametrize("state", ["listening", "thinking", "speaking"])
def test_a_call_on_hold_stays_so_whatever_is_heard_or_said_until_it_is_taken_back(state):
    script = [HELD, SPEECH, TURN, VOICE, UTTERANCE, HELD, RESUMED, TURN]
    assert states(*script, start=state) == ["on_hold"] * 6 + ["listening", "thinking"]


def test_a_call_on_hold_may_end():
    assert states(HELD, BYE, RESUMED, OVER, start="speaking") == ["on_hold", "ending", "ending", "ended"]
    assert states(HELD, OVER, start="speaking") == ["on_hold", "ended"]


@pytest.mark.parametrize("state", ["waiting", "dialling", "ringing", "ending"])
def test_nothing_is_held_before_the_answer_or_after_the_goodbye(state):
    assert states(HELD, RESUMED, start=state) == [state, state]


@pytest.mark.parametrize("reason", sorted(set(LINE_ENDS) - {"far_end", "near_end"}))
def test_a_line_s_own_reason_is_the_outcome_and_its_words_the_reason(reason):
    line = LineState("ended", reason, "486 Busy Here")
    assert outcome_of(None, line, Reservation()) == (reason, "486 Busy Here")
    outcome, words = outcome_of(None, LineState("ended", reason), Reservation())
    assert outcome == reason
    assert words not in ("", reason)
    assert outcome_of(None, line, Reservation(status="booked"))[0] == "booked"
    assert outcome_of(EndCall("no_table", "full"), line, Reservation()) == ("no_table", "full")


def test_a_line_that_had_to_be_killed_after_the_hang_up_is_a_call_that_was_hung_up():
    ended_by = ("hung_up", "the operator hung up")
    assert (
        outcome_of(None, LineState("ended", "line_lost", "exit code -9"), Reservation(), ended_by) == ended_by
    )
    assert outcome_of(None, LineState("ended", "busy"), Reservation(), ended_by)[0] == "busy"


def test_the_reason_of_a_call_that_nobody_answered_quotes_what_was_heard():
    reason = with_last_words("480 Temporarily Unavailable", "the number is not in service")
    assert (
        reason == '480 Temporarily Unavailable; before the answer they said: "the number is not in service"'
    )
    assert with_last_words("480 Temporarily Unavailable", "") == "480 Temporarily Unavailable"


def test_a_call_that_is_waited_for_waits_until_it_rings():
    waiting = LineState("waiting", "127.0.0.1:5080")
    assert states(waiting, RINGING, ANSWERED, start="waiting") == ["waiting", "ringing", "listening"]


@pytest.mark.parametrize(
    ("state", "lasted_s", "end"),
    [
        ("waiting", 600, None),
        ("waiting", 601, ("no_answer", "nobody called back")),
        ("ringing", 180, None),
        ("speaking", 181, ("failed", "longer than 180 s")),
        ("dialling", 181, ("failed", "longer than 180 s")),
    ],
)
def test_a_call_and_the_wait_for_it_end_by_limits_of_their_own(state, lasted_s, end):
    assert too_long(state, lasted_s, 600, 180) == end


def test_a_call_that_an_operator_speaks_in_listens_and_thinks_by_the_far_end_alone():
    script = [CUT, OPERATOR, SPEECH, TURN, OPERATOR, SPEECH, TURN]
    assert states(*script, start="speaking") == [
        "listening", "listening", "listening", "thinking", "listening", "listening", "thinking",
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["speaking", "listening", "on_hold", "ending", "dialling"])
def test_an_operator_s_words_move_no_call_that_nobody_waits_for_an_answer_in(state):
    assert states(OPERATOR, start=state) == [state]

"""The states of a call and its outcome."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.call import next_state, outcome_of
from engine.protocol import (
    BargeIn,
    EndCall,
    LineState,
    PlaybackStarted,
    Reservation,
    SpeechStarted,
    Spoken,
    TurnEnded,
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
ALL = [RINGING, ANSWERED, OVER, SPEECH, TURN, MHM, VOICE, SENTENCE, UTTERANCE, CUT, BYE, BargeIn("cut", 0)]


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


@pytest.mark.parametrize("state", ["dialling", "ringing"])
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

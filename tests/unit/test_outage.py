"""Outages that an operator has asked for."""

from __future__ import annotations

import pytest

from engine.protocol import InjectEvent
from engine.turns.outage import LONGEST_S, Outages

S = 1_000_000


def fail(room: str = "cache", seconds: float = 3.0) -> InjectEvent:
    return InjectEvent(what="fail", room=room, seconds=seconds)


def test_an_outage_is_told_when_it_begins_and_when_it_is_over():
    outages = Outages("cache")
    ((call, begun),) = outages.begin(7, fail(), 10 * S)
    assert (call, begun.level, begun.room) == (7, "warning", "cache")
    assert begun.text == "the store of replies fails for 3 s (injected)"
    assert (outages.on(7), outages.on(8), outages.due_us) == (True, False, 13 * S)
    assert outages.over(13 * S - 1) == []
    ((call, over),) = outages.over(13 * S)
    assert (call, over.level, over.text) == (7, "info", "the store of replies is back")
    assert (outages.on(7), outages.due_us, outages.over(20 * S)) == (False, None, [])


@pytest.mark.parametrize(
    "other", [fail("tts"), fail(seconds=0), fail(seconds=-1), InjectEvent(what="noise", seconds=3)]
)
def test_what_is_not_for_this_room_is_no_outage(other):
    outages = Outages("cache")
    assert outages.begin(1, other, 0) == []
    assert not outages.on(1)


def test_the_later_word_counts_and_no_outage_outlasts_the_audio_that_is_kept():
    outages = Outages("transcribe")
    outages.begin(1, fail("transcribe", 9), 0)
    outages.begin(1, fail("transcribe", 2), S)
    assert outages.due_us == 3 * S
    ((_, told),) = outages.begin(1, fail("transcribe", 1e9), S)
    assert told.text == f"the recogniser fails for {LONGEST_S:g} s (injected)"
    assert outages.due_us == S + int(LONGEST_S * S)


def test_a_call_that_is_over_has_no_outage():
    outages = Outages("tts")
    outages.begin(1, fail("tts"), 0)
    outages.begin(2, fail("tts", 5), 0)
    outages.forget(1)
    assert outages.due_us == 5 * S
    assert [notice.call for notice in outages.over(9 * S)] == [2]

"""Events of a call leave in the order of cause and effect, whatever the order in which they were read."""

from __future__ import annotations

import random

from hypothesis import given, settings, strategies as st

from engine.in_order import LONGEST_US, InOrder
from engine.protocol import (
    DialogueState,
    Flag,
    Header,
    Message,
    PlaybackStarted,
    Sentence,
    Speculated,
    Spoken,
    Transcript,
    TurnEnded,
)

HEADER = Header(0, 1, Flag.NONE, 0, 0)
ENDED = TurnEnded(1, 0, 900, 1000, 100, "")
FINAL = Transcript(1, "yes", True, "en", 0.9, 0, 900)
SAID = Sentence(1, 0, False, 1, "On Friday.", "en")
STARTED = PlaybackStarted(1, 1, 0, 0)
SPOKEN = Spoken(1, 0, "On Friday.", True, True)


def read(*messages: Message, at_us: int = 0) -> tuple[InOrder, list[Message]]:
    order = InOrder()
    return order, [event[1] for message in messages for event in order.take(HEADER, message, at_us)]


def test_what_comes_in_order_is_not_held():
    for count, _ in enumerate((ENDED, FINAL, SAID, STARTED, SPOKEN), 1):
        messages = (ENDED, FINAL, SAID, STARTED, SPOKEN)[:count]
        assert read(*messages)[1] == list(messages)


def test_an_answer_is_not_told_before_what_it_answers():
    assert read(Speculated(1, True), SAID, ENDED)[1] == [Speculated(1, True)]
    assert read(SAID, ENDED, FINAL)[1] == [ENDED, FINAL, SAID]


def test_what_follows_a_held_event_waits_with_it():
    later = DialogueState("asking", "", "en")
    assert read(SAID, later, ENDED)[1] == []
    assert read(SAID, later, ENDED, FINAL)[1] == [ENDED, FINAL, SAID, later]


def test_our_own_initiative_answers_nothing():
    own = Sentence(1, 0, True, 0, "Hello?", "en")
    assert read(own)[1] == [own]


def test_a_cause_that_never_comes_is_not_waited_for_long():
    order, left = read(SAID, STARTED)
    assert left == []
    assert order.overdue(LONGEST_US - 1) == []
    assert [event[1] for event in order.overdue(LONGEST_US)] == [SAID, STARTED]
    assert [event[1] for event in order.take(HEADER, SPOKEN, LONGEST_US + 1)] == [SPOKEN]


def test_the_end_of_a_call_leaves_nothing_behind():
    order, _ = read(SAID, STARTED)
    assert [event[1] for event in order.rest()] == [SAID, STARTED]
    assert order.rest() == []


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1 << 30))
def test_whatever_order_the_sockets_are_read_in_nothing_is_lost_and_causes_come_first(seed):
    chance = random.Random(seed)
    agent = [
        message for n in (1, 2) for message in (Speculated(n, True), Sentence(n, 0, True, n, "Yes.", "en"))
    ]
    playback = [message for n in (1, 2) for message in (PlaybackStarted(n, n, 0, 0), Spoken(n, 0, "", True))]
    detector = [TurnEnded(n, 0, 900, 1000, 100, "") for n in (1, 2)]
    words = [Transcript(n, "yes", True, "en", 0.9, 0, 900) for n in (1, 2)]
    rooms = [agent, playback, detector, words]
    everything = [message for room in rooms for message in room]
    order, left = InOrder(), []
    while any(rooms):
        room = chance.choice([room for room in rooms if room])
        left += [event[1] for event in order.take(HEADER, room.pop(0), 0)]
    assert sorted(map(repr, left)) == sorted(map(repr, everything))
    for n in (1, 2):
        chain = [
            next(each for each in left if isinstance(each, kind) and number(each) == n)
            for kind in (TurnEnded, Transcript, Sentence, PlaybackStarted)
        ]
        assert [left.index(each) for each in chain] == sorted(left.index(each) for each in chain)


def number(message: Message) -> int:
    return getattr(message, "turn", 0)

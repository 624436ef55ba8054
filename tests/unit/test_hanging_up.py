"""The end of a call: when all is said, once, and not while they say something instead of our last words."""

from __future__ import annotations

import pytest

from engine.dialogue.hanging_up import HangingUp
from engine.dialogue.message_left import MessageLeft
from engine.dialogue.speech import Fate
from engine.protocol import EndCall, ToolCalled

BOOKED = ("booked", "")


@pytest.fixture
def ending() -> HangingUp:
    return HangingUp(None, MessageLeft())


def test_nothing_ends_that_was_not_decided(ending):
    ending.come_to(None, [])
    assert ending.when_all_is_said() == []


def test_what_was_decided_ends_the_call_once(ending):
    ending.come_to(BOOKED, [])
    ending.come_to(None, [])
    assert ending.when_all_is_said() == [EndCall("booked", "")]
    assert ending.when_all_is_said() == []


@pytest.mark.parametrize("settled_by", ["they_spoke", "they_are_silent"])
def test_who_cut_our_last_words_is_heard_before_the_line_is_closed(ending, settled_by):
    ending.come_to(BOOKED, [])
    ending.we_were_cut()
    assert ending.when_all_is_said() == []
    getattr(ending, settled_by)()
    assert ending.when_all_is_said() == [EndCall("booked", "")]


def test_an_operator_who_has_spoken_with_them_opens_it_again(ending):
    ending.come_to(BOOKED, [])
    ending.when_all_is_said()
    ending.reopen()
    assert ending.when_all_is_said() == []
    ending.come_to(("no_table", "full"), [])
    assert ending.when_all_is_said() == [EndCall("no_table", "full")]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("we call again", "the message was left"),
        ("we call", "a part of the message was left: 2 of 3 words"),
        ("", "no message was left"),
    ],
)
def test_of_a_voicemail_it_is_told_how_much_of_the_message_was_left(ending, said, words):
    ending.come_to(("voicemail", ""), [])
    ending.we_said(Fate("brain", said, said != "we call again", "we call again"))
    ending.they_spoke()  # the machine's beep, or its goodbye
    assert ending.when_all_is_said() == [EndCall("voicemail", words)]


@pytest.mark.parametrize(("refused", "kept"), [(False, True), (True, False)])
def test_words_after_the_tool_that_leaves_a_message_are_for_the_machine(ending, refused, kept):
    ending.come_to(None, [ToolCalled("leave_message", {}, "", refused=refused)])
    ending.we_said(Fate("brain", "we call again", False, "we call again"))
    ending.they_spoke()
    assert bool(ending.message.given) is kept

"""What an operator may ask of a line, and when."""

from __future__ import annotations

import pytest

from engine.line_orders import may_order, told
from engine.protocol import HoldLine, SendDigits, TransferLine

ORDERS = [HoldLine(), HoldLine(False), SendDigits("12#"), TransferLine("sip:b@127.0.0.1")]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("state", ["listening", "thinking", "speaking", "on_hold"])
def test_in_an_answered_call_everything_may_be_asked(order, state: str):
    assert may_order(order, "sip", state, hanging_up=False) is None


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("line", "state", "hanging_up", "words"),
    [
        ("sip", "dialling", False, "once somebody has picked up"),
        ("sip", "ringing", False, "once somebody has picked up"),
        ("sip", "ending", False, "about to end"),
        ("sip", "ended", False, "about to end"),
        ("sip", "listening", True, "about to end"),
    ],
)
def test_otherwise_it_is_refused_with_the_reason(order, line: str, state: str, hanging_up: bool, words: str):
    assert words in str(may_order(order, line, state, hanging_up))


@pytest.mark.parametrize("order", ORDERS)
def test_a_recording_takes_no_orders(order):
    assert "recorded line cannot" in str(may_order(order, "recorded", "listening", hanging_up=False))


@pytest.mark.parametrize("order", [HoldLine(), HoldLine(False), TransferLine("sip:b@127.0.0.1")])
def test_a_simulated_line_has_keys_and_nothing_else(order):
    assert "simulated line cannot" in str(may_order(order, "simulated", "listening", hanging_up=False))
    assert may_order(SendDigits("2"), "simulated", "listening", hanging_up=False) is None


@pytest.mark.parametrize("digits", ["", "1 2", "a", "1\n", "E", "+1", "1" * 33, "\u0661"])
def test_only_keys_that_a_telephone_has_are_pressed(digits: str):
    assert "Keys are" in str(may_order(SendDigits(digits), "sip", "listening", hanging_up=False))


@pytest.mark.parametrize("digits", ["0", "12#*", "ABCD", "9" * 32])
def test_every_key_of_a_telephone_may_be_pressed(digits: str):
    assert may_order(SendDigits(digits), "sip", "listening", hanging_up=False) is None


def test_the_record_says_what_was_asked_and_no_number():
    assert told(HoldLine()) == "hold"
    assert told(HoldLine(False)) == "resume"
    assert told(SendDigits("4711")) == "press 4 keys"
    assert told(TransferLine("sip:+49301234567@x")) == "transfer"
    assert told(TransferLine("sip:b@x", attended=True)) == "attended transfer"

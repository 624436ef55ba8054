"""How a SIP call ended, told from the stack's words alone."""

from __future__ import annotations

import pytest

from engine.lines.sip_ends import End, end_of
from engine.protocol import LINE_ENDS


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("486 Busy Here", End("busy", "486 Busy Here")),
        ("404 Not Found", End("not_found", "404 Not Found")),
        ("302 Moved Temporarily", End("redirected", "302 Moved Temporarily")),
        ("599 Whatever", End("unavailable", "599 Whatever")),
        ("Connection refused [111]", End("unreachable", "Connection refused [111]")),
        ("Rejected by user", End("near_end", "")),
    ],
)
def test_a_call_that_nobody_answered_ends_as_the_far_ends_side_says(text: str, end: End):
    assert end_of(text, was_answered=False, we_hung_up=False) == end
    assert end.reason in LINE_ENDS


def test_a_far_end_that_gives_up_ringing_of_its_own_accord_did_not_answer():
    text = "487 Request Terminated"
    assert end_of(text, was_answered=False, we_hung_up=False) == End("no_answer", text)
    assert end_of(text, was_answered=False, we_hung_up=True) == End("near_end", "")


@pytest.mark.parametrize(
    "text", ["488 Not Acceptable Here", "606 Not Acceptable", "415 Unsupported Media Type"]
)
def test_a_far_end_that_shares_nothing_we_offered_is_told_as_that(text: str):
    end = end_of(text, was_answered=False, we_hung_up=False)
    assert end == End("rejected", f"no codec or encryption in common ({text})")


def test_whoever_ends_a_call_that_was_answered_has_hung_up():
    assert end_of("Connection reset by peer [104]", was_answered=True, we_hung_up=False) == End("far_end", "")

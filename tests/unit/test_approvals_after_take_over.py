"""A tool that has to be approved, after a take-over in which no operator has said yes to anything."""

import pytest

from engine.protocol import ToolPending
from engine.settings import OperatorSettings
from tests.fakes.talking import TalkedCall

APPROVED = OperatorSettings(approve=("book",))


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("lost", [False, True])
def test_what_the_far_end_confirms_to_an_operator_who_says_nothing_waits_for_approval(lost, restarts):
    call = TalkedCall(APPROVED, restarts=restarts).there().opened()
    call.silenced("operator")
    call.hears("your table is confirmed")
    call.hands_back(lost=lost)
    call.waits(OperatorSettings().holds_s + 1)
    assert [pending.tool for pending in call.all(ToolPending)] == ["book"]
    assert call.talk.reservation.status == "open"


def test_what_a_lost_operator_had_begun_to_agree_waits_for_approval():
    call = TalkedCall(APPROVED).there().opened()
    call.silenced("operator")
    call.operator_says("hello one moment please")
    call.hears("your table is confirmed")
    call.hands_back(lost=True)
    call.waits(OperatorSettings().holds_s + 1)
    assert call.all(ToolPending) and call.talk.reservation.status == "open"


def test_what_was_confirmed_before_a_hand_back_that_nobody_remembers_waits_for_approval():
    call = TalkedCall(APPROVED).there().opened()
    call.silenced("operator")
    call.operator_says("hello one moment please")
    call.hears("your table is confirmed")
    call.restart(silenced="")
    assert call.all(ToolPending) and call.talk.reservation.status == "open"

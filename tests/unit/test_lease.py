"""The microphone of one call, with a clock that is passed in."""

from __future__ import annotations

import pytest

from engine.errors import CallRefused
from engine.operating.lease import ARMED_FOR_US, TALK_FOR_US, MicLease
from engine.protocol import AgentSilenced, MicMode, MicState, OperatorLeft, Talk

TTL_US = 2_000_000


@pytest.fixture
def lease() -> MicLease:
    return MicLease(2000)


def armed(lease: MicLease, now_us: int = 0) -> MicLease:
    lease.grant("anna", 7, now_us)
    return lease


def live(lease: MicLease, mode: MicMode = "ptt") -> MicLease:
    armed(lease).go_live(7, mode, 0)
    return lease


def kept_alive(lease: MicLease, until_us: int) -> list[object]:
    """Renewed twice a second; everything that time brings about meanwhile."""
    told: list[object] = []
    for now_us in range(0, until_us + 1, 500_000):
        if lease.mode != "off":
            lease.renew(7, now_us)
        told += lease.tick(now_us)
    return told


def test_arming_leaves_the_agent_its_voice(lease):
    assert lease.grant("anna", 7, 0) == [MicState("armed", "anna")]
    assert not lease.live and not lease.passes(7)


@pytest.mark.parametrize("operator", ["bert", "anna"])
def test_a_microphone_that_is_taken_is_refused_to_everybody_else_and_to_a_second_console(lease, operator):
    armed(lease)
    with pytest.raises(CallRefused, match=r"^taken by anna$"):
        lease.grant(operator, 8, 1)
    assert (lease.operator, lease.number) == ("anna", 7)


def test_going_live_silences_the_agent_first(lease):
    armed(lease)
    assert lease.go_live(7, "ptt", 5) == [AgentSilenced("operator", "anna"), MicState("ptt", "anna")]


def test_an_open_microphone_is_on_at_once(lease):
    armed(lease)
    told = lease.go_live(7, "full", 5)
    assert told == [AgentSilenced("operator", "anna"), Talk(7, True), MicState("full", "anna", talking=True)]
    assert lease.passes(7)


def test_frames_pass_only_with_the_right_lease_and_while_talking(lease):
    live(lease)
    assert not lease.passes(7)
    lease.talk(7, True, "", 0)
    assert lease.passes(7)
    assert not lease.passes(8) and not lease.passes(0)
    lease.talk(7, False, "", 1)
    assert not lease.passes(7)


def test_a_lease_that_is_over_passes_nothing_not_even_number_nought(lease):
    live(lease, "full").hand_back(7, "")
    assert not lease.passes(7) and not lease.passes(0)


def test_talking_is_told_to_the_line_and_shown(lease):
    live(lease)
    assert lease.talk(7, True, "", 0) == [Talk(7, True), MicState("ptt", "anna", talking=True)]
    assert lease.talk(7, True, "", 1) == []
    told = lease.talk(7, False, "the window lost the focus", 2)
    assert told == [
        Talk(7, False, "the window lost the focus"),
        MicState("ptt", "anna", why="the window lost the focus"),
    ]


def test_an_armed_microphone_is_not_talked_into(lease):
    armed(lease)
    with pytest.raises(CallRefused, match="go live"):
        lease.talk(7, True, "", 0)


def test_push_to_talk_becomes_an_open_microphone_and_back_without_a_word_from_the_agent(lease):
    live(lease)
    assert lease.go_live(7, "full", 1) == [Talk(7, True), MicState("full", "anna", talking=True)]
    assert lease.go_live(7, "ptt", 2) == [Talk(7, False), MicState("ptt", "anna")]


def test_a_key_that_is_never_let_go_is_let_go_after_half_a_minute(lease):
    live(lease)
    lease.talk(7, True, "", 0)
    assert kept_alive(lease, TALK_FOR_US) == []
    lease.renew(7, TALK_FOR_US + 1)
    told = lease.tick(TALK_FOR_US + 1)
    assert [type(message) for message in told] == [Talk, MicState]
    assert lease.live and not lease.talking
    assert "30 s" in told[1].why


def test_an_open_microphone_stays_open(lease):
    live(lease, "full")
    assert kept_alive(lease, 2 * TALK_FOR_US) == []
    assert lease.talking


def test_arming_lapses_though_the_console_is_there(lease):
    armed(lease)
    told = kept_alive(lease, ARMED_FOR_US + 500_000)
    assert [type(message) for message in told] == [MicState]
    assert lease.mode == "off"


def test_a_live_take_over_without_a_sign_of_the_console_is_lost(lease):
    live(lease, "full")
    lease.renew(7, 400_000)
    assert lease.tick(400_000 + TTL_US) == []
    told = lease.tick(400_001 + TTL_US)
    why = "no sign of anna's console for 2 s"
    assert told == [
        Talk(7, False, why),
        OperatorLeft(lost=True, by="anna"),
        AgentSilenced(""),
        MicState("off", "anna", why=why),
    ]


def test_an_armed_one_that_is_lost_is_no_loss_to_the_agent(lease):
    armed(lease)
    assert [type(message) for message in lease.tick(TTL_US + 1)] == [MicState]


def test_handing_back_tells_the_agent_what_was_agreed(lease):
    live(lease)
    assert lease.hand_back(7, "eight o'clock instead") == [
        OperatorLeft("eight o'clock instead", by="anna"),
        AgentSilenced(""),
        MicState("off", "anna", why="handed back"),
    ]


def test_giving_up_a_live_take_over_is_losing_it(lease):
    live(lease)
    told = lease.release(7, "the headset is gone")
    assert told[0] == OperatorLeft(lost=True, by="anna")
    assert told[-1] == MicState("off", "anna", why="the headset is gone")


def test_giving_up_what_was_only_armed_concerns_the_consoles_alone(lease):
    armed(lease)
    assert lease.release(7, "") == [MicState("off", "anna", why="released")]


def test_the_end_of_the_call_ends_the_take_over_and_nobody_is_told_to_go_on(lease):
    live(lease)
    told = lease.call_over()
    assert not any(isinstance(message, OperatorLeft) for message in told)
    assert told[-1] == MicState("off", "anna", why="the call has ended")
    assert lease.call_over() == []


def test_with_the_wrong_lease_nothing_is_done(lease):
    live(lease, "full")
    for ask in (
        lambda: lease.renew(8, 9),
        lambda: lease.go_live(8, "ptt", 9),
        lambda: lease.talk(8, False, "", 9),
        lambda: lease.hand_back(8, ""),
        lambda: lease.release(0, ""),
    ):
        with pytest.raises(CallRefused, match="over"):
            ask()
    assert (lease.mode, lease.talking, lease.number) == ("full", True, 7)


def test_who_comes_too_late_is_told_why_it_was_over(lease):
    live(lease)
    lease.tick(TTL_US + 1)
    with pytest.raises(CallRefused, match="no sign of anna's console"):
        lease.renew(7, TTL_US + 2)


def test_after_the_end_somebody_else_may_take_over(lease):
    live(lease).hand_back(7, "")
    assert lease.grant("bert", 9, 1) == [MicState("armed", "bert")]
    assert not lease.passes(7)

"""Hold from either side, and handing a call over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.protocol import LINE_RATE_HZ, HoldLine, TransferLine
from tests.fakes.sip.baresip_peer import baresip_peer
from tests.fakes.sip.line_harness import G711, LineHouse
from tests.fakes.sip.programs import free_port, until
from tests.fakes.sip.python_peer import python_peer
from tests.fakes.sip.rtp_peer import rtp_peer
from tests.fakes.sip.sipp import sipp
from tests.fakes.sip.sipp_steps import (
    answer,
    be_held,
    be_hung_up,
    hold_them,
    pause,
    refuse,
    scenario,
    sdp,
)
from tests.fakes.sip.tones import G711_RATE_HZ, seconds_of, tone

pytestmark = pytest.mark.long

TELEPHONE = {"codecs": G711}


def test_we_hold_and_take_back(house: LineHouse, tmp_path: Path):
    with rtp_peer(1000) as audio:
        steps = (answer(sdp(audio.port)), be_held(audio.port), be_hung_up())
        with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri, sip=TELEPHONE) as line:
            line.until_state("answered")
            line.tell(HoldLine(hold=True))
            assert line.until_state("held").reason == "near_end"
            time.sleep(0.3)
            line.tell(HoldLine(hold=False))
            assert line.until_state("resumed").reason == "near_end"
            line.say(tone(600, 0.4, LINE_RATE_HZ))
            until(lambda: seconds_of(audio.pcm, 600, G711_RATE_HZ) >= 0.36, "we are heard again")
            before = len(line.frames)
            until(lambda: seconds_of(line.heard(since=before), 1000, LINE_RATE_HZ) > 0.3, "so are they")
            line.hang_up()
            assert [(each.action, each.done) for each in line.actions] == [("hold", True), ("resume", True)]
            assert far.verdict() == ""
            assert far.log.split("\n")[:2] in (
                ["held: sendonly", "resumed: a=sendrecv"],
                ["held: inactive", "resumed: a=sendrecv"],
            )


def test_what_we_say_while_they_are_on_hold_waits_until_they_can_hear_it(house: LineHouse, tmp_path: Path):
    with rtp_peer(1000) as audio:
        steps = (answer(sdp(audio.port)), be_held(audio.port), be_hung_up())
        with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri, sip=TELEPHONE) as line:
            line.until_state("answered")
            line.tell(HoldLine(hold=True))
            line.until_state("held")
            line.say(tone(600, 0.4, LINE_RATE_HZ))
            time.sleep(0.6)
            assert seconds_of(audio.pcm, 600, G711_RATE_HZ) == 0
            assert not line.played
            line.tell(HoldLine(hold=False))
            line.until_state("resumed")
            until(lambda: seconds_of(audio.pcm, 600, G711_RATE_HZ) >= 0.36, "they hear all of it")
            until(lambda: line.played and line.played[-1].frame == 19, "and we are told so")
            line.hang_up()
            assert far.verdict() == ""


def test_they_hold_us_and_take_us_back_and_time_goes_on(house: LineHouse, tmp_path: Path):
    with rtp_peer(1000) as audio:
        steps = (answer(sdp(audio.port)), pause(300), hold_them(audio.port, for_ms=600), be_hung_up())
        with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri, sip=TELEPHONE) as line:
            assert line.until_state("held").reason == "far_end"
            assert line.until_state("resumed").reason == "far_end"
            before = len(line.frames)
            until(lambda: seconds_of(line.heard(since=before), 1000, LINE_RATE_HZ) > 0.3, "they are back")
            line.say(tone(600, 0.4, LINE_RATE_HZ))
            until(lambda: seconds_of(audio.pcm, 600, G711_RATE_HZ) >= 0.36, "and hear us")
            line.hang_up()
            assert far.verdict() == ""
        seconds = (line.frames[-1].received_us - line.frames[0].received_us) / 1e6
        assert len(line.frames) * 0.02 > seconds - 0.5


def test_a_blind_transfer_makes_the_far_end_call_somebody_else(house: LineHouse, tmp_path: Path):
    with sipp(scenario(answer(sdp(free_port())), be_hung_up()), tmp_path) as third:
        with baresip_peer(tmp_path) as far, house.line(far.uri) as line:
            line.until_state("answered")
            line.tell(TransferLine(third.uri))
            assert line.ended.reason == "transferred"
            assert [(each.action, each.done) for each in line.actions] == [("transfer", True)]
            assert line.gone() == 0
            until(lambda: third.received("INVITE") == 1, "the third party is called")
            until(lambda: third.received("ACK") == 1, "and talks")
            far.tell("hangup")
        assert third.verdict() == ""


def test_a_transfer_that_fails_leaves_us_with_the_call(house: LineHouse, tmp_path: Path):
    with (
        sipp(scenario(refuse(486, "Busy Here")), tmp_path) as third,
        baresip_peer(tmp_path) as far,
        house.line(far.uri) as line,
    ):
        line.until_state("answered")
        line.tell(TransferLine(third.uri))
        until(lambda: line.actions, "a word on what became of it")
        assert (line.actions[0].action, line.actions[0].done) == ("transfer", False)
        before = len(line.frames)
        until(lambda: seconds_of(line.heard(since=before), 1000, LINE_RATE_HZ) > 0.3, "we hear them again")
        assert line.hang_up().reason == "near_end"


def test_a_third_party_that_refuses_gives_us_the_far_end_back_from_hold(house: LineHouse, tmp_path: Path):
    with (
        sipp(scenario(refuse(486, "Busy Here")), tmp_path) as third,
        baresip_peer(tmp_path) as far,
        house.line(far.uri) as line,
    ):
        line.until_state("answered")
        line.tell(TransferLine(third.uri, attended=True))
        assert line.until_state("resumed").reason == "near_end"
        assert [each.state for each in line.states][-2:] == ["held", "resumed"]
        assert [(each.action, each.done) for each in line.actions] == [("transfer", False)]
        assert line.hang_up().reason == "near_end"


def test_an_attended_transfer_joins_the_two_others(house: LineHouse, tmp_path: Path):
    with python_peer(tmp_path) as far, python_peer(tmp_path) as third:
        with house.line(far.uri, sip=TELEPHONE) as line:
            line.until_state("answered")
            line.tell(TransferLine(third.uri, attended=True))
            assert line.ended.reason == "transferred", line.actions
            assert line.actions[-1].done
            assert ("held", "near_end") in [(each.state, each.reason) for each in line.states]
            assert line.gone() == 0
        until(lambda: third.saw("established", 2), "the third party talks to us, then to the far end")
        assert far.saw("established", 2)
        assert third.saw("incoming", 2)

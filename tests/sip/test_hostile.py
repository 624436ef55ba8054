"""What is known to harm the stack: INVITEs that no decent caller sends, and addresses that it cannot read."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from engine.errors import CallRefused
from engine.lines.sip_address import parse
from engine.protocol import LINE_ENDS, LINE_RATE_HZ
from tests.fakes.sip.bad_packets import BadSender
from tests.fakes.sip.line_harness import G711, LineHouse
from tests.fakes.sip.programs import free_port, until
from tests.fakes.sip.rtp_peer import rtp_peer
from tests.fakes.sip.sipp import sipp
from tests.fakes.sip.sipp_steps import answer, be_hung_up, scenario, sdp
from tests.fakes.sip.tones import seconds_of

pytestmark = pytest.mark.long

TELEPHONE = {"codecs": G711}
MOST_GROWTH = 12  # descriptors: what the stack's limit of calls allows, however many INVITEs come


@pytest.mark.parametrize(
    "address",
    ["b", "garbage uri", "sip:", "tel:+49", "sips:b@h", "sip:b@h;transport=xyz", "sip:b@h\0", "sip:b@h:0"],
)
def test_an_address_that_harms_the_stack_never_reaches_it(address: str):
    with pytest.raises(CallRefused):
        parse(address)


@pytest.mark.parametrize("address", ["sip:", "garbage", "sip:b@h;transport=xyz"])
def test_an_address_that_got_through_all_the_same_harms_its_own_call_alone(
    house: LineHouse, tmp_path: Path, address: str
):
    beside_and_next = scenario(answer(sdp(free_port())), be_hung_up())
    with sipp(beside_and_next, tmp_path, calls=2) as far, house.line(far.uri, sip=TELEPHONE) as beside:
        beside.until_state("answered")
        with house.line(address) as harmed:
            assert harmed.ended.reason == "unreachable"
            assert harmed.ended.reason in LINE_ENDS and address not in harmed.ended.detail
            assert harmed.gone() == 0  # a heap that is damaged is not taken down in order
            assert not psutil.pid_exists(harmed.process.pid)
        with house.line(far.uri, sip=TELEPHONE) as following:
            following.until_state("answered")
            assert following.process.pid != harmed.process.pid
            assert following.hang_up().reason == "near_end"
        assert not beside.ended_without("answered")
        assert beside.hang_up().reason == "near_end"
        assert (beside.gone(), following.gone()) == (0, 0)
        assert far.verdict() == ""


def test_a_call_goes_on_while_strangers_send_invites_that_lose_sockets(house: LineHouse, tmp_path: Path):
    port = free_port()
    with (
        rtp_peer(1000) as audio,
        sipp(scenario(answer(sdp(audio.port)), be_hung_up()), tmp_path) as far,
        house.line(far.uri, sip={**TELEPHONE, "port": port}) as line,
        BadSender(port) as stranger,
    ):
        line.until_state("answered")
        process = psutil.Process(line.process.pid)
        descriptors = process.num_fds()
        for _ in range(60):
            stranger.without_contact()
            time.sleep(0.002)
        until(stranger.answers, "the stack has looked at it")
        assert process.num_fds() <= descriptors + MOST_GROWTH
        before = len(line.frames)
        until(lambda: seconds_of(line.heard(since=before), 1000, LINE_RATE_HZ) > 0.5, "they are still heard")
        assert line.hang_up().reason == "near_end"
        assert line.gone() == 0
        assert far.verdict() == ""


def test_a_line_that_waits_and_loses_sockets_says_so_and_ends(house: LineHouse):
    port = free_port()
    with house.line(sip={"port": port}) as line, BadSender(port) as stranger:
        line.until_it_listens(port)
        for _ in range(20):
            stranger.without_contact()
            time.sleep(0.005)
        assert line.gone() == 0
        assert "descriptors grow" in line.words


def test_a_call_goes_on_through_hundreds_of_mutilated_invites(house: LineHouse, tmp_path: Path):
    port = free_port()
    with (
        rtp_peer(1000) as audio,
        sipp(scenario(answer(sdp(audio.port)), be_hung_up()), tmp_path) as far,
        house.line(far.uri, sip={**TELEPHONE, "port": port}) as line,
        BadSender(port) as stranger,
    ):
        line.until_state("answered")
        for _ in range(400):
            stranger.mutated()
            time.sleep(0.001)
        before = len(line.frames)
        until(lambda: seconds_of(line.heard(since=before), 1000, LINE_RATE_HZ) > 0.3, "they are still heard")
        assert line.hang_up().reason == "near_end"
        assert line.gone() == 0
        assert far.verdict() == ""

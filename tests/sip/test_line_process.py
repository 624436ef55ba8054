"""The process a line lives in: called by others, killed, and used for call after call."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from engine.protocol import LINE_RATE_HZ, AnswerLine, HangUp
from tests.fakes.sip.bad_packets import BadSender
from tests.fakes.sip.baresip_peer import Manners, baresip_peer
from tests.fakes.sip.line_harness import G711, LineHouse
from tests.fakes.sip.programs import free_port, until
from tests.fakes.sip.sipp import sipp
from tests.fakes.sip.sipp_steps import answer, be_cancelled, be_hung_up, reply, scenario, sdp
from tests.fakes.sip.tones import seconds_of

pytestmark = pytest.mark.long

TELEPHONE = {"codecs": G711}
CALLS = 40
MOST_GROWTH_MIB = 6.0
WARM = 5  # calls until everything is loaded


def test_forty_calls_in_a_row_leave_nothing_behind(house: LineHouse, tmp_path: Path):
    shared = {"codecs": G711, "calls_per_process": 2}
    with sipp(scenario(answer(sdp(free_port())), be_hung_up()), tmp_path, calls=CALLS) as far:
        with house.line(far.uri, sip=shared) as line:
            process = psutil.Process(line.process.pid)
            first, before = line, None
            for number in range(1, CALLS + 1):
                line.until_state("answered")
                assert line.hang_up().reason == "near_end"
                if number == WARM:
                    before = (process.num_fds(), process.memory_info().rss, process.num_threads())
                if number < CALLS:
                    line = house.more(first, far.uri)
            assert before is not None
            assert process.num_fds() <= before[0] + 4
            assert (process.memory_info().rss - before[1]) / 2**20 < MOST_GROWTH_MIB
            assert process.num_threads() <= before[2]
            assert not any("numpy" in each.path for each in process.memory_maps())  # 11 MiB for each call
        assert far.verdict() == ""


def test_who_calls_a_line_that_is_talking_is_told_that_it_is_busy(house: LineHouse, tmp_path: Path):
    port = free_port()
    with (
        sipp(scenario(answer(sdp(free_port())), be_hung_up()), tmp_path) as far,
        house.line(far.uri, sip={**TELEPHONE, "port": port}) as line,
        BadSender(port) as stranger,
    ):
        line.until_state("answered")
        stranger.good()
        until(lambda: any(b"SIP/2.0 486" in each for each in stranger.answers()), "it is refused")
        line.hang_up()


def test_a_line_that_is_called_rings_until_it_is_told_to_pick_up(house: LineHouse, tmp_path: Path):
    port = free_port()
    with house.line(sip={"port": port}) as line, baresip_peer(tmp_path, Manners(answers=False)) as far:
        line.until_it_listens(port)
        far.tell("dial", f"sip:call-thing@127.0.0.1:{port}")
        line.until_state("ringing")
        until(lambda: far.saw("CALL_RINGING"), "the caller hears it ring")
        assert not far.saw("CALL_ESTABLISHED")
        line.tell(AnswerLine())
        line.until_state("answered")
        until(lambda: seconds_of(line.heard(), 1000, LINE_RATE_HZ) > 0.3, "the caller is heard")
        far.tell("hangup")
        assert line.ended.reason == "far_end"
        assert line.gone() == 0


def test_who_hangs_up_at_once_leaves_no_telephone_ringing(house: LineHouse, tmp_path: Path):
    steps = (reply(180, "Ringing"), be_cancelled())
    with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri, sip=TELEPHONE) as line:
        for _ in range(20_000):  # the supervisor says it again until the line has ended; this is more often
            line.tell(HangUp())
            if any(each.state == "ended" for each in line.states):
                break
            time.sleep(0.0005)
        assert line.ended.reason == "near_end"
        assert line.gone() == 0
        until(lambda: far.received("CANCEL") == far.received("INVITE"), "the far end does not ring any more")


def test_a_line_that_is_killed_takes_no_other_with_it(house: LineHouse, tmp_path: Path):
    patient = Manners(rtp_timeout_s=2)
    with (
        baresip_peer(tmp_path, patient) as one,
        baresip_peer(tmp_path) as other,
        house.line(one.uri) as killed,
        house.line(other.uri) as line,
    ):
        killed.until_state("answered")
        line.until_state("answered")
        until(lambda: killed.frames, "it hears")
        psutil.Process(killed.process.pid).kill()
        assert killed.gone() < 0
        until(lambda: one.saw("CALL_CLOSED"), "its far end notices that nobody is there")
        assert not other.saw("CALL_CLOSED")
        before = len(line.frames)
        until(
            lambda: seconds_of(line.heard(since=before), 1000, LINE_RATE_HZ) > 0.3,
            "the other call goes on",
        )
        assert line.hang_up().reason == "near_end"

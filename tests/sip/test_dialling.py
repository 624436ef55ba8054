"""Dialling: every way in which nobody comes to speak, and the ways to an answer. The far end is SIPp."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.protocol import LINE_RATE_HZ, HangUp
from tests.fakes.sip.line_harness import G711, LineHouse
from tests.fakes.sip.programs import free_port, until
from tests.fakes.sip.rtp_peer import rtp_peer
from tests.fakes.sip.sipp import sipp
from tests.fakes.sip.sipp_steps import (
    answer,
    be_cancelled,
    be_hung_up,
    hang_up,
    pause,
    refuse,
    reply,
    scenario,
    sdp,
    stream,
)
from tests.fakes.sip.tones import G711_RATE_HZ, seconds_of, to_mu_law, tone

TELEPHONE = {"codecs": G711}


@pytest.mark.parametrize(
    ("status", "reason", "end"),
    [
        (486, "Busy Here", "busy"),
        (603, "Decline", "declined"),
        (480, "Temporarily Unavailable", "unavailable"),
        (404, "Not Found", "not_found"),
        (503, "Service Unavailable", "unavailable"),
        (488, "Not Acceptable Here", "rejected"),
        (302, "Moved Temporarily", "redirected"),
    ],
)
def test_a_refusal_is_an_end_of_its_own_kind(
    house: LineHouse, tmp_path: Path, status: int, reason: str, end: str
):
    elsewhere = (f"Contact: <sip:other@127.0.0.1:{free_port()}>",) if status == 302 else ()
    with sipp(scenario(refuse(status, reason, elsewhere)), tmp_path) as far, house.line(far.uri) as line:
        assert line.ended.reason == end and f"{status} {reason}" in line.ended.detail
        assert [each.state for each in line.states] == ["dialling", "ended"]
        assert line.gone() == 0
        assert far.verdict() == ""


def test_a_far_end_that_rings_for_two_seconds_is_waited_for(house: LineHouse, tmp_path: Path):
    steps = (reply(180, "Ringing"), pause(2000), answer(sdp(free_port())), be_hung_up())
    with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri, sip=TELEPHONE) as line:
        line.until_state("answered")
        assert line.hang_up().reason == "near_end"
        assert [each.state for each in line.states] == ["dialling", "ringing", "answered", "ended"]
        assert far.verdict() == ""


def test_nobody_picks_up_and_our_own_timer_cancels(house: LineHouse, tmp_path: Path):
    steps = (reply(180, "Ringing"), be_cancelled())
    with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri, no_answer_s=1) as line:
        assert line.ended.reason == "no_answer"
        assert far.verdict() == ""
        assert far.received("CANCEL") == 1


def test_hanging_up_while_it_rings_cancels(house: LineHouse, tmp_path: Path):
    steps = (reply(180, "Ringing"), be_cancelled())
    with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri) as line:
        line.until_state("ringing")
        line.tell(HangUp())
        assert line.ended.reason == "near_end"
        assert far.verdict() == ""
        assert far.received("CANCEL") == 1


def test_where_nothing_answers_the_far_end_is_unreachable(house: LineHouse):
    with house.line(f"sip:peer@127.0.0.1:{free_port()}", no_answer_s=1) as line:
        assert line.ended.reason == "unreachable"
        assert line.gone() == 0


def test_a_sound_before_the_answer_is_heard_before_the_answer(house: LineHouse, tmp_path: Path):
    announcement = tmp_path / "announcement.ul"
    announcement.write_bytes(to_mu_law(tone(1000, 3.0, G711_RATE_HZ)))
    early = reply(183, "Session Progress", sdp("[media_port]")) + stream(str(announcement))
    steps = (early, pause(1200), answer(sdp("[media_port]")), be_hung_up())
    with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri, sip=TELEPHONE) as line:
        line.until_state("answered")
        assert "early_media" in [each.state for each in line.states]
        assert seconds_of(line.heard(state="early_media"), 1000, LINE_RATE_HZ) > 0.5
        line.hang_up()
        assert far.verdict() == ""


def test_a_far_end_that_hangs_up_ends_the_call_as_theirs(house: LineHouse, tmp_path: Path):
    with rtp_peer(1000) as audio:
        steps = (answer(sdp(audio.port)), pause(2000), hang_up())
        with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri, sip=TELEPHONE) as line:
            assert line.ended.reason == "far_end"
            assert seconds_of(line.heard(), 1000, LINE_RATE_HZ) > 1.0
            assert line.gone() == 0
            assert far.verdict() == ""


def test_a_supervisor_that_is_gone_leaves_no_far_end_in_silence(house: LineHouse, tmp_path: Path):
    with sipp(scenario(answer(sdp(free_port())), be_hung_up()), tmp_path) as far:
        with house.line(far.uri, sip=TELEPHONE) as line:
            line.until_state("answered")
            assert line.process.stdin is not None
            line.process.stdin.close()
            assert line.gone() == 0
        until(lambda: far.received("BYE") == 1, "the far end is told")
        assert far.verdict() == ""

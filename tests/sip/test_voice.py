"""Audio and keys in both directions, with G.711 (our own RTP) and Opus (Debian's baresip)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.protocol import LINE_RATE_HZ, FlushVoice, SendDigits
from tests.fakes.sip.baresip_peer import RATE_HZ, Manners, baresip_peer
from tests.fakes.sip.line_harness import G711, LineHouse
from tests.fakes.sip.programs import until
from tests.fakes.sip.rtp_peer import rtp_peer
from tests.fakes.sip.sipp import sipp
from tests.fakes.sip.sipp_steps import answer, be_hung_up, scenario, sdp
from tests.fakes.sip.tones import G711_RATE_HZ, seconds_of, tone

TELEPHONE = {"codecs": G711}


def test_g711_carries_both_voices_and_says_how_far_ours_has_left(house: LineHouse, tmp_path: Path):
    with rtp_peer(1000) as audio, sipp(scenario(answer(sdp(audio.port)), be_hung_up()), tmp_path) as far:
        with house.line(far.uri, sip=TELEPHONE) as line:
            line.until_state("answered")
            line.say(tone(600, 1.0, LINE_RATE_HZ))
            until(lambda: line.played and line.played[-1].frame == 49, "the last of our 50 frames has left")
            until(lambda: seconds_of(audio.pcm, 600, G711_RATE_HZ) >= 0.98, "our voice is heard")
            until(lambda: line.quality, "a word on the media")
            line.hang_up()
        heard = line.heard()
        assert seconds_of(heard, 1000, LINE_RATE_HZ) > 0.9 * (len(heard) / LINE_RATE_HZ - 0.1)
        assert [each.number for each in line.frames] == list(range(len(line.frames)))
        assert line.quality[-1].codec == "PCMU/8000"
        assert seconds_of(audio.pcm, 600, G711_RATE_HZ) == pytest.approx(1.0, abs=0.04)
        assert far.verdict() == ""


def test_what_is_flushed_never_leaves(house: LineHouse, tmp_path: Path):
    with rtp_peer() as audio, sipp(scenario(answer(sdp(audio.port)), be_hung_up()), tmp_path) as far:
        with house.line(far.uri, sip=TELEPHONE) as line:
            line.until_state("answered")
            line.say(tone(600, 2.0, LINE_RATE_HZ))
            until(lambda: line.played and line.played[-1].frame >= 10, "some of it has left")
            line.tell_from_playback(FlushVoice())
            until(lambda: any(each.flushed for each in line.played), "it is flushed")
            flushed = next(each for each in line.played if each.flushed)
            line.say(tone(900, 0.4, LINE_RATE_HZ))
            until(lambda: seconds_of(audio.pcm, 900, G711_RATE_HZ) >= 0.36, "what comes after is heard")
        left_s = (flushed.frame + 1) * 0.02
        assert left_s <= seconds_of(audio.pcm, 600, G711_RATE_HZ) + 0.03
        assert seconds_of(audio.pcm, 600, G711_RATE_HZ) < left_s + 0.1 < 1.5


def test_keys_pass_both_ways_over_g711(house: LineHouse, tmp_path: Path):
    with rtp_peer(1000) as audio, sipp(scenario(answer(sdp(audio.port)), be_hung_up()), tmp_path) as far:
        with house.line(far.uri, sip=TELEPHONE) as line:
            line.until_state("answered")
            audio.press("12#")
            line.tell(SendDigits("98*0"))
            until(lambda: len(line.digits) == 3, "three keys are heard")
            until(lambda: audio.keys == "98*0" and line.actions, "our keys are heard")
            line.hang_up()
        assert "".join(each.digit for each in line.digits) == "12#"
        assert all(60 <= each.duration_ms <= 140 for each in line.digits)
        assert [(each.action, each.done, each.words) for each in line.actions] == [("digits", True, "98*0")]
        assert far.verdict() == ""


def test_opus_carries_voices_and_keys_to_and_from_another_program(house: LineHouse, tmp_path: Path):
    with baresip_peer(tmp_path) as far, house.line(far.uri) as line:
        line.until_state("answered")
        line.say(tone(600, 1.0, LINE_RATE_HZ))
        line.tell(SendDigits("7*"))
        far.tell("sndcode", "4#")
        until(lambda: line.played and line.played[-1].frame == 49, "our voice has left")
        until(lambda: far.keys == "7*" and len(line.digits) == 2, "keys are heard on both sides")
        time.sleep(0.2)  # what has left is still in the other program's buffer
        line.hang_up()
        until(lambda: far.saw("CALL_CLOSED"), "the far end knows that it is over")
        assert "".join(each.digit for each in line.digits) == "4#"
        assert line.quality[-1].codec == "opus/48000"
        assert seconds_of(far.heard, 600, RATE_HZ) == pytest.approx(1.0, abs=0.1)
        heard = line.heard()
        assert seconds_of(heard, 1000, LINE_RATE_HZ) > 0.9 * (len(heard) / LINE_RATE_HZ - 0.2) > 0.5


@pytest.mark.parametrize(
    ("setting", "theirs", "rate_hz"), [("g722", "G722/16000/1", 16_000), ("pcma", "PCMA/8000/1", 8_000)]
)
def test_other_codecs_of_the_settings_carry_both_voices(
    house: LineHouse, tmp_path: Path, setting: str, theirs: str, rate_hz: int
):
    manners = Manners(codecs=theirs)
    with baresip_peer(tmp_path, manners) as far, house.line(far.uri, sip={"codecs": (setting,)}) as line:
        line.until_state("answered")
        line.say(tone(600, 0.6, LINE_RATE_HZ))
        until(lambda: line.played and line.played[-1].frame == 29, "our voice has left")
        until(lambda: seconds_of(line.heard(), 1000, LINE_RATE_HZ) > 0.4, "theirs is heard")
        until(lambda: line.quality, "a word on the media")
        time.sleep(0.2)  # what has left is still in the other program's buffer
        line.hang_up()
        until(lambda: far.saw("CALL_CLOSED"), "the far end knows that it is over")
        assert line.quality[-1].codec == theirs.removesuffix("/1")
        assert seconds_of(far.heard, 600, rate_hz) == pytest.approx(0.6, abs=0.1)

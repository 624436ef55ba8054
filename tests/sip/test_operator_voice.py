"""An operator's microphone on a real line: without holes, soon, and gone at once when it is off."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.bus import now_us
from engine.lines.placing import LEAD_MS
from engine.protocol import HEARING_RATE_HZ, AgentFrame, FlushVoice
from engine.turns.playout import Playout
from tests.fakes.sip.line_harness import G711, LineHouse
from tests.fakes.sip.line_heard import Line
from tests.fakes.sip.rtp_peer import RtpPeer, rtp_peer
from tests.fakes.sip.sipp import sipp
from tests.fakes.sip.sipp_steps import answer, be_hung_up, scenario, sdp
from tests.fakes.sip.tones import G711_RATE_HZ, share_at, tone

pytestmark = pytest.mark.long

TALK_S = 2.0
FRAME = HEARING_RATE_HZ // 50
VOICE_HZ = 600


class Playback:
    """What playback does for one call, in this thread."""

    def __init__(self, house: LineHouse, line: Line) -> None:
        self.playout = Playout(LEAD_MS["sip"])
        self.playout.silence("operator", now_us())
        self._house, self._line, self._told = house, line, 0

    def run(self, seconds: float, step: Callable[[float], object] = lambda _: None) -> None:
        """step: what happens meanwhile, told the seconds since the beginning."""
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            step(now)
            while self._told < len(self._line.played):
                self.playout.line_played(self._line.played[self._told], now_us())
                self._told += 1
            while (due := self.playout.due_us) is not None and due <= now_us():
                pcm, reports = self.playout.frame(now_us())
                assert reports in ([], [FlushVoice()])
                if pcm is not None:
                    self._house.send("playback", self._line.call, AgentFrame(pcm), self.playout.number)
            time.sleep(0.001)

    def off(self) -> None:
        assert self.playout.talk(False, now_us()) == [FlushVoice()]
        self._house.send("playback", self._line.call, FlushVoice())


def voiced(audio: RtpPeer) -> np.ndarray:
    """Of each packet that came, whether our tone was in it."""
    return np.array([share_at(pcm, VOICE_HZ, G711_RATE_HZ) > 0.5 for pcm in list(audio.heard.pcm)])


@pytest.mark.parametrize("burst", [1, 3])
def test_the_microphone_is_heard_without_holes_until_it_is_off(house: LineHouse, tmp_path: Path, burst: int):
    pcm = tone(VOICE_HZ, TALK_S + 1, HEARING_RATE_HZ)
    microphone = [pcm[at : at + FRAME].tobytes() for at in range(0, pcm.size, FRAME)]
    with (
        rtp_peer() as audio,
        sipp(scenario(answer(sdp(audio.port)), be_hung_up()), tmp_path) as far,
        house.line(far.uri, sip={"codecs": G711}) as line,
    ):
        line.until_state("answered")
        playback = Playback(house, line)
        came: list[int] = []

        def talk(now: float) -> None:
            while len(came) // burst <= now // (0.02 * burst) and len(came) < TALK_S * 50:
                playback.playout.operator_frame(microphone[len(came)], now_us())
                came.append(len(audio.heard.pcm))

        playback.run(0.3)
        playback.run(TALK_S, talk)
        off_at = len(audio.heard.pcm)
        playback.off()
        playback.run(0.4)
        line.hang_up()
    heard = np.flatnonzero(voiced(audio))
    assert heard[0] - came[0] <= 4  # packets: 80 ms after the first frame of the microphone
    assert heard[-1] - off_at < 2 + 1  # 40 ms, and the packet under way
    holes = heard[-1] + 1 - heard[0] - heard.size
    assert holes <= 2  # a machine with other work loses one now and then

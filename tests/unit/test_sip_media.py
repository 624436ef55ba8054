"""One call's audio, with a stack whose streams are made anew in the middle of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

baresip = pytest.importorskip(
    "baresip", reason="baresip-python has no wheel for this machine: no SIP line here"
)

from engine.lines import sip_media  # noqa: E402
from engine.lines.sip_media import DRIFTED_FOR_S, FRAME_US, QUIET_FRAMES, SipMedia  # noqa: E402
from engine.protocol import LINE_FRAME_BYTES, LINE_RATE_HZ  # noqa: E402
from tests.fakes.sip.tones import seconds_of, tone  # noqa: E402

OPUS_HZ, G711_HZ = 48_000, 8_000
OURS = b"\1\0" * (LINE_FRAME_BYTES // 2)


class Streams:
    """The stack's streams of one call: what is in them, and how often they were made anew."""

    def __init__(self, rate_hz: int) -> None:
        self.epoch = 0
        self.begin(rate_hz)

    def begin(self, rate_hz: int) -> None:
        self.epoch += 1
        self.rate_hz, self.heard, self.ours, self.flushing = rate_hz, b"", b"", False
        self.sent = b""

    def packet_time(self) -> None:
        """The far end's 20 ms come in, ours leave."""
        if self.flushing:
            self.ours, self.flushing = b"", False
        self.sent, self.ours = self.sent + self.ours[:LINE_FRAME_BYTES], self.ours[LINE_FRAME_BYTES:]


class View:
    """A CallAudio on these streams: it notices once that they are new, unless its counters were looked at first."""

    def __init__(self, streams: Streams) -> None:
        self._streams, self._epoch = streams, streams.epoch

    def _look(self) -> None:
        if self._epoch != self._streams.epoch:
            self._epoch = self._streams.epoch
            raise baresip.AudioRestarted("renegotiated")

    def read(self, most: int) -> bytes:
        self._look()
        taken, self._streams.heard = self._streams.heard[:most], self._streams.heard[most:]
        return taken

    def write(self, pcm: bytes) -> int:
        self._look()
        self._streams.ours += pcm
        return len(pcm)

    def flush_tx(self) -> None:
        self._look()
        self._streams.flushing = True

    def stats(self) -> Any:
        self._epoch = self._streams.epoch
        return SimpleNamespace(tx_buffered=len(self._streams.ours), tx_starved_frames=0)

    def info(self) -> Any:
        self._epoch = self._streams.epoch
        return SimpleNamespace(rx_sample_rate=self._streams.rate_hz)


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Streams:
    streams = Streams(OPUS_HZ)
    monkeypatch.setattr(sip_media, "CallAudio", lambda handle: View(streams))
    return streams


@pytest.fixture
def media(streams: Streams) -> SipMedia:
    call: Any = SimpleNamespace(audio=View(streams), handle=1)
    return SipMedia(call, 20)


def listen(media: SipMedia, streams: Streams, seconds: float, since_us: int) -> np.ndarray:
    """A tone of 1000 Hz from the far end for so long; what of it is heard, at 48 kHz."""
    pcm = tone(1000, seconds, streams.rate_hz).astype(np.int16)
    size = streams.rate_hz // 50
    heard = []
    for number in range(len(pcm) // size):
        streams.packet_time()
        streams.heard += pcm[number * size : (number + 1) * size].tobytes()
        now_us = since_us + number * FRAME_US
        media.voice.played(now_us)
        heard += [np.frombuffer(frame.pcm, np.int16) for frame in media.hear(now_us)]
    return np.concatenate(heard)


@pytest.mark.parametrize(
    ("before_hz", "after_hz"), [(OPUS_HZ, G711_HZ), (G711_HZ, OPUS_HZ), (16_000, G711_HZ)]
)
@pytest.mark.parametrize("speaking", [False, True])
def test_a_codec_that_changes_in_the_call_is_heard_at_its_own_rate(
    media: SipMedia, streams: Streams, before_hz: int, after_hz: int, speaking: bool
):
    streams.rate_hz = before_hz
    assert seconds_of(listen(media, streams, 1.0, 0), 1000, LINE_RATE_HZ) > 0.95
    if speaking:
        media.voice.say(0, OURS)  # then the counters are looked at before anything is read
    streams.begin(after_hz)
    heard = listen(media, streams, 1.0, 1_000_000)
    assert seconds_of(heard, 1000, LINE_RATE_HZ) > 0.9
    assert len(heard) == pytest.approx(LINE_RATE_HZ, abs=LINE_FRAME_BYTES)
    assert media.rate_hz == after_hz


def test_what_is_said_after_nothing_was_thrown_away_is_heard(media: SipMedia, streams: Streams):
    assert media.voice.flush(0).flushed
    media.voice.say(0, OURS)
    streams.packet_time()
    assert streams.sent == OURS


def test_what_is_said_after_a_flush_waits_until_the_old_is_gone(media: SipMedia, streams: Streams):
    for number in range(3):
        media.voice.say(number, bytes(LINE_FRAME_BYTES))
    streams.packet_time()
    media.voice.flush(0)
    media.voice.say(3, OURS)
    media.voice.played(0)
    assert OURS not in streams.ours
    streams.packet_time()
    media.voice.played(0)
    assert streams.sent == bytes(LINE_FRAME_BYTES)
    streams.packet_time()
    assert streams.sent == bytes(LINE_FRAME_BYTES) + OURS


def test_streams_that_are_new_in_the_middle_of_a_flush_hold_nothing_back(media: SipMedia, streams: Streams):
    for number in range(3):
        media.voice.say(number, bytes(LINE_FRAME_BYTES))
    media.voice.flush(0)
    streams.begin(OPUS_HZ)
    media.hear(0)
    media.voice.say(3, OURS)
    streams.packet_time()
    assert streams.sent == OURS


def drifted(media: SipMedia, streams: Streams, seconds: int, since_s: int) -> bool:
    """Nobody speaks for so long; whether the playout point is to be set anew in the end."""
    for number in range(50 * seconds):
        now_us = since_s * 1_000_000 + number * FRAME_US
        streams.heard += bytes(LINE_FRAME_BYTES)
        media.hear(now_us)
        if number % 50 == 49:
            media.quality(None, "", "")
    return media.should_re_anchor


def test_setting_anew_that_does_not_help_is_tried_less_and_less_often(
    media: SipMedia, streams: Streams, monkeypatch: pytest.MonkeyPatch
):
    class Late:
        waited_us = 140_000

        def __getattr__(self, name: str) -> Any:
            return lambda *_: None

    monkeypatch.setattr(media, "_clock", Late())
    assert drifted(media, streams, DRIFTED_FOR_S + 1, 0) and QUIET_FRAMES < 50
    media.anchored_again()
    assert not drifted(media, streams, DRIFTED_FOR_S + 1, 10)
    assert drifted(media, streams, DRIFTED_FOR_S, 15)

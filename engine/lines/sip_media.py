"""One call's audio: far-end frames out of the stack, when each passed the wire, and how good the line is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import sys
import time
from array import array
from typing import NamedTuple

from baresip import AudioNotActive, AudioRestarted, Call, CallStats
from baresip.audio import CallAudio

from engine.lines.sip_rate import Upsampler
from engine.lines.sip_voice import SipVoice
from engine.lines.wire_clock import WireClock
from engine.protocol import (
    CLOCK_MODULUS_US,
    FRAME_MS,
    LINE_FRAME_BYTES,
    LINE_RATE_HZ,
    LineQuality,
)

FRAME_US = FRAME_MS * 1000
READ_BYTES = 8 * LINE_FRAME_BYTES  # a look finds one frame, seldom two; the buffer is made anew each time
STALLED_US = (
    200_000  # longer than the jitter buffer holds anything: from then on silence keeps the media clock going
)
SIOCGSTAMP = 0x8906  # asm/sockios.h: when the last packet was taken from a socket came in
LOOK_US = 1_000  # how finely the wire is looked at while it matters
REST_US = 10_000  # and otherwise: twice a packet, so that no two packets are taken for one; once where they are regular
CREEP_US = (
    300  # a frame may have been there before the look that found it: the next look comes so much earlier
)
DRIFTED_US = (
    80_000  # beyond the jitter buffer's least: the playout point has moved and will not come back by itself
)
DRIFTED_FOR_S = 4
QUIET_PEAK = 330  # -40 dBFS: nobody speaks
QUIET_FRAMES = 10


class Frame(NamedTuple):
    """20 ms of the far end."""

    number: int
    pcm: bytes


class SipMedia:
    """One call's audio. Belongs to the media thread; every method is told the time in monotonic µs."""

    def __init__(self, call: Call, jitter_buffer_ms: int) -> None:
        self._audio = call.audio
        self._counters = CallAudio(
            call.handle
        )  # to look at them would hide from `_audio` that streams are new
        self.voice = SipVoice(self._audio, self._counters, self._restarted)
        self._least_us = jitter_buffer_ms * 1000
        self._clock = WireClock(self._least_us)
        self._socket = -1
        self._stamp = b""
        self.rate_hz = 0  # of the far end's codec: what is read comes at it; 0 = not known yet
        self._upsampler = Upsampler(LINE_RATE_HZ)
        self._rest = b""
        self._number = 0  # of the next frame
        self._last_frame_us = 0
        self._beat_us = 0  # about when the last frame became ready
        self._running = False
        self._quiet = 0
        self._drifted_s = 0
        self.re_anchored = 0

    def watch(self, fd: int) -> None:
        """The RTP socket. Its kernel stamps tell when packets came in; only Linux has them."""
        self.close()
        if sys.platform == "linux":
            self._socket = os.dup(fd)

    def close(self) -> None:
        """Give the socket back."""
        if self._socket >= 0:
            os.close(self._socket)
            self._socket = -1

    def hear(self, now_us: int) -> list[Frame]:
        """The far end's frames since the last look."""
        self._look_at_the_wire()
        pcm = b""
        try:
            pcm = self._audio.read(READ_BYTES)
        except AudioRestarted:
            self._restarted()
        except AudioNotActive:
            pass
        if pcm:
            pcm = self._at_the_line_s_rate(pcm)
        if pcm and not self._running:  # what piled up before the first look is old
            pcm, self._running = pcm[-LINE_FRAME_BYTES:], True
            self._last_frame_us = now_us
        self._rest += pcm
        frames = []
        while len(self._rest) >= LINE_FRAME_BYTES:
            frames.append(self._next(self._rest[:LINE_FRAME_BYTES], now_us))
            self._clock.frame(frames[-1].number, now_us)
            self._rest = self._rest[LINE_FRAME_BYTES:]
        if frames:
            self._last_frame_us = now_us
            on_time = now_us < self._beat_us + FRAME_US + LOOK_US  # at the first look
            self._beat_us = self._beat_us + FRAME_US - CREEP_US if on_time else now_us
        return frames or self._fill(now_us)

    def _at_the_line_s_rate(self, pcm: bytes) -> bytes:
        """What was read; the answer, or a renegotiation, may have changed the codec."""
        if not self.rate_hz:
            with contextlib.suppress(AudioNotActive):
                self.rate_hz = self._counters.info().rx_sample_rate
            if self.rate_hz:
                self._upsampler = Upsampler(self.rate_hz)
        return self._upsampler.feed(pcm) if self.rate_hz else b""

    def key_heard(self) -> None:
        """Keys come in packets that make no frames: packets and frames have to be counted anew."""
        self._clock.again()

    def _fill(self, now_us: int) -> list[Frame]:
        """Silence while nothing comes, so that time goes on for those who count it in frames."""
        frames: list[Frame] = []
        if self._running and now_us - self._last_frame_us > STALLED_US:
            self._clock.again()
            while now_us - self._last_frame_us > STALLED_US:
                frames.append(self._next(bytes(LINE_FRAME_BYTES), now_us))
                self._last_frame_us += FRAME_US
        return frames

    def _next(self, pcm: bytes, now_us: int) -> Frame:
        if self._drifted_s:
            samples = array("h", pcm)
            self._quiet = self._quiet + 1 if max(samples) < QUIET_PEAK and min(samples) > -QUIET_PEAK else 0
        self._number += 1
        return Frame(self._number - 1, pcm)

    def _look_at_the_wire(self) -> None:
        if self._socket < 0:
            return
        try:
            stamp = fcntl.ioctl(self._socket, SIOCGSTAMP, bytes(16))
        except OSError:
            return  # nothing has come yet
        if stamp != self._stamp:
            self._stamp = stamp
            seconds, us = struct.unpack("qq", stamp)
            self._clock.packet(seconds * 1_000_000 + us - (time.time_ns() - time.monotonic_ns()) // 1000)

    def _restarted(self) -> None:
        """Renegotiated: the streams are new, and what was in the old ones is gone."""
        self.voice.restarted()
        self._rest = b""
        self.rate_hz = 0
        self._clock.again()

    def look_again_us(self, now_us: int) -> int:
        """When the next look is worth its cost: around the next frame, and while our voice begins to leave."""
        if not self._running:
            return now_us + REST_US
        due_us = self._beat_us + FRAME_US
        look_us = due_us if due_us > now_us else now_us + LOOK_US
        if self.voice.begins(now_us):
            return min(look_us, now_us + LOOK_US)
        return look_us if self._clock.regular else min(look_us, now_us + REST_US)

    def quality(self, stats: CallStats | None, codec: str, encryption: str) -> LineQuality:
        """Once a second; also notices a playout point that has drifted."""
        waited_us = self._clock.waited_us
        queued_ms, starved = 0.0, 0
        try:
            own = self._counters.stats()
            queued_ms, starved = own.tx_buffered / LINE_FRAME_BYTES * FRAME_MS, own.tx_starved_frames
        except AudioNotActive:
            pass
        drifted = waited_us is not None and waited_us > self._least_us + DRIFTED_US
        self._drifted_s = self._drifted_s + 1 if drifted else 0
        frame = self._number - 1
        assumed_us = self._least_us + FRAME_US // 2 if waited_us is None else waited_us
        return LineQuality(
            codec=codec,
            encryption=encryption,
            frame=frame,
            arrived_us=(self._last_frame_us - assumed_us) % CLOCK_MODULUS_US if frame >= 0 else 0,
            playout_ms=round(assumed_us / 1000, 1) if frame >= 0 else 0.0,
            queued_ms=queued_ms,
            starved=starved,
            re_anchored=self.re_anchored,
            **_reported(stats),  # type: ignore[arg-type]
        )

    @property
    def should_re_anchor(self) -> bool:
        """The playout point has drifted for some seconds, and nobody speaks just now."""
        patience_s = DRIFTED_FOR_S << min(
            self.re_anchored, 10
        )  # what it does not mend must not go on for ever
        return self._drifted_s >= patience_s and self._quiet >= QUIET_FRAMES and not self.voice.owes

    def anchored_again(self) -> None:
        """It has been renegotiated for that."""
        self.re_anchored += 1
        self._drifted_s = self._quiet = 0


def _reported(stats: CallStats | None) -> dict[str, float]:
    """What RTCP says, every five seconds or so."""
    if stats is None:
        return {}
    return {
        "received": stats.rx_packets,
        "lost": max(0, stats.rx_lost),
        "late": stats.jbuf_late or 0,
        "sent": stats.tx_packets,
        "far_lost": max(0, stats.tx_lost),
        "jitter_ms": round(stats.rx_jitter_ms, 1),
        "far_jitter_ms": round(stats.tx_jitter_ms, 1),
        "round_trip_ms": round(stats.rtt_ms, 1),
    }

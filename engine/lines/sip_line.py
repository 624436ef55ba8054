"""One call of a line process: its signalling, its audio once there is some, and what is to be said of both."""

from __future__ import annotations

import contextlib
import queue

from engine.bus import Bus, now_us
from engine.lines.sip_call import SipCall
from engine.lines.sip_media import SipMedia
from engine.lines.sip_stack import Early, Stack
from engine.protocol import (
    AgentFrame,
    AnswerLine,
    CallClosed,
    DigitHeard,
    FlushVoice,
    HangUp,
    HoldLine,
    LineAction,
    LineFrame,
    LineState,
    Message,
    SendDigits,
    TransferLine,
)
from engine.wiring import SipPlan

QUALITY_EVERY_US = 1_000_000


class SipLine:
    """Belongs to the media thread, except for its news, which come from the stack's; times are monotonic µs."""

    def __init__(self, number: int, plan: SipPlan, stack: Stack, early: Early, bus: Bus) -> None:
        self.number, self.plan = number, plan
        self._stack, self._bus = stack, bus
        self._jitter_buffer_ms = bus.house.settings.sip.jitter_buffer_ms
        self._news: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.sip = SipCall(stack, early, plan, self._news.put)
        self.media: SipMedia | None = None
        self.ended_us: int | None = None
        self._quality_due_us = 0
        self._re_anchoring = False

    def begin(self, no_answer_s: int) -> None:
        """Dial, or wait for a call."""
        if self.plan.to:
            self._stack.run(self.sip.dial(no_answer_s))
        elif self.plan.port:  # who waits on the port of the settings has waited for this process to come up
            self._news.put(LineState("waiting", self._stack.address))

    @property
    def waits(self) -> bool:
        """It is to be called, and nobody has."""
        return not self.plan.to and self.sip.call is None and self.ended_us is None

    def take(self, sequence: int, message: Message) -> None:
        """Something from playback or the supervisor."""
        match message:
            case AgentFrame(pcm=pcm) if self.media is not None:
                self.media.voice.say(sequence, pcm)
            case FlushVoice() if self.media is not None:
                self._bus.push("played", self.number, self.media.voice.flush(now_us()))
            case HangUp() | CallClosed():
                self.hang_up()
            case AnswerLine():
                self._stack.run(self.sip.answer())
            case HoldLine(hold=hold):
                self._stack.run(self.sip.hold(hold))
            case SendDigits(digits=digits):
                self._stack.run(self.sip.send_digits(digits))
            case TransferLine(to=to, attended=attended):
                self._stack.run(self.sip.transfer(to, attended))

    def hang_up(self) -> None:
        """However far it has come."""
        self._stack.run(self.sip.hang_up())

    def look(self, now: int) -> int | None:
        """Say what has come meanwhile; when to look at the audio again, None while there is none."""
        while not self._news.empty():
            message = self._news.get()
            assert isinstance(message, LineState | DigitHeard | LineAction)
            self._bus.push("lines", self.number, message)
            if isinstance(message, DigitHeard) and self.media is not None:
                self.media.key_heard()
            if isinstance(message, LineState):
                self._told(message, now)
        if self.media is None:
            return None
        self._move_audio(self.media, now)
        return self.media.look_again_us(now)

    def _told(self, news: LineState, now: int) -> None:
        if news.state in ("early_media", "answered") and self.media is None:
            self._open_media()
        elif news.state == "held" and self.media is not None:
            self.media.voice.held(news.reason)
        elif news.state == "resumed" and self.media is not None:
            self.media.voice.resumed(news.reason)
        elif news.state == "ended":
            self.ended_us = now
            self._close_media()

    def _open_media(self) -> None:
        assert self.sip.call is not None
        self.media = SipMedia(self.sip.call, self._jitter_buffer_ms)
        fd = self._stack.audio_socket(self.sip.audio_port)
        if fd is not None:
            with contextlib.suppress(OSError):  # the call has ended meanwhile, and its socket is closed
                self.media.watch(fd)

    def _close_media(self) -> None:
        if self.media is not None:
            self.media.close()
            self.media = None

    def _move_audio(self, media: SipMedia, now: int) -> None:
        played = media.voice.played(now)
        if played is not None:
            self._bus.push("played", self.number, played)
        for frame in media.hear(now):
            self._bus.push("lines", self.number, LineFrame(frame.pcm), sequence=frame.number)
        if now >= self._quality_due_us and self.ended_us is None:
            self._quality_due_us = now + QUALITY_EVERY_US
            quality = media.quality(self.sip.stats, self._codec(media.rate_hz), self.sip.encryption)
            self._bus.push("lines", self.number, quality)
            if media.should_re_anchor and not self._re_anchoring:
                self._re_anchoring = True
                self._stack.run(self._re_anchor(media))

    def _codec(self, rate_hz: int) -> str:
        """The newest that was agreed at a call's rate, as far as that is known."""
        agreed = (
            codec for codec in reversed(self._stack.codecs) if not rate_hz or codec.endswith(f"/{rate_hz}")
        )
        return next(agreed, "")

    async def _re_anchor(self, media: SipMedia) -> None:
        try:
            if await self.sip.re_anchor():
                media.anchored_again()
        finally:
            self._re_anchoring = False

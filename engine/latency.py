"""The answered turn as a waterfall: from the true end of the far end's speech to our first frame on the line.

The parts sum to the whole; each has an owner, and `hops` is what nobody owns: the time between rooms. Pure.

Where a turn ended is known best by a simulated line, which made it; on a real line the packet counts that carried its
last audible frame; and where neither is known, the detector's last voiced window, which says nothing of the time
before the detector.

Of an answer that was prepared, what was done before the turn was judged over counts nothing: words and cache are 0, the
brain's part is what the agent took to say it, and the voice's what was left of it.

A turn that somebody else answered, or that the agent was not allowed to answer when it could, has no latency.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from engine.protocol import (
    CLOCK_MODULUS_US,
    FRAME_MS,
    SEQUENCE_MODULUS,
    FarEndTruth,
    Header,
    LineQuality,
    Message,
    OperatorWords,
    PlaybackStarted,
    Sentence,
    Speculated,
    Transcript,
    TurnEnded,
    TurnLatency,
    elapsed_us,
)

MAX_AGE_US = 3_000_000  # an older end belongs to another utterance
Measured = Literal["truth", "wire", "detector"]


class Decision(NamedTuple):
    """A turn that was judged over."""

    at_us: int  # header clock
    endpoint_us: int  # since its end
    measured: Measured  # how that end is known


class TurnClock:
    """One call's turns; told every message of the call with its header."""

    def __init__(self) -> None:
        self._true_end_us: int | None = None
        self._quality: LineQuality | None = None  # the newest that knows of a packet
        self._decided: dict[int, Decision] = {}
        self._asr_us: dict[int, int] = {}
        self._cache_us: dict[int, int] = {}
        self._llm_us: dict[int, int] = {}

    def step(self, header: Header, message: Message) -> TurnLatency | None:
        """The waterfall, once the first frame of the answer has gone to the line."""
        match message:
            case FarEndTruth(end_us=end_us):
                self._true_end_us = end_us
            case LineQuality(frame=frame) if frame >= 0:
                self._quality = message
            case TurnEnded(turn=turn):
                self._decided[turn] = self._decision(header.time_us, message)
            case Speculated(turn=turn, kept=True):
                self._asr_us[turn] = 0
            case Transcript(final=True, turn=turn, asr_us=asr_us):
                self._asr_us.setdefault(turn, asr_us)
            case Sentence(turn=turn, index=0, cache_us=cache_us, llm_us=llm_us) if turn:
                self._cache_us.setdefault(turn, cache_us)
                self._llm_us.setdefault(turn, llm_us)
            case OperatorWords():
                self.forget()
            case PlaybackStarted(turn=turn) if turn in self._decided:
                return self._waterfall(message)
        return None

    def forget(self) -> None:
        """What was heard so far is not, or was not, the agent's to answer: it is mute, or an operator speaks."""
        for known in (self._decided, self._asr_us, self._cache_us, self._llm_us):
            known.clear()

    def _decision(self, decided_us: int, ended: TurnEnded) -> Decision:
        """From the end of speech, by the best that is known of it. A truth serves one turn."""
        true_end_us, self._true_end_us = self._true_end_us, None
        ends: list[tuple[int, Measured]] = []
        if true_end_us is not None:
            ends.append((true_end_us, "truth"))
        if self._quality is not None:
            ends.append((arrived_us(self._quality, ended.audible_end_ms or ended.end_ms), "wire"))
        for end_us, measured in ends:
            waited_us = elapsed_us(end_us, decided_us)
            if 0 <= waited_us <= MAX_AGE_US:
                return Decision(decided_us, waited_us, measured)
        return Decision(decided_us, (ended.decided_ms - ended.end_ms) * 1000, "detector")

    def _waterfall(self, started: PlaybackStarted) -> TurnLatency:
        turn = started.turn
        decided_us, endpoint_us, measured = self._decided.pop(turn)
        whole_us = endpoint_us + elapsed_us(decided_us, started.at_us)
        parts = {
            "endpoint_ms": endpoint_us,
            "asr_ms": self._asr_us.pop(turn, 0),
            "cache_ms": self._cache_us.pop(turn, 0),
            "llm_ms": self._llm_us.pop(turn, 0),
            "tts_ms": started.tts_us,
            "playback_ms": started.playback_us,
        }
        parts["hops_ms"] = whole_us - sum(parts.values())
        parts["voice_to_voice_ms"] = whole_us
        rounded = {name: round(us / 1000, 2) for name, us in parts.items()}
        return TurnLatency(turn, **rounded, measured=measured)


def arrived_us(quality: LineQuality, end_ms: int) -> int:
    """When the packet came in that carried the last of the far end's audio before `end_ms` (media time); header clock.

    A sound that ends at 1000 ms ends in frame 49. Packets are taken to come every 20 ms from the one that is known.
    """
    frame = max(0, end_ms - 1) // FRAME_MS
    half = SEQUENCE_MODULUS // 2  # the line counts on, or begins anew after 65536 frames: both are right
    later = (frame - quality.frame + half) % SEQUENCE_MODULUS - half
    return (quality.arrived_us + later * FRAME_MS * 1000) % CLOCK_MODULUS_US

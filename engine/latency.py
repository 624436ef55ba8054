"""The answered turn as a waterfall: from the true end of the far end's speech to our first frame on the line.

The parts sum to the whole; each has an owner, and `hops` is what nobody owns: the time between rooms. Pure.
"""

from __future__ import annotations

from engine.protocol import (
    FarEndTruth,
    Header,
    Message,
    PlaybackStarted,
    Sentence,
    Transcript,
    TurnEnded,
    TurnLatency,
    elapsed_us,
)

TRUTH_MAX_AGE_US = 3_000_000  # an older true end belongs to another utterance


class TurnClock:
    """One call's turns; told every message of the call with its header."""

    def __init__(self) -> None:
        self._true_end_us: int | None = None
        self._decided: dict[int, tuple[int, int]] = {}  # turn → header time of the decision, endpoint µs
        self._asr_us: dict[int, int] = {}
        self._cache_us: dict[int, int] = {}
        self._llm_us: dict[int, int] = {}

    def step(self, header: Header, message: Message) -> TurnLatency | None:
        """The waterfall, once the first frame of the answer has gone to the line."""
        match message:
            case FarEndTruth(end_us=end_us):
                self._true_end_us = end_us
            case TurnEnded(turn=turn):
                self._decided[turn] = (header.time_us, self._endpoint_us(header.time_us, message))
            case Transcript(final=True, turn=turn, asr_us=asr_us):
                self._asr_us.setdefault(turn, asr_us)
            case Sentence(turn=turn, index=0, cache_us=cache_us, llm_us=llm_us) if turn:
                self._cache_us.setdefault(turn, cache_us)
                self._llm_us.setdefault(turn, llm_us)
            case PlaybackStarted(turn=turn) if turn in self._decided:
                return self._waterfall(message)
        return None

    def _endpoint_us(self, decided_us: int, ended: TurnEnded) -> int:
        """From the true end of speech, where it is known, to the decision. A truth serves one turn."""
        true_end_us, self._true_end_us = self._true_end_us, None
        if true_end_us is not None:
            waited_us = elapsed_us(true_end_us, decided_us)
            if 0 <= waited_us <= TRUTH_MAX_AGE_US:
                return waited_us
        return (ended.decided_ms - ended.end_ms) * 1000

    def _waterfall(self, started: PlaybackStarted) -> TurnLatency:
        turn = started.turn
        decided_us, endpoint_us = self._decided.pop(turn)
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
        return TurnLatency(turn, **{name: round(us / 1000, 2) for name, us in parts.items()})  # type: ignore[arg-type]

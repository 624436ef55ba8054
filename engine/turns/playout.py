"""What of our voice goes to the line next, and when. Pure.

Frames leave on an absolute clock of 20 ms. When the line has been idle, the first frame of an utterance leaves at
once and the clock starts anew there: waiting for the next tick of an old grid would cost 10 ms for nothing.

A line that sends by a clock of its own is given a few frames ahead (see ahead.py) and says which of them have left.
Then the far end has been given what has left, not what was sent; and a cut waits for the line's word of where it was.

While the far end may be interrupting us our voice is held: it is silent at once, after a fade of a few milliseconds
where no clock of the line's stands between, and nothing is lost. It goes on from the beginning of the word that was
broken off. What is on its way in a line with a clock is thrown away meanwhile, and said again.

While an operator has taken the call over, our voice is theirs (see operator_playout.py) and the agent has none.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.protocol import (
    FRAME_MS,
    LINE_RATE_HZ,
    BargeIn,
    FlushVoice,
    PlaybackStarted,
    SpeechAudio,
    Spoken,
    VoicePlayed,
)
from engine.turns.ahead import FRAME_US, Ahead
from engine.turns.operator_playout import OperatorPlayout
from engine.turns.speech_queue import SpeechQueue

FRAME_SAMPLES = LINE_RATE_HZ * FRAME_MS // 1000
DUCK_GAIN = 0.25  # -12 dB: still audible, no longer in the way
FADE_SAMPLES = LINE_RATE_HZ * 5 // 1000  # 5 ms: no click, and no delay
LONGEST_HOLD_US = 4_000_000  # the judge decides sooner; whoever judges may have gone
ANSWER_WAIT_US = 60_000  # three frames; a line answers a flush within its next look at the bus, about 5 ms
RESTART_FLUSHES = 5  # a line may not hear a room that has just come back for some tens of ms

Report = Spoken | PlaybackStarted | FlushVoice
Silenced = Literal["", "muted", "operator"]


class Playout:
    """One call's sending end."""

    def __init__(self, lead_ms: int = 0, restarted: bool = False, silenced: Silenced = "") -> None:
        """lead_ms, silenced: see CallOpened. restarted: the line may still hold frames of a room before this one."""
        self.number = -1  # of the last frame
        self.late_frames = 0  # left more than a frame after their time; lines with a clock count their own
        self._speech = SpeechQueue()
        self._operator = OperatorPlayout(line_has_clock=lead_ms > 0)
        self._silenced: Silenced = silenced
        self._due_us: int | None = None
        self._ahead = Ahead(lead_ms) if lead_ms else None
        self._flushes = (
            RESTART_FLUSHES if restarted and lead_ms else 0
        )  # how often we still ask for an answer
        self._answer_until_us: int | None = 0 if self._flushes else None
        self._cut_until = 0  # utterances up to this one are cut as soon as the line says where it was
        self._gain = 1.0
        self._held_until_us: int | None = None  # our voice waits, until then at most
        self._broken_off = False  # … or did, and goes on from the beginning of a word
        self._fades_out = False

    @property
    def operator_speaks(self) -> bool:
        """Our voice is the operator's: the agent's own is not on the line."""
        return self._silenced == "operator"

    @property
    def due_us(self) -> int | None:
        """When `frame` must be asked next; None while there is nothing to say, or no room for it on the line."""
        if self._answer_until_us is not None:
            return self._answer_until_us
        due_us = self._operator.due_us if self.operator_speaks else self._due_us
        held = self._held_until_us is not None and not self._fades_out and not self.operator_speaks
        if due_us is not None and held:
            return self._held_until_us
        if due_us is None or self._ahead is None:
            return due_us
        return self._ahead.due_us(due_us)

    def add(self, piece: SpeechAudio, now_us: int, typed: bool = False) -> list[Spoken]:
        """Audio from the voice. What was cut, or has been said already, is not said again: its last report is.

        typed: by an operator. While the agent is silenced nothing else of it is said, but reported as cut.
        """
        if piece.utterance <= self._cut_until:
            return []  # its last report comes with the line's answer
        may_speak = not self._silenced or (typed and self._silenced == "muted")
        reports = self._speech.add(piece, now_us, typed, may_speak)
        if self._answer_until_us is None:
            reports += self._speech.refused()
        if self._due_us is None and self._speech.any:
            self._due_us = now_us
        return reports

    def operator_frame(self, pcm: bytes, now_us: int) -> None:
        """20 ms of the operator's voice, 16 kHz; ignored unless the call is theirs."""
        if self.operator_speaks:
            in_line = self._ahead.count if self._ahead and self._answer_until_us is None else 0
            self._operator.add(pcm, now_us, in_line)

    def frame(self, now_us: int) -> tuple[bytes | None, list[Report]]:
        """The frame that is due, if there is audio for one, and what there is to report with it."""
        if self._answer_until_us is not None:
            return None, self._unanswered(now_us)
        if self.operator_speaks:
            return self._operator_frame(now_us), []
        if self._fades_out:
            return self._fade_out(now_us), []
        self._go_on(now_us)  # nobody has told us to, in all that time
        late_us = now_us - self._due_us if self._due_us is not None and self._ahead is None else 0
        fade_in, self._broken_off = self._broken_off, False
        if fade_in:
            self._speech.back_to_word()
        pcm, places = self._speech.take(FRAME_SAMPLES)
        if pcm is None:
            self._due_us = None
            self._gain = 1.0
            waits = self._ahead is not None and self._ahead.follow(places)
            return None, [] if waits else [*self._speech.played(places)]
        self.number += 1
        self.late_frames += late_us > FRAME_US
        if pcm.size < FRAME_SAMPLES:
            pcm = np.concatenate([pcm, np.zeros(FRAME_SAMPLES - pcm.size, np.int16)])
        if self._gain != 1.0 or fade_in:
            pcm = _faded(pcm, 0.0 if fade_in else self._gain, self._gain)
        if self._ahead is not None:
            self._ahead.send(self.number, now_us, places)
            self._due_us = now_us
            return pcm.tobytes(), []
        self._due_us = max((self._due_us or now_us) + FRAME_US, now_us - FRAME_US)
        return pcm.tobytes(), [*self._speech.played(places)]

    def _fade_out(self, now_us: int) -> bytes | None:
        """The last frame before a silence: its beginning fades, and counts as not said."""
        self._fades_out, self._due_us = False, now_us + FRAME_US
        pcm = self._speech.peek(FADE_SAMPLES)
        if not pcm.size:
            return None
        self.number += 1
        faded = _faded(pcm, self._gain, 0.0)
        return np.concatenate([faded, np.zeros(FRAME_SAMPLES - faded.size, np.int16)]).tobytes()

    def _operator_frame(self, now_us: int) -> bytes | None:
        pcm = self._operator.frame(now_us)
        if pcm is not None:
            self.number += 1
            if self._ahead is not None:
                self._ahead.send(self.number, now_us, [])
        return pcm

    def started(self, report: PlaybackStarted, at_us: int) -> PlaybackStarted:
        """The report with its times, once the frame has gone to the line at `at_us`."""
        return self._speech.started(report, at_us)

    def line_played(self, report: VoicePlayed, now_us: int) -> list[Report]:
        """The line's word of what has left. Frames that it does not know of here say nothing."""
        if self._ahead is None:
            return []
        reports: list[Report] = []
        left = (
            [] if self._flushes else self._ahead.played(report, now_us)
        )  # not ours, until the line is empty
        for at_us, places in left:
            for each in self._speech.played(places):
                reports.append(self.started(each, at_us) if isinstance(each, PlaybackStarted) else each)
        if report.flushed and self._answer_until_us is not None:
            reports += self._flushed(now_us)
        return reports

    def barge_in(self, action: BargeIn, now_us: int = 0) -> list[Report]:
        """Duck, go on, or stop at once; after a stop, what was spoken of each utterance that was cut.

        While frames are on their way in the line, that is told once it has answered the flush, or will not. Nobody
        interrupts an operator but the operator.
        """
        if self.operator_speaks:
            return []
        match action.action:
            case "cut":
                return self._stop(self._speech.last_utterance, now_us)
            case "hold":
                return self._hold(now_us)
            case "resume":
                self._gain = 1.0
                self._go_on(now_us)
            case "duck":
                self._gain = DUCK_GAIN
        return []

    def _hold(self, now_us: int) -> list[Report]:
        """Be silent, and keep what was not said."""
        if self._held_until_us is not None:
            return []
        self._held_until_us, self._broken_off = now_us + LONGEST_HOLD_US, True
        self._fades_out = self._ahead is None and self._due_us is not None
        return self._flush(now_us) if self._ahead is not None and self._ahead.count else []

    def _go_on(self, now_us: int) -> None:
        """What was held is said, once nothing of it is on its way any more."""
        if self._held_until_us is None:
            return
        self._held_until_us, self._fades_out = None, False
        if self._due_us is not None:
            self._due_us = max(self._due_us, now_us)

    def silence(self, reason: Silenced, now_us: int) -> list[Report]:
        """The agent has no voice from now on, or has one again; what there is to report of what that cuts.

        "muted": what an operator typed is still said. "operator": the voice is the operator's own.
        """
        before, self._silenced = self._silenced, reason
        if before == reason:
            return []
        self._go_on(now_us)
        if before == "operator":
            self._operator.clear()
        if not reason:
            return self._stop(0, now_us) if before == "operator" else []
        until = self._speech.last_before_typed if reason == "muted" else self._speech.last_utterance
        in_line = self._speech.refuse() if reason == "muted" else False
        return self._stop(until, now_us) if until or in_line or before == "operator" else []

    def talk(self, on: bool, now_us: int) -> list[Report]:
        """The operator's microphone is on or off; off, nothing of it is left on its way."""
        if on or not self.operator_speaks:
            return []
        self._operator.clear()
        return self._stop(0, now_us)

    def _stop(self, until: int, now_us: int) -> list[Report]:
        """Cut the utterances up to this one, and what of our voice is on its way in the line."""
        self._gain = 1.0
        self._go_on(now_us)
        if self._speech.last_utterance <= until:
            self._due_us, self._broken_off = None, False
        if self._ahead is None or not self._ahead.count:
            return [*self._speech.cut(until), *self._speech.refused()]
        self._cut_until = max(self._cut_until, until)
        return self._flush(now_us)

    def _flush(self, now_us: int) -> list[Report]:
        if self._answer_until_us is not None:
            return []  # asked already
        self._answer_until_us = now_us + ANSWER_WAIT_US
        return [FlushVoice()]

    def _unanswered(self, now_us: int) -> list[Report]:
        if self._flushes:
            self._flushes -= 1
            self._answer_until_us = now_us + ANSWER_WAIT_US
            return [FlushVoice()]
        return self._flushed(now_us)

    def _flushed(self, now_us: int) -> list[Report]:
        """Nothing is on its way any more, or we must believe so."""
        self._answer_until_us, self._flushes = None, 0
        if self._ahead is not None:
            self._ahead.forget()
        until, self._cut_until = self._cut_until, 0
        reports: list[Report] = [*self._speech.cut(until), *self._speech.refused()]
        self._speech.rewind()
        if self._due_us is None and self._speech.any:
            self._due_us = now_us
        return reports


def _faded(pcm: np.ndarray, begins: float, ends: float) -> np.ndarray:
    """int16 samples whose gain goes from `begins` to `ends` within FADE_SAMPLES, and stays there."""
    gain = np.full(pcm.size, ends)
    ramp = np.linspace(begins, ends, FADE_SAMPLES, endpoint=False)[: pcm.size]
    gain[: ramp.size] = ramp
    return np.asarray(pcm * gain, np.int16)

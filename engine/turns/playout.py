"""What of the agent's speech goes to the line next, and what the far end has been given so far. Pure.

Frames leave on an absolute clock of 20 ms. When the line has been idle, the first frame of an utterance leaves at
once and the clock starts anew there: waiting for the next tick of an old grid would cost 10 ms for nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from engine.protocol import (
    CLOCK_MODULUS_US,
    FRAME_MS,
    LINE_RATE_HZ,
    BargeIn,
    PlaybackStarted,
    SpeechAudio,
    Spoken,
    WordMark,
)

FRAME_SAMPLES = LINE_RATE_HZ * FRAME_MS // 1000
FRAME_US = FRAME_MS * 1000
KEPT_REPORTS = 64  # more sentences than an agent can owe
DUCK_GAIN = 0.25  # -12 dB: still audible, no longer in the way


class SentencePlayout:
    """One sentence on its way to the line."""

    def __init__(self, first: SpeechAudio) -> None:
        self.utterance, self.index, self.turn, self.text = (
            first.utterance,
            first.index,
            first.turn,
            first.text,
        )
        self.ends_utterance = False
        self.pieces = 0
        self.complete = False  # all its audio has arrived
        self.pcm = np.empty(0, np.int16)
        self.marks: list[WordMark] = []
        self.played = 0  # samples handed to the line
        self.reported = ""

    def add(self, piece: SpeechAudio) -> None:
        """The next piece of its audio; one that is offered again is ignored."""
        if piece.piece != self.pieces or self.complete:
            return
        self.pieces += 1
        self.pcm = np.concatenate([self.pcm, np.frombuffer(piece.pcm, np.int16)])
        self.marks += piece.marks
        self.complete = piece.last
        self.ends_utterance = piece.ends_utterance

    def spoken_text(self) -> str:
        """Its text up to the last word that has been played whole."""
        if self.complete and self.played >= self.pcm.size:
            return self.text
        whole = 0
        for mark, following in zip(self.marks, self.marks[1:], strict=False):
            if following.sample > self.played:
                break
            whole = mark.char_end
        return self.text[:whole]


class Playout:
    """One call's sending end."""

    def __init__(self) -> None:
        self._queue: deque[SentencePlayout] = deque()
        self._due_us: int | None = None
        self._started_utterance = 0
        self._dropped_until = 0  # utterances up to this one were cut
        self._last_place = (0, -1)
        self._unended: tuple[int, int] | None = (
            None  # what would follow in an utterance that has not ended yet
        )
        self._gain = 1.0
        self._first_audio: dict[int, tuple[int, int]] = {}
        self._final: dict[tuple[int, int], Spoken] = {}  # last reports, for an agent that missed them

    @property
    def due_us(self) -> int | None:
        """When the next frame must leave; None while there is nothing to say."""
        return self._due_us

    def add(self, piece: SpeechAudio, now_us: int) -> list[Spoken]:
        """Audio from the voice. What was cut, or has been said already, is not said again: its last report is."""
        if piece.utterance <= self._dropped_until:
            return self._last_report(piece, cut=True)
        known = next(
            (s for s in self._queue if (s.utterance, s.index) == (piece.utterance, piece.index)), None
        )
        if known is None:
            if (piece.utterance, piece.index) <= self._last_place:
                return self._last_report(piece, cut=False)
            known = SentencePlayout(piece)
            self._queue.append(known)
            self._last_place = (piece.utterance, piece.index)
        known.add(piece)
        self._first_audio.setdefault(piece.utterance, (now_us, piece.tts_us))
        if self._due_us is None:
            self._due_us = now_us
        return []

    def _last_report(self, piece: SpeechAudio, cut: bool) -> list[Spoken]:
        unknown = Spoken(piece.utterance, piece.index, "", True, cut, cut=True) if cut else None
        report = self._final.get((piece.utterance, piece.index), unknown)
        return [report] if report is not None else []

    def frame(self, now_us: int) -> tuple[bytes | None, list[Spoken | PlaybackStarted]]:
        """The frame that is due, if there is audio for one, and what there is to report with it."""
        pcm, reports = self._take(FRAME_SAMPLES)
        if pcm is None:
            self._due_us = None
            self._gain = 1.0
            return None, reports
        if pcm.size < FRAME_SAMPLES:
            pcm = np.concatenate([pcm, np.zeros(FRAME_SAMPLES - pcm.size, np.int16)])
        if self._gain != 1.0:
            pcm = (pcm * self._gain).astype(np.int16)
        self._due_us = max((self._due_us or now_us) + FRAME_US, now_us - FRAME_US)
        return pcm.tobytes(), reports

    def _take(self, samples: int) -> tuple[np.ndarray | None, list[Spoken | PlaybackStarted]]:
        taken: list[np.ndarray] = []
        reports: list[Spoken | PlaybackStarted] = []
        missing = samples
        while self._queue:
            sentence = self._queue[0]
            piece = sentence.pcm[sentence.played : sentence.played + missing]
            sentence.played += piece.size
            missing -= piece.size
            if piece.size:
                taken.append(piece)
                if sentence.utterance != self._started_utterance:
                    self._started_utterance = sentence.utterance
                    reports.append(PlaybackStarted(sentence.utterance, sentence.turn, 0, 0))
            reports += self._progress(sentence)
            if not sentence.complete or sentence.played < sentence.pcm.size:
                break
            self._queue.popleft()
            following = (sentence.utterance, sentence.index + 1)
            self._unended = None if sentence.ends_utterance else following
        return (np.concatenate(taken) if taken else None), reports

    def _progress(self, sentence: SentencePlayout) -> Iterator[Spoken]:
        done = sentence.complete and sentence.played >= sentence.pcm.size
        text = sentence.spoken_text()
        if done or text != sentence.reported:
            sentence.reported = text
            report = Spoken(sentence.utterance, sentence.index, text, done, done and sentence.ends_utterance)
            if done:
                self._note(report)
            yield report

    def _note(self, report: Spoken) -> None:
        self._final[report.utterance, report.index] = report
        while len(self._final) > KEPT_REPORTS:
            del self._final[next(iter(self._final))]

    def started(self, report: PlaybackStarted, at_us: int) -> PlaybackStarted:
        """The report with its times, once the frame has gone to the line at `at_us`."""
        arrived_us, tts_us = self._first_audio.pop(report.utterance, (at_us, 0))
        return PlaybackStarted(
            report.utterance, report.turn, at_us % CLOCK_MODULUS_US, max(0, at_us - arrived_us), tts_us
        )

    def barge_in(self, action: BargeIn) -> list[Spoken]:
        """Duck, go on, or stop at once; after a stop, what was spoken of each utterance that was cut."""
        if action.action != "cut":
            self._gain = DUCK_GAIN if action.action == "duck" else 1.0
            return []
        cut: dict[int, Spoken] = {}
        if self._unended is not None and (not self._queue or self._queue[0].utterance > self._unended[0]):
            cut[self._unended[0]] = Spoken(
                *self._unended, "", True, True, cut=True
            )  # the rest is on its way here
        for sentence in self._queue:
            report = Spoken(sentence.utterance, sentence.index, sentence.spoken_text(), True, True, cut=True)
            cut.setdefault(sentence.utterance, report)
        for report in cut.values():
            self._note(report)
        self._dropped_until = max([self._dropped_until, *cut])
        self._first_audio = {u: first for u, first in self._first_audio.items() if u > self._dropped_until}
        self._queue.clear()
        self._unended = None
        self._due_us = None
        self._gain = 1.0
        return list(cut.values())

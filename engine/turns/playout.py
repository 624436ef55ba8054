"""What of the agent's speech goes to the line next, and what the far end has been given so far. Pure.

Frames leave on an absolute clock of 20 ms. When the line has been idle, the first frame of an utterance leaves at
once and the clock starts anew there: waiting for the next tick of an old grid would cost 10 ms for nothing.

A line that sends by a clock of its own is given a few frames ahead (see ahead.py) and says which of them have left.
Then the far end has been given what has left, not what was sent; and a cut waits for the line's word of where it was.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from engine.protocol import (
    CLOCK_MODULUS_US,
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
from engine.turns.sentence_playout import Place, SentencePlayout

FRAME_SAMPLES = LINE_RATE_HZ * FRAME_MS // 1000
KEPT_REPORTS = 64  # more sentences than an agent can owe
DUCK_GAIN = 0.25  # -12 dB: still audible, no longer in the way
ANSWER_WAIT_US = 60_000  # three frames; a line answers a flush within its next look at the bus, about 5 ms
RESTART_FLUSHES = 5  # a line may not hear a room that has just come back for some tens of ms

Report = Spoken | PlaybackStarted | FlushVoice


class Playout:
    """One call's sending end."""

    def __init__(self, lead_ms: int = 0, restarted: bool = False) -> None:
        """lead_ms: see CallOpened. restarted: the line may still hold frames of a room before this one."""
        self.number = -1  # of the last frame
        self._queue: deque[SentencePlayout] = deque()  # what has not been played to its end
        self._due_us: int | None = None
        self._ahead = Ahead(lead_ms) if lead_ms else None
        self._flushes = (
            RESTART_FLUSHES if restarted and lead_ms else 0
        )  # how often we still ask for an answer
        self._answer_until_us: int | None = 0 if self._flushes else None
        self._cut_until = 0  # utterances up to this one are cut as soon as the line says where it was
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
        """When `frame` must be asked next; None while there is nothing to say, or no room for it on the line."""
        if self._answer_until_us is not None:
            return self._answer_until_us
        if self._due_us is None or self._ahead is None:
            return self._due_us
        return self._ahead.due_us(self._due_us)

    def add(self, piece: SpeechAudio, now_us: int) -> list[Spoken]:
        """Audio from the voice. What was cut, or has been said already, is not said again: its last report is."""
        if piece.utterance <= self._cut_until:
            return []  # its last report comes with the line's answer
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

    def frame(self, now_us: int) -> tuple[bytes | None, list[Report]]:
        """The frame that is due, if there is audio for one, and what there is to report with it."""
        if self._answer_until_us is not None:
            return None, self._unanswered(now_us)
        pcm, places = self._take(FRAME_SAMPLES)
        if pcm is None:
            self._due_us = None
            self._gain = 1.0
            waits = self._ahead is not None and self._ahead.follow(places)
            return None, [] if waits else self._played(places)
        self.number += 1
        if pcm.size < FRAME_SAMPLES:
            pcm = np.concatenate([pcm, np.zeros(FRAME_SAMPLES - pcm.size, np.int16)])
        if self._gain != 1.0:
            pcm = (pcm * self._gain).astype(np.int16)
        if self._ahead is not None:
            self._ahead.send(self.number, now_us, places)
            self._due_us = now_us
            return pcm.tobytes(), []
        self._due_us = max((self._due_us or now_us) + FRAME_US, now_us - FRAME_US)
        return pcm.tobytes(), self._played(places)

    def _take(self, samples: int) -> tuple[np.ndarray | None, list[Place]]:
        taken: list[np.ndarray] = []
        places: list[Place] = []
        missing = samples
        for sentence in self._queue:
            if sentence.all_sent:
                continue
            piece = sentence.take(missing)
            missing -= piece.size
            if piece.size:
                taken.append(piece)
            places.append((sentence, sentence.sent))
            if not sentence.all_sent:
                break
        return (np.concatenate(taken) if taken else None), places

    def _played(self, places: list[Place]) -> list[Report]:
        """Sentences have been played so far; what there is to report of it."""
        reports: list[Report] = []
        for sentence, samples in places:
            if sentence.over:
                continue
            if samples > sentence.played and sentence.utterance != self._started_utterance:
                self._started_utterance = sentence.utterance
                reports.append(PlaybackStarted(sentence.utterance, sentence.turn, 0, 0))
            sentence.played = samples
            progress = sentence.progress()
            if progress is None:
                continue
            reports.append(progress)
            if progress.done:
                self._note(progress)
                self._queue.popleft()
                following = (sentence.utterance, sentence.index + 1)
                self._unended = None if sentence.ends_utterance else following
        return reports

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

    def line_played(self, report: VoicePlayed, now_us: int) -> list[Report]:
        """The line's word of what has left. Frames that it does not know of here say nothing."""
        if self._ahead is None:
            return []
        reports: list[Report] = []
        left = (
            [] if self._flushes else self._ahead.played(report, now_us)
        )  # not ours, until the line is empty
        for at_us, places in left:
            for each in self._played(places):
                reports.append(self.started(each, at_us) if isinstance(each, PlaybackStarted) else each)
        if report.flushed and self._answer_until_us is not None:
            reports += self._flushed()
        return reports

    def barge_in(self, action: BargeIn, now_us: int = 0) -> list[Report]:
        """Duck, go on, or stop at once; after a stop, what was spoken of each utterance that was cut.

        While frames are on their way in the line, that is told once it has answered the flush, or will not.
        """
        if action.action != "cut":
            self._gain = DUCK_GAIN if action.action == "duck" else 1.0
            return []
        until = max(
            [s.utterance for s in self._queue] + ([self._unended[0]] if self._unended else []), default=0
        )
        self._due_us = None
        self._gain = 1.0
        if self._ahead is None or not self._ahead.any:
            return self._cut(until)
        self._cut_until = until
        if self._answer_until_us is not None:
            return []  # asked already
        self._answer_until_us = now_us + ANSWER_WAIT_US
        return [FlushVoice()]

    def _unanswered(self, now_us: int) -> list[Report]:
        if self._flushes:
            self._flushes -= 1
            self._answer_until_us = now_us + ANSWER_WAIT_US
            return [FlushVoice()]
        return self._flushed()

    def _flushed(self) -> list[Report]:
        """Nothing is on its way any more, or we must believe so."""
        self._answer_until_us, self._flushes = None, 0
        if self._ahead is not None:
            self._ahead.forget()
        until, self._cut_until = self._cut_until, 0
        return self._cut(until)

    def _cut(self, until: int) -> list[Report]:
        """Drop the utterances up to this one; the last report of each."""
        cut: dict[int, Spoken] = {}
        if (
            self._unended is not None
            and self._unended[0] <= until
            and (not self._queue or self._queue[0].utterance > self._unended[0])
        ):
            cut[self._unended[0]] = Spoken(
                *self._unended, "", True, True, cut=True
            )  # the rest is on its way here
        while self._queue and self._queue[0].utterance <= until:
            sentence = self._queue.popleft()
            report = Spoken(sentence.utterance, sentence.index, sentence.spoken_text(), True, True, cut=True)
            cut.setdefault(sentence.utterance, report)
        for report in cut.values():
            self._note(report)
        self._dropped_until = max([self._dropped_until, *cut])
        self._first_audio = {u: first for u, first in self._first_audio.items() if u > self._dropped_until}
        if self._unended is not None and self._unended[0] <= until:
            self._unended = None
        return list(cut.values())

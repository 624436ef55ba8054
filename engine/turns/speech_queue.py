"""The agent's sentences on their way to the line, and what the far end has been given of each. Pure.

Utterances come, are played and are cut in the order of their numbers. A sentence that may not be said is cut when
its turn comes: whoever is told that an utterance was cut may take it that none before it will be heard any more.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from engine.protocol import CLOCK_MODULUS_US, PlaybackStarted, SpeechAudio, Spoken
from engine.turns.sentence_playout import Place, SentencePlayout

KEPT_REPORTS = 64  # more sentences than an agent can owe

Said = Spoken | PlaybackStarted


class SpeechQueue:
    """One call's."""

    def __init__(self) -> None:
        self._queue: deque[SentencePlayout] = deque()  # what has not been played to its end
        self._started_utterance = 0
        self._dropped_until = 0  # utterances up to this one were cut
        self._last_place = (0, -1)
        self._unended: tuple[int, int] | None = (
            None  # what would follow in an utterance that has not ended yet
        )
        self._first_audio: dict[int, tuple[int, int]] = {}
        self._final: dict[tuple[int, int], Spoken] = {}  # last reports, for an agent that missed them

    @property
    def any(self) -> bool:
        """Is there something that has not been played to its end?"""
        return bool(self._queue)

    @property
    def last_utterance(self) -> int:
        """Of all that is here or has not ended."""
        return max(
            [s.utterance for s in self._queue] + ([self._unended[0]] if self._unended else []), default=0
        )

    @property
    def last_before_typed(self) -> int:
        """The last utterance of the agent's own that an operator's line does not come before."""
        typed = next((s.utterance for s in self._queue if s.typed), None)
        if typed is None:
            return self.last_utterance
        until = self._unended[0] if self._unended and self._unended[0] < typed else 0
        return max([until, *(s.utterance for s in self._queue if s.utterance < typed)])

    def add(self, piece: SpeechAudio, now_us: int, typed: bool, may_speak: bool) -> list[Spoken]:
        """Audio from the voice. What was cut, or has been said already, is not said again: its last report is."""
        if piece.utterance <= self._dropped_until:
            return self._last_report(piece, cut=True)
        known = next(
            (s for s in self._queue if (s.utterance, s.index) == (piece.utterance, piece.index)), None
        )
        if known is None:
            if (piece.utterance, piece.index) <= self._last_place:
                return self._last_report(piece, cut=False)
            known = SentencePlayout(piece, typed)
            known.refused = not may_speak
            self._queue.append(known)
            self._last_place = (piece.utterance, piece.index)
        known.add(piece)
        if not known.refused:
            self._first_audio.setdefault(piece.utterance, (now_us, piece.tts_us))
        return []

    def _last_report(self, piece: SpeechAudio, cut: bool) -> list[Spoken]:
        unknown = Spoken(piece.utterance, piece.index, "", True, cut, cut=True) if cut else None
        report = self._final.get((piece.utterance, piece.index), unknown)
        return [report] if report is not None else []

    def take(self, samples: int) -> tuple[np.ndarray | None, list[Place]]:
        """The next samples for the line, int16, at most so many; None: there are none. And how far they come."""
        taken: list[np.ndarray] = []
        places: list[Place] = []
        missing = samples
        for sentence in self._queue:
            if sentence.all_sent or sentence.refused:
                continue
            piece = sentence.take(missing)
            missing -= piece.size
            if piece.size:
                taken.append(piece)
            places.append((sentence, sentence.sent))
            if not sentence.all_sent:
                break
        return (np.concatenate(taken) if taken else None), places

    def played(self, places: list[Place]) -> list[Said]:
        """Sentences have been played so far; what there is to report of it."""
        reports: list[Said] = []
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
                reports += self.refused()
        return reports

    def started(self, report: PlaybackStarted, at_us: int) -> PlaybackStarted:
        """The report with its times, once the frame has gone to the line at `at_us`."""
        arrived_us, tts_us = self._first_audio.pop(report.utterance, (at_us, 0))
        return PlaybackStarted(
            report.utterance, report.turn, at_us % CLOCK_MODULUS_US, max(0, at_us - arrived_us), tts_us
        )

    def refuse(self) -> bool:
        """The agent has been silenced: what is its own and waits is not said. Has the line been sent some of it?"""
        own = [sentence for sentence in self._queue if not sentence.typed]
        for sentence in own:
            sentence.refused = True
        return any(sentence.sent > sentence.played for sentence in own)

    def refused(self) -> list[Spoken]:
        """The last reports of what may not be said and has nothing before it any more."""
        reports: list[Spoken] = []
        while self._queue and self._queue[0].refused:
            reports += self.cut(self._queue[0].utterance)
        return reports

    def rewind(self) -> None:
        """The line has thrown away what it had not played."""
        for sentence in self._queue:
            sentence.rewind()

    def back_to_word(self) -> None:
        """Our voice was broken off; it goes on from the beginning of that word."""
        if self._queue:
            self._queue[0].back_to_word()

    def peek(self, samples: int) -> np.ndarray:
        """What would be taken next of the sentence that is being said, int16, at most so many; nothing is taken."""
        sentence = self._queue[0] if self._queue else None
        if sentence is None or sentence.refused:
            return np.empty(0, np.int16)
        return sentence.pcm[sentence.sent : sentence.sent + samples]

    def cut(self, until: int) -> list[Spoken]:
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
            sentence.over = True
            report = Spoken(sentence.utterance, sentence.index, sentence.spoken_text(), True, True, cut=True)
            cut.setdefault(sentence.utterance, report)
        for report in cut.values():
            self._note(report)
        self._dropped_until = max([self._dropped_until, *cut])
        self._first_audio = {u: first for u, first in self._first_audio.items() if u > self._dropped_until}
        if self._unended is not None and self._unended[0] <= until:
            self._unended = None
        return list(cut.values())

    def _note(self, report: Spoken) -> None:
        self._final[report.utterance, report.index] = report
        while len(self._final) > KEPT_REPORTS:
            del self._final[next(iter(self._final))]

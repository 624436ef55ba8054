"""One sentence on its way to the line: its audio, its words, and how far both have come. Pure."""

from __future__ import annotations

import numpy as np

from engine.protocol import SpeechAudio, Spoken, WordMark


class SentencePlayout:
    """One sentence. `sent` runs ahead of `played` on a line that sends by a clock of its own; else they are one."""

    def __init__(self, first: SpeechAudio, typed: bool = False) -> None:
        """typed: by an operator, who may have the agent say something while it is muted."""
        self.utterance, self.index, self.turn, self.text = (
            first.utterance,
            first.index,
            first.turn,
            first.text,
        )
        self.typed = typed
        self.refused = False  # the agent has been silenced before it began: it is cut when its turn comes
        self.ends_utterance = False
        self.pieces = 0
        self.complete = False  # all its audio has arrived
        self.pcm = np.empty(0, np.int16)
        self.marks: list[WordMark] = []
        self.sent = 0  # samples handed to the line
        self.all_sent = False  # nothing more of it will be, not even its end
        self.played = 0  # samples that have left for the far end
        self.over = False  # it was reported as done
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

    def take(self, samples: int) -> np.ndarray:
        """Its next samples for the line, at most so many; int16, shape (n,)."""
        piece = self.pcm[self.sent : self.sent + samples]
        self.sent += piece.size
        self.all_sent = self.complete and self.sent >= self.pcm.size
        return piece

    def rewind(self) -> None:
        """What the line was handed of it and had not played was thrown away."""
        self.sent, self.all_sent = self.played, False

    def back_to_word(self) -> None:
        """What is played next is the word that was broken off, from its beginning."""
        begun = [mark.sample for mark in self.marks if mark.sample <= self.played]
        self.played = max(begun, default=0)
        self.rewind()

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

    def progress(self) -> Spoken | None:
        """What there is to report now that `played` has moved."""
        text = self.spoken_text()
        self.over = self.complete and self.played >= self.pcm.size
        if not self.over and text == self.reported:
            return None
        self.reported = text
        return Spoken(
            self.utterance, self.index, text, self.over, ends_utterance=self.over and self.ends_utterance
        )


Place = tuple[SentencePlayout, int]  # a sentence, and how many of its samples have been played

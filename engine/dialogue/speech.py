"""Our sentences on their way to the far end: numbered, and kept until playback has told what became of them. Pure."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from engine.protocol import LanguageCode, Sentence, Spoken

Whose = Literal["brain", "operator", "holding"]
LONGEST_LINE = 500  # characters of a line that a person typed; the supervisor takes no more
_INAUDIBLE = re.compile(r"[^\w\s.,;:!?'’\"()&@%€$£+/¿¡…–-]")


class Fate(NamedTuple):
    """What became of one sentence."""

    whose: Whose
    text: str  # to the word
    cut: bool
    whole: str  # what was to be said


def audible(text: str) -> str:
    """What can be said of a text that a person typed: letters, digits and punctuation, in one line."""
    return " ".join(_INAUDIBLE.sub(" ", text).split())[:LONGEST_LINE]


class Speech:
    """One call's."""

    def __init__(
        self,
        utterance: int = 0,
        unspoken: tuple[Sentence, ...] = (),
        others: dict[int, Whose] | None = None,
        index: int = 0,
    ) -> None:
        """Goes on from the last utterance's number, with what was unspoken and whose it is, where not the brain's.

        index: of the next sentence, where that utterance has not ended.
        """
        self.utterance = utterance
        self.unspoken: dict[tuple[int, int], Sentence] = {(s.utterance, s.index): s for s in unspoken}
        self.others = dict(others or {})
        self._progress: dict[tuple[int, int], str] = {}
        self.index = index  # of the next sentence in the utterance that is being made

    @property
    def is_holding(self) -> bool:
        """Whether they are being asked to wait."""
        return any(self.others.get(utterance) == "holding" for utterance, _ in self.unspoken)

    def add(self, sentence: Sentence) -> Sentence:
        """One more sentence of the utterance that is being made; numbered here."""
        if self.index == 0:
            self.utterance += 1
        numbered = Sentence(
            self.utterance, self.index, False, sentence.turn, sentence.text, sentence.language,
            sentence.expects, sentence.template, sentence.state, sentence.pending, sentence.from_cache,
        )  # fmt: skip
        self.index += 1
        return self._owe(numbered)

    def end(self, turn: int, language: LanguageCode) -> list[Sentence]:
        """The utterance is complete: an empty sentence ends it. Nothing where none was begun."""
        if not self.index:
            return []
        ended = Sentence(self.utterance, self.index, True, turn, "", language)
        self.index = 0
        return [self._owe(ended)]

    def line(self, whose: Whose, text: str, language: LanguageCode) -> list[Sentence]:
        """An utterance of its own that is not the brain's; one that is being made ends before it."""
        before = self.end(0, language)
        sentence = self.add(Sentence(0, 0, False, 0, text, language))
        self.others[self.utterance] = whose
        return [*before, sentence, *self.end(0, language)]

    def _owe(self, sentence: Sentence) -> Sentence:
        self.unspoken[sentence.utterance, sentence.index] = sentence
        return sentence

    def spoken(self, report: Spoken) -> list[Fate]:
        """Playback's report; what was cut takes the rest of its utterance, and all before it, with it."""
        place = (report.utterance, report.index)
        if not report.done:
            self._progress[place] = report.text
            return []
        fates = self._settle(place, report.text, report.cut)
        if report.cut:
            for other in [p for p in self.unspoken if p <= (report.utterance, 1 << 16)]:
                fates += self._settle(other, "", True)
        return fates

    @property
    def owes_words(self) -> bool:
        """Whether there are words whose fate is not known."""
        return any(sentence.text for sentence in self.unspoken.values())

    def rest(self) -> str:
        """What is left to say of all that is on its way, as far as playback has told."""
        return " ".join(
            sentence.text[len(self._progress.get(place, "")) :].strip()
            for place, sentence in self.unspoken.items()
            if sentence.text
        )

    def drop(self) -> list[Fate]:
        """We have been silenced: what is unspoken is not said, but for what an operator typed."""
        return [
            fate
            for place in list(self.unspoken)
            if self.others.get(place[0]) != "operator"
            for fate in self._settle(place, self._progress.get(place, ""), True)
        ]

    def _settle(self, place: tuple[int, int], text: str, cut: bool) -> list[Fate]:
        sentence = self.unspoken.pop(place, None)
        self._progress.pop(place, None)
        if sentence is None:
            return []
        whose = self.others.get(place[0], "brain")
        if all(utterance != place[0] for utterance, _ in self.unspoken):
            self.others.pop(place[0], None)
        return [Fate(whose, text, cut, sentence.text)] if sentence.text else []

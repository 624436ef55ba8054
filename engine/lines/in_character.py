"""One restaurant's character in one call: what it does at the first occasions, and how fast it is. Pure."""

from __future__ import annotations

from collections import Counter

from engine.lines.being_recorded import OBJECTS, words_on_recording
from engine.lines.characters import CHARACTERS
from engine.lines.phrases import ASK, BRIEF, REMARKS
from engine.lines.steps import Known
from engine.protocol import LanguageCode
from engine.scenario_parts import Fact, Restaurant


class InCharacter:
    """What it has done of all that it does once or twice."""

    def __init__(self, restaurant: Restaurant) -> None:
        self._restaurant = restaurant
        self._character = CHARACTERS[restaurant.persona]
        self._done: Counter[str] = Counter()

    @property
    def patience_ms(self) -> float:
        """How long a silence it endures."""
        return self._restaurant.silence_s * self._character.endurance * 1000

    @property
    def reaction_ms(self) -> int:
        """How long it takes to answer."""
        return round(self._restaurant.after_ms * self._character.reaction)

    def cuts_in_after(self) -> int:
        """Words of the agent's first turn; 0 = it is heard to its end."""
        return 0 if self._done["cut in"] else self._character.cuts_in_after_words

    def cuts_in(self) -> None:
        """It has, for whatever reason."""
        self._done["cut in"] += 1

    def has_not_heard(self, told: Known) -> bool:
        """Whether it asks for all of this once more."""
        asks = len(told) > 1 and self._done["asked again"] < self._character.asks_again
        self._done["asked again"] += asks
        return asks

    def misheard(self, told: Known) -> Known | None:
        """What it believes to have heard instead, where that is something else."""
        if "party_size" not in told or not self._character.mishears or self._done["misheard"]:
            return None
        self._done["misheard"] += 1
        size = int(told["party_size"])
        return {**told, "party_size": size - 1 if size > 2 else size + 1}

    def on_recording(self, text: str, language: LanguageCode) -> str:
        """What it says to being recorded; it objects to an announcement once."""
        words = words_on_recording(self._restaurant.recording, text, language)
        return "" if words in OBJECTS.values() and self._done[words] else words

    def has_said(self, words: str) -> None:
        """Its words on being recorded."""
        self._done[words] += 1

    def asks_for(self, fact: Fact, before: int, language: LanguageCode) -> str:
        """Its question. before: how often it has asked; who was not understood is not brief."""
        return (BRIEF if self._character.is_brief and not before else ASK)[language][fact]

    def with_small_talk(self, said: str, language: LanguageCode) -> str:
        """Words of the weather and of the kitchen before the answer."""
        remarks = REMARKS[language][: self._character.remarks]
        told = self._done["remark"]
        if told >= len(remarks):
            return said
        self._done["remark"] += 1
        return f"{remarks[told]}, {said}"

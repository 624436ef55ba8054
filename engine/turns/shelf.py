"""Audio that is made before it is known whether the turn is over, and waits unheard for its sentence to be said. Pure.

The voice and playback hear the same sentences of the agent in the same order, those that are prepared and those that
are said, and both keep `MadeAhead` of them: so they agree on what need not be made again and is on the `Shelf`.

Nothing leaves the shelf before the agent has said that very sentence. Sentences leave in the order in which they were
said: audio that was not made ahead waits for what comes before it.
"""

from __future__ import annotations

import msgspec

from engine.protocol import Sentence, SpeechAudio

MOST_SENTENCES = 32  # unheard at a time; more than an agent says in a turn

Place = tuple[int, int]  # utterance and index


class MadeAhead:
    """What was prepared in one call and has not been said. Thrown away or not, its places are those of what is said."""

    def __init__(self) -> None:
        self._made: dict[Place, tuple[str, str]] = {}  # → text and language

    def make(self, sentence: Sentence) -> bool:
        """A sentence is prepared: is it to be made? Not where it has been, or is being made."""
        place, words = _place(sentence), (sentence.text, sentence.language)
        if self._made.get(place) == words:
            return False
        self._forget_from(place)
        self._made[place] = words
        return True

    def said(self, sentence: Sentence) -> bool:
        """A sentence is said: was it made ahead? If not, nothing that was prepared after it will be said either."""
        place = _place(sentence)
        made = self._made.get(place) == (sentence.text, sentence.language)
        if not made:
            self._forget_from(place)
        self._made = {each: words for each, words in self._made.items() if each > place}
        return made

    def any_before(self, place: Place) -> bool:
        """Whether something that comes before it was prepared, and has not been said."""
        return any(each < place for each in self._made)

    def cut(self, until: int) -> None:
        """Utterances up to this one are not said any more."""
        self._made = {place: words for place, words in self._made.items() if place[0] > until}

    def _forget_from(self, place: Place) -> None:
        self._made = {each: words for each, words in self._made.items() if each < place}


class Shelf:
    """One call's, at playback."""

    def __init__(self) -> None:
        self._made = MadeAhead()
        self._unheard: dict[Place, list[SpeechAudio]] = {}
        self._said: dict[Place, tuple[str, int]] = {}  # made ahead, and said; in order, and since when
        self._held: list[SpeechAudio] = []  # not made ahead; something that was comes before it
        self._last_said: Place = (0, -1)
        self._cut_until = 0

    def prepare(self, sentence: Sentence) -> None:
        """The agent prepares it: its audio is on its way here."""
        self._made.make(sentence)

    def put(self, piece: SpeechAudio, now_us: int) -> list[SpeechAudio]:
        """A piece that was made ahead; what may be played now, in order."""
        place = (piece.utterance, piece.index)
        if place <= self._last_said and place not in self._said:
            return []  # of an answer that was thrown away
        known = self._unheard.get(place)
        if known is None or piece.piece == 0 or known[0].text != piece.text:
            known = self._unheard[place] = []
        known.append(piece)
        if len(self._unheard) > MOST_SENTENCES:
            del self._unheard[min(self._unheard)]
        return self._leave(now_us)

    def say(self, sentence: Sentence, now_us: int, anew: bool = False) -> list[SpeechAudio]:
        """The agent says it; what may be played now, in order. anew: it is made again, whatever was made ahead."""
        place = _place(sentence)
        made = self._made.said(sentence)
        self._last_said = max(place, self._last_said)
        if made and not anew and sentence.utterance > self._cut_until:
            self._said[place] = (sentence.text, now_us)
        left = self._leave(now_us)
        self._unheard = {
            each: pieces for each, pieces in self._unheard.items() if each > place or each in self._said
        }
        return left

    def pass_by(self, piece: SpeechAudio, now_us: int) -> list[SpeechAudio]:
        """A piece that was not made ahead; what may be played now, in order."""
        self._held.append(piece)
        return self._leave(now_us)

    def cut(self, until: int) -> None:
        """Utterances up to this one are not said any more."""
        self._cut_until = max(until, self._cut_until)
        self._made.cut(until)
        self._said = {place: since for place, since in self._said.items() if place[0] > until}
        self._unheard = {place: pieces for place, pieces in self._unheard.items() if place[0] > until}
        self._held = [piece for piece in self._held if piece.utterance > until]

    def _leave(self, now_us: int) -> list[SpeechAudio]:
        left: list[SpeechAudio] = []
        while True:
            if self._held and not self._waits_before(self._held[0]):
                left.append(self._pass(self._held.pop(0)))
                continue
            place = next(iter(self._said), None)
            if place is None:
                return left
            text, since_us = self._said[place]
            pieces = self._unheard.pop(place, [])
            if not pieces or pieces[0].text != text:
                return left
            # of what was here before, no time of the voice's lies between the end of the turn and our first frame
            left += [msgspec.structs.replace(piece, tts_us=now_us - since_us) for piece in pieces]
            if not pieces[-1].last:
                return left
            del self._said[place]

    def _pass(self, piece: SpeechAudio) -> SpeechAudio:
        place = (piece.utterance, piece.index)
        self._unheard.pop(place, None)  # of an answer that was thrown away
        if piece.last:
            self._said.pop(place, None)
        return piece

    def _waits_before(self, piece: SpeechAudio) -> bool:
        place = (piece.utterance, piece.index)
        prepared = self._made.any_before(place) or any(each < place for each in self._unheard)
        return prepared or any(each < place for each in self._said)


def _place(sentence: Sentence) -> Place:
    return sentence.utterance, sentence.index

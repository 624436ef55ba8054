"""What was taken before: a room that came back offers again what its neighbours may have missed. Pure."""

from __future__ import annotations

from engine.protocol import Flag, Header, Message, Sentence, Spoken, Transcript


class News:
    """Of one call."""

    def __init__(self) -> None:
        self._taken: set[tuple[type[Message], int, int]] = set()

    def takes(self, header: Header, message: Message) -> bool:
        """Whether this was not taken before; from here on it was."""
        place: tuple[type[Message], int, int]
        match message:
            case (
                Sentence(utterance=utterance, index=index)
                | Spoken(utterance=utterance, index=index, done=True)
            ):
                place = (type(message), utterance, index)
            case Transcript(final=True, turn=turn):
                place = (Transcript, turn, 0)
            case _:
                return not header.flags & Flag.AGAIN
        if place in self._taken and header.flags & Flag.AGAIN:
            return False
        self._taken.add(place)
        return True

"""What one agent process leaves to the next of a call."""

from __future__ import annotations

import msgspec

from engine.dialogue import toolbox
from engine.dialogue.message_left import MessageLeft
from engine.dialogue.on_hold import OnHold
from engine.dialogue.settling import Half
from engine.dialogue.silence import Silence
from engine.dialogue.speech import Whose
from engine.dialogue.thinking import Left
from engine.protocol import LanguageCode, Outcome, Reservation, Sentence, Transcript
from engine.turns.language import fits


class Tongues(msgspec.Struct, frozen=True, array_like=True):
    """Which languages have been spoken in a call."""

    theirs: tuple[LanguageCode, ...] = ()  # clearly, by the far end
    ours: tuple[LanguageCode, ...] = ()  # before the one that is spoken now

    def heard(self, transcript: Transcript, spoken: LanguageCode) -> Tongues:
        """With one more turn, in a call that is held in `spoken`."""
        if transcript.language in self.theirs or not fits(transcript.text, transcript.language, spoken):
            return self
        return msgspec.structs.replace(self, theirs=(*self.theirs, transcript.language))

    def left(self, spoken: LanguageCode) -> Tongues:
        """Once `spoken` is spoken no longer."""
        return msgspec.structs.replace(self, ours=tuple(dict.fromkeys((*self.ours, spoken))))

    def shared(self) -> bool:
        """Have we spoken one that they speak?"""
        return bool(set(self.theirs) & set(self.ours))


class OurMemory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What we have done and said, and what waits to be."""

    brain: bytes = b""
    reservation: Reservation = Reservation()
    utterance: int = 0
    unspoken: tuple[Sentence, ...] = ()
    ends_with: tuple[Outcome, str] | None = None
    language: LanguageCode | None = None  # that is spoken by now, where not the task's
    others: dict[int, Whose] = {}  # utterances that are not the brain's
    tools: toolbox.Memory = toolbox.Memory()
    silence: Silence = Silence()
    told_to_wait_us: int = 0
    index: int = 0  # of the next sentence in an utterance that has not ended
    upon: toolbox.Occasion | None = None  # what a thought in flight is about
    message: MessageLeft = MessageLeft()
    left: Left | None = None  # of an answer that was prepared and is wanted, or is not settled
    half: Half | None = None  # the turn that was answered last, while they may go on with it


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """A conversation between two processes."""

    ours: OurMemory = OurMemory()
    last_turn: int = 0
    answered: bool = False
    line: str = ""  # its last known state, see `Conversation.line`
    operator_words: int = 0  # number of the operator's last utterance
    on_hold: OnHold = OnHold()
    tongues: Tongues = Tongues()

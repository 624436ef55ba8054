"""What one agent process leaves to the next of a call."""

from __future__ import annotations

import msgspec

from engine.dialogue import toolbox
from engine.dialogue.message_left import MessageLeft
from engine.dialogue.on_hold import OnHold
from engine.dialogue.silence import Silence
from engine.dialogue.speech import Whose
from engine.dialogue.thinking import Left
from engine.protocol import LanguageCode, Outcome, Reservation, Sentence


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """A conversation between two processes."""

    brain: bytes
    reservation: Reservation
    utterance: int
    unspoken: tuple[Sentence, ...]
    last_turn: int
    answered: bool
    ends_with: tuple[Outcome, str] | None
    line: str = ""  # its last known state, see `Conversation.line`
    language: LanguageCode | None = None  # that was forced
    others: dict[int, Whose] = {}  # utterances that are not the brain's
    tools: toolbox.Memory = toolbox.Memory()
    silence: Silence = Silence()
    operator_words: int = 0  # number of the operator's last utterance
    told_to_wait_us: int = 0
    index: int = 0  # of the next sentence in an utterance that has not ended
    upon: toolbox.Occasion | None = None  # what a thought in flight is about
    message: MessageLeft = MessageLeft()
    on_hold: OnHold = OnHold()
    left: Left | None = None  # of an answer that was prepared, and is wanted

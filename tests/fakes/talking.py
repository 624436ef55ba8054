"""A conversation with the scripted brain at the level of text: playback says everything at once, time is a number."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from engine.brains.scripted import Scripted
from engine.dialogue import operated
from engine.dialogue.conversation import Conversation
from engine.protocol import (
    AgentSilenced,
    EndCall,
    EngineEvent,
    LanguageCode,
    Message,
    OperatorLeft,
    Operators,
    OperatorWords,
    Reservation,
    Sentence,
    Spoken,
    Task,
    Transcript,
)
from engine.settings import OperatorSettings

M = TypeVar("M", bound=Message)
SECOND_US = 1_000_000
TASK = Task(restaurant="Golden Lantern", today="2026-11-24", date="2026-11-27", time="19:30", party_size=4,
            name="Anna Walker", phone="+49301234567", accept_from="19:00", accept_until="20:30")  # fmt: skip
LANGUAGE_CODES: tuple[LanguageCode, ...] = ("en", "de", "es", "nl")
GREETING: dict[LanguageCode, str] = {
    "en": "golden lantern good evening", "de": "guten abend zur post",
    "es": "buenas noches la brisa", "nl": "goedenavond de molen",
}  # fmt: skip
AVAILABLE: dict[LanguageCode, str] = {
    "en": "yes of course we have a table", "de": "ja gerne wir haben einen tisch",
    "es": "sí claro tenemos una mesa", "nl": "ja natuurlijk we hebben een tafel",
}  # fmt: skip
YES: dict[LanguageCode, str] = {
    "en": "yes that is right", "de": "ja das ist richtig", "es": "sí eso es correcto", "nl": "ja dat klopt",
}  # fmt: skip
OFFERS_TEN: dict[LanguageCode, str] = {
    "en": "i am sorry we are fully booked i can offer you ten p m",
    "de": "wir sind leider ausgebucht ich kann ihnen zweiundzwanzig uhr anbieten",
    "es": "lo siento estamos completos puedo ofrecerle una mesa a las diez de la noche",
    "nl": "we zijn helaas volgeboekt ik kan u tweeëntwintig uur aanbieden",
}  # fmt: skip


class TalkedCall:
    """One call. Everything that the agent says is played at once, unless `plays` is False."""

    def __init__(
        self,
        rules: OperatorSettings | None = None,
        restarts: bool = False,
        task: Task = TASK,
        **changes: object,
    ) -> None:
        """restarts: the agent's room dies after every message."""
        self.task = msgspec.structs.replace(task, **changes)
        self.rules = rules or OperatorSettings()
        self.restarts = restarts
        self.plays = True
        self.now_us = 100 * SECOND_US
        self.turn = 0
        self.words = 0
        self.saved: list[tuple[Reservation, str, str]] = []
        self.told: list[Message] = []  # everything that was sent
        self._typed: set[int] = set()
        self.talk = self._open(b"")

    def _open(self, checkpoint: bytes) -> Conversation:
        return Conversation(
            self.task,
            lambda memory: Scripted(self.task, self.task.language, memory),
            lambda *change: self.saved.append(change),
            checkpoint,
            self.rules,
        )

    def restart(self, silenced: operated.Reason | None = None, left: OperatorLeft | None = None) -> str:
        reason = self.talk.ours.silence.reason if silenced is None else silenced
        self.talk = self._open(self.talk.checkpoint())
        return self.take(operated.reopened(self.talk, reason, self.now_us, left))

    def take(self, messages: list[Message]) -> str:
        """Play what was sent; returns what is said of it, and of what follows from it."""
        self.told += messages
        said: list[str] = []
        waiting = [message for message in messages if isinstance(message, Sentence)]
        self._typed |= {sentence.utterance for sentence in waiting if self.talk.ours.typed(sentence)}
        while waiting and self.plays:
            sentence = waiting.pop(0)
            said += [sentence.text] if sentence.text else []
            report = Spoken(sentence.utterance, sentence.index, sentence.text, True, sentence.last)
            follows = self.talk.spoken(report, self.now_us)
            self.told += follows
            waiting += [message for message in follows if isinstance(message, Sentence)]
        if not self.plays:
            said = [sentence.text for sentence in waiting if sentence.text]
        if messages and self.restarts and not any(isinstance(message, EndCall) for message in self.told):
            self.talk = self._open(self.talk.checkpoint())
        return " ".join(said)

    def hears(self, *texts: str) -> str:
        said = ""
        for text in texts:
            self.turn += 1
            at_ms = self.turn * 10_000  # each turn begins long after the one before was over
            heard = Transcript(self.turn, text, True, self.talk.language, 0.9, at_ms, at_ms + 500)
            said = self.take(self.talk.heard(heard, "", self.now_us))
        return said

    def opened(self) -> TalkedCall:
        self.take(self.talk.answered(self.now_us))
        self.hears(GREETING[self.task.language])
        return self

    def operator(self, message: Message) -> str:
        return self.take(operated.take(self.talk, message, self.now_us))

    def there(self, *names: str) -> TalkedCall:
        self.operator(Operators(names or ("anna",)))
        return self

    def silenced(self, reason: operated.Reason = "muted") -> str:
        return self.operator(AgentSilenced(reason, "anna"))

    def operator_says(self, text: str) -> str:
        self.words += 1
        return self.operator(OperatorWords(self.words, text, self.talk.language, 0.9, 0, 500))

    def hands_back(self, agreed: str = "", lost: bool = False) -> str:
        self.operator(OperatorLeft(agreed, lost, "anna"))
        return self.silenced("")

    def waits(self, seconds: float, step_s: float = 0.25) -> str:
        """Time passes, in the room's ticks; returns what is said meanwhile."""
        said: list[str] = []
        for _ in range(round(seconds / step_s)):
            self.now_us += int(step_s * SECOND_US)
            said.append(self.take(operated.tick(self.talk, self.now_us)))
        return " ".join(text for text in said if text)

    def all(self, kind: type[M]) -> list[M]:
        return [message for message in self.told if isinstance(message, kind)]

    def typed(self, sentence: Sentence) -> bool:
        """Whether it was an operator's line."""
        return sentence.utterance in self._typed

    @property
    def outcome(self) -> str:
        return next((message.outcome for message in self.told if isinstance(message, EndCall)), "")

    @property
    def notes(self) -> list[EngineEvent]:
        return self.all(EngineEvent)

"""One call's conversation with a model at its other end: what it is told, what it says, and when it has thought."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

from engine.brains.asking import Server
from engine.brains.openai import OpenAIBrain
from engine.dialogue.conversation import Conversation
from engine.protocol import (
    BrainUse,
    EngineEvent,
    Message,
    Reservation,
    Sentence,
    SoundHeard,
    Spoken,
    Task,
    Transcript,
)
from engine.settings import BrainSettings
from tests.fakes.openai_server import MODEL, FakeOpenAI

M = TypeVar("M", bound=Message)
TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna Berg"
)
BOOKING: dict[str, Any] = {"date": "2025-06-06", "time": "19:00", "party_size": 2, "name": "Anna Berg"}
READ_BACK = (
    "So that is a table for two on Friday the 6th of June at 7 pm, under the name Anna Berg, is that right?"
)


class ThinkingCall:
    """A context manager. Time for trying again is `now_s`, which the test moves."""

    def __init__(self, server: FakeOpenAI, checkpoint: bytes = b"", **settings: Any) -> None:
        given = {"kind": "openai", "model": MODEL, "base_url": server.url, "key_env": "", **settings}
        self.settings = BrainSettings(**given)
        self.server = server
        self._woken = threading.Event()
        self.asks = Server(self.settings, "test-key", self._woken.set)
        self.now_s = 100.0
        self.saved: list[Reservation] = []
        self.told: list[Message] = []
        self.turn = 0
        self.talk = self.open(checkpoint)

    def open(self, checkpoint: bytes = b"") -> Conversation:
        return Conversation(
            TASK,
            lambda memory: OpenAIBrain(TASK, self.asks, memory, lambda: self.now_s),
            lambda record, source, words: self.saved.append(record),
            checkpoint,
        )

    def __enter__(self) -> ThinkingCall:
        self.asks.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.talk.brain.stop()
        self.asks.close()

    def take(self, messages: list[Message]) -> list[Message]:
        self.told += messages
        return messages

    def think(self) -> list[Message]:
        """Until the brain has thought; every piece as the room would take it."""
        came: list[Message] = []
        while self.talk.brain.thinks:
            assert self._woken.wait(15), "nothing came from the server's thread"
            self._woken.clear()
            came += self.take(self.talk.go_on(0))
        return came

    def hears(self, text: str, think: bool = True) -> list[str]:
        """They say something; what we say to it. Playback then reports all of it as spoken.

        think: to the end; else only until the server has been asked.
        """
        self.turn += 1
        asked = len(self.server.asked)
        came = self.take(self.talk.heard(Transcript(self.turn, text, True, "en", 0.9, 0, 500), "", 0))
        if think:
            came = came + self.think()
            self.plays()
        else:
            self.server.wait_for(asked + 1)
        return texts(came)

    def sound(self, name: Any, on: bool) -> None:
        """A sound on the line that is nobody speaking begins, or is over; they have picked up."""
        self.take(self.talk.answered(0))
        self.take(self.talk.sound(SoundHeard(name, on, 0), 0))

    def beeps(self) -> None:
        """The tone of an answering machine."""
        self.sound("beep", True)
        self.sound("beep", False)

    def plays(self) -> None:
        """Playback reports everything as spoken."""
        for place, sentence in list(self.talk.unspoken.items()):
            self.take(self.talk.spoken(Spoken(*place, sentence.text, True, sentence.last), 0))

    def wait_for_words(self, count: int) -> list[str]:
        """Let so many sentences come, and leave the rest of the thought in flight."""
        came: list[str] = []
        while len(came) < count:
            assert self._woken.wait(15)
            self._woken.clear()
            came += texts(self.take(self.talk.go_on(0)))
        return came

    def restart(self) -> None:
        """The agent's process dies, and another takes over."""
        memory = self.talk.checkpoint()
        self.talk.brain.stop()
        self.talk = self.open(memory)
        self._woken.set()  # its first tick

    def of(self, kind: type[M]) -> list[M]:
        return [message for message in self.told if isinstance(message, kind)]

    @property
    def use(self) -> BrainUse:
        return self.of(BrainUse)[-1]

    @property
    def events(self) -> list[str]:
        return [event.text for event in self.of(EngineEvent)]


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, Sentence) and message.text]

"""A call whose brain is a model, without a server, a thread or a clock: the test lays down what the model gives."""

from __future__ import annotations

import json
from typing import Any

from engine.brains.asking import Arrived, Asked, FirstToken
from engine.brains.openai import OpenAIBrain
from engine.brains.stream import Call, Ended, Words
from engine.dialogue.conversation import Conversation
from engine.protocol import Spoken
from engine.settings import BrainSettings
from tests.fakes.talking import SECOND_US, TalkedCall

ENDED = Ended("stop", "", 100, 20)


class LaidDown(Asked):
    """One question; its answer is laid down by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 1
        self.open = True

    def cancel(self) -> None:
        """See Asked."""
        super().cancel()
        self.open = False

    def lay(self, *pieces: Arrived) -> None:
        """What comes of it. The last one ends it."""
        self._arrived.extend((FirstToken(1000), *pieces))
        self.open = False


class ModelInHand:
    """In place of the server. Every conversation that it is shown must be one that real servers take."""

    def __init__(self) -> None:
        self.settings = BrainSettings(kind="openai", model="in-hand", base_url="http://127.0.0.1:9")
        self.asked: list[LaidDown] = []

    def ask(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]], budget_s: float) -> LaidDown:
        """See Server."""
        assert_servers_take(messages)
        assert tools and budget_s >= 0
        self.asked.append(LaidDown())
        return self.asked[-1]

    @property
    def question(self) -> LaidDown | None:
        """The one that is to be answered."""
        waiting = [asked for asked in self.asked if asked.open]
        assert len(waiting) <= 1, "an older question was not closed"
        return waiting[0] if waiting else None

    def says(self, *sentences: str, calls: tuple[tuple[str, Any], ...] = (), last: Arrived = ENDED) -> None:
        """Answer the question, if there is one. calls: tool and arguments; text that is no JSON as it is."""
        if self.question is None:
            return
        number = len(self.asked)
        wanted = [
            Call(f"call_{number}_{place}", tool, given if isinstance(given, str) else json.dumps(given))
            for place, (tool, given) in enumerate(calls)
        ]
        self.question.lay(*map(Words, sentences), *wanted, last)


def assert_servers_take(messages: list[dict[str, Any]]) -> None:
    """Roles alternate, nothing is empty, every tool call has its result, and the last word is not ours."""
    assert messages[0]["role"] == "system" and messages[-1]["role"] in ("user", "tool")
    before, numbers = "system", set[str]()
    for message in messages[1:]:
        role, owed = message["role"], numbers
        if role == "tool":
            assert message["tool_call_id"] in owed
            numbers = owed - {message["tool_call_id"]}
        else:
            assert not owed, f"no result of {owed}"
            assert role != before, f"{role} twice"
            numbers = {call["id"] for call in message.get("tool_calls", ())}
            assert len(numbers) == len(message.get("tool_calls", ()))
            assert message["content"] or numbers
        before = role


class ModelledCall(TalkedCall):
    """See TalkedCall. The room's clock and the brain's are one."""

    def __init__(self, *given: Any, **changes: Any) -> None:
        self.model = ModelInHand()
        super().__init__(*given, **changes)

    def _open(self, checkpoint: bytes) -> Conversation:
        for asked in self.model.asked:  # with the process before
            asked.open = False
        return Conversation(
            self.task,
            lambda memory: OpenAIBrain(
                self.task,
                self.model,  # type: ignore[arg-type]
                memory,
                lambda: self.now_us / SECOND_US,
            ),
            lambda *change: self.saved.append(change),
            checkpoint,
            self.rules,
        )

    def goes_on(self) -> str:
        """The room is woken."""
        return self.take(self.talk.go_on(self.now_us))

    def plays_all(self) -> None:
        """What waits to be spoken is."""
        for place, sentence in list(self.talk.unspoken.items()):
            if place in self.talk.unspoken:
                self.take(self.talk.spoken(Spoken(*place, sentence.text, True, sentence.last), self.now_us))

    def cuts_in(self, words: int) -> None:
        """They speak over what is to be spoken next, after so many words of it."""
        for place, sentence in list(self.talk.unspoken.items())[:1]:
            heard = " ".join(sentence.text.split()[:words])
            report = Spoken(*place, heard, True, sentence.last, cut=True)
            self.take(self.talk.spoken(report, self.now_us))

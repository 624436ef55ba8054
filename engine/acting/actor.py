"""A restaurant whose part a model plays: the words it hears are questions to the model, the answers are what it says.

Pure but for the `Ask` it is given; time is passed in. Whatever the model does, the call ends: after MOST_TURNS, after a
second silence, or when the model fails.
"""

from __future__ import annotations

from typing import Any, Protocol

from engine.acting.instructions import HANG_UP, instructions
from engine.lines.phrases import FAREWELL, HELLO, PARDON
from engine.lines.steps import Act, HangUp, Known, Speak
from engine.scenario_parts import Scenario

MOST_TURNS = 24  # of the restaurant; a booking takes six
MOST_FAILURES = 2  # in a row: then it hangs up
LONGEST_WORDS = 60  # of an answer: some 25 s of speech


class Reply(Protocol):
    """An answer that is being written."""

    failure: str  # why there will be none, in words

    def text(self) -> str | None:
        """All of it; None: not yet. "" where there is none."""
        ...


class Ask(Protocol):
    """Asks the model to go on with a conversation."""

    def __call__(self, messages: list[dict[str, Any]]) -> Reply: ...


class Actor:
    """One restaurant in one call; a Part."""

    def __init__(self, scenario: Scenario, ask: Ask) -> None:
        self.known: Known = {}  # what it has understood is the model's own
        self.failure = ""  # of the model, the last one
        self._scenario, self._ask = scenario, ask
        self._messages: list[dict[str, Any]] = [{"role": "system", "content": instructions(scenario)}]
        self._reply: Reply | None = None
        self._heard: list[str] = []  # that the model has not been told
        self._turns = self._failures = 0
        self._sounding = self._leaves = self._over = self._wondered = False
        self._quiet_since_ms = 0

    @property
    def thinks(self) -> bool:
        """See Part."""
        return self._reply is not None

    def answered(self, now_ms: int) -> list[Act]:
        """The first words are the scenario's; so nobody waits for a model when the phone is picked up."""
        self._quiet_since_ms = now_ms
        greeting = next(iter(self._scenario.restaurant.steps.values())).say
        return self._say(
            greeting or HELLO[self._scenario.spoken].format(restaurant=self._scenario.task.restaurant.lower())
        )

    def hears(self, text_so_far: str, now_ms: int) -> list[Act]:
        """It lets the agent finish."""
        self._quiet_since_ms = now_ms
        return []

    def agent_finished(self, text: str, now_ms: int) -> list[Act]:
        """Ask the model; while we speak, or it thinks, the words are kept for the next question."""
        self._quiet_since_ms = now_ms
        if text.strip() and not self._over:
            self._heard.append(text.strip())
            self._wondered = False
            return self._ask_model(now_ms)
        return []

    def key(self, digit: str, now_ms: int) -> list[Act]:
        """A person hears a tone, and thinks nothing of it."""
        return []

    def finished(self, now_ms: int) -> list[Act]:
        """Our words have been said."""
        self._quiet_since_ms = now_ms
        self._sounding = False
        if self._leaves and not self._over:
            self._over = True
            return [HangUp()]
        return self._ask_model(now_ms)

    def tick(self, now_ms: int) -> list[Act]:
        """The model's answer, once it is there; a word into a long silence."""
        if self._over or self._sounding:
            return []
        if self._reply is not None:
            return self._answered_by_model(now_ms)
        if now_ms - self._quiet_since_ms < self._scenario.restaurant.silence_s * 1000:
            return []
        if self._wondered:
            self._over = True
            return [HangUp()]
        self._wondered, self._quiet_since_ms = True, now_ms
        return self._say(
            HELLO[self._scenario.spoken].format(restaurant=self._scenario.task.restaurant.lower())
        )

    def _ask_model(self, now_ms: int) -> list[Act]:
        if self._sounding or self._over or self._reply is not None or not self._heard:
            return []
        self._turns += 1
        if self._turns > MOST_TURNS:
            return self._leave()
        self._messages.append({"role": "user", "content": " ".join(self._heard)})
        self._heard = []
        self._reply = self._ask(list(self._messages))
        return self._answered_by_model(now_ms)

    def _answered_by_model(self, now_ms: int) -> list[Act]:
        assert self._reply is not None
        text = self._reply.text()
        if text is None:
            return []
        self.failure, self._reply = self._reply.failure or self.failure, None
        self._quiet_since_ms = now_ms
        said = _speakable(text)
        self._leaves = HANG_UP in text.lower()
        if said:
            self._failures = 0
            return self._say(said)
        if self._leaves:
            return self._leave()
        self._failures += 1
        return self._leave() if self._failures >= MOST_FAILURES else self._say(PARDON[self._scenario.spoken])

    def _leave(self) -> list[Act]:
        self._leaves = True
        return self._say(FAREWELL[self._scenario.spoken])

    def _say(self, text: str) -> list[Act]:
        self._sounding = True
        self._messages.append({"role": "assistant", "content": text})
        return [Speak(text, self._scenario.restaurant.after_ms)]


def _speakable(text: str) -> str:
    """What of an answer is said: nothing in brackets, no more than somebody would say in one go."""
    kept, depth = [], 0
    for character in text.replace("*", " ").replace('"', " "):
        depth += character in "[(<"
        if not depth:
            kept.append(character)
        depth = max(0, depth - (character in "])>"))
    return " ".join("".join(kept).split()[:LONGEST_WORDS])

"""The model that plays a restaurant: asked through the same client, with the same settings and key, as the agent's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.acting.actor import Actor
from engine.brains.asking import Asked, Failure, Server
from engine.brains.keys import key_of
from engine.brains.stream import Ended, Words
from engine.errors import SettingsError
from engine.scenario_parts import Scenario
from engine.settings import BrainSettings

LOOK_AGAIN_S = 0.05


class Answer:
    """What has come of one question; see `Reply`."""

    def __init__(self, asked: Asked) -> None:
        self.failure = ""
        self._asked = asked
        self._words: list[str] = []
        self._complete = False

    def text(self) -> str | None:
        """See Reply."""
        while not self._complete and (piece := self._asked.take()) is not None:
            match piece:
                case Words(text=text):
                    self._words.append(text)
                case Failure(words=words):
                    self.failure, self._complete = words, True
                case Ended():
                    self._complete = True
        return " ".join(self._words) if self._complete else None


@contextmanager
def played(
    scenario: Scenario,
    brain: BrainSettings,
    environment: Mapping[str, str],
    wake: Callable[[], None] | None = None,
) -> Iterator[tuple[Actor | None, Callable[[], None]]]:
    """Whoever plays the scenario's restaurant, None where no model does; and how to wait for its answer.

    wake: called from another thread when something has come. Raises SettingsError where model or key are missing.
    """
    if not scenario.restaurant.played_by_model:
        yield None, lambda: None
        return
    woken = threading.Event()
    server = Server(brain, key_for(brain, environment), wake or woken.set)
    server.start()

    def wait() -> None:
        woken.wait(LOOK_AGAIN_S)
        woken.clear()

    def ask(messages: list[dict[str, Any]]) -> Answer:
        return Answer(server.ask(messages, [], brain.budget_ms / 1000))

    try:
        yield Actor(scenario, ask), wait
    finally:
        server.close()


def key_for(brain: BrainSettings, environment: Mapping[str, str]) -> str:
    """The key of the model that is to play. Raises SettingsError, in words, where nobody could be asked."""
    if not brain.model:
        raise SettingsError(
            "restaurant.persona is llm, and no model is named that could play the restaurant. Name one in brain.model, "
            "with its key in brain.key_env, or a server of your own in brain.base_url; or choose another persona."
        )
    try:
        return key_of(brain, environment)
    except SettingsError as error:
        raise SettingsError(f"restaurant.persona is llm, and its model cannot be asked. {error}") from None

"""Which brain the settings ask for, for every call of a room."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.brains.base import Brain
from engine.brains.scripted import Scripted
from engine.errors import SettingsError
from engine.protocol import Task
from engine.settings import BrainSettings

MakeBrain = Callable[[Task, bytes], Brain]


def chosen(settings: BrainSettings, environment: Mapping[str, str], wake: Callable[[], None]) -> MakeBrain:
    """Makes a call's brain of its task and what a brain before it noted.

    wake: called in another thread whenever a brain that thinks has something. Raises SettingsError.
    """
    if settings.kind == "scripted":
        return lambda task, memory: Scripted(task, task.language, memory)
    if not settings.model:
        raise SettingsError(
            'brain.kind is openai, and brain.model is empty. Name a model as its server knows it: "gpt-4.1-mini".'
        )
    if settings.base_url and not settings.base_url.startswith(("http://", "https://")):
        raise SettingsError(
            f'brain.base_url is "{settings.base_url}"; it must begin with http:// or https://.'
        )
    from engine.brains.asking import Server
    from engine.brains.keys import key_of
    from engine.brains.openai import OpenAIBrain

    server = Server(settings, key_of(settings, environment), wake)
    server.start()
    return lambda task, memory: OpenAIBrain(task, server, memory)

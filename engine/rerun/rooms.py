"""The rooms of a virtual house: opened by their own `start`, with another bus and clock, and what is exchanged.

Nothing of what a room does is written down here a second time.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import msgspec

from engine.brains.choosing import MakeBrain
from engine.recognizers.base import Recognizer
from engine.rerun.virtual_house import VirtualHouse
from engine.voices.base import Voice
from engine.wiring import House
from engine.workers import agent, cache, capture, playback, transcribe, tts, vad

ROOMS: dict[str, ModuleType] = {
    "capture": capture,
    "vad": vad,
    "transcribe": transcribe,
    "cache": cache,
    "agent": agent,
    "tts": tts,
    "playback": playback,
}
HEARING = ("vad", "transcribe")
WHOLE = ("vad", "transcribe", "cache", "agent", "tts", "playback")
_ONE_HOUSE = threading.Lock()  # the rooms' modules know one bus and one clock at a time


class Exchanged(NamedTuple):
    """What stands in a room in the place of what the settings name; None: that."""

    recognizer: Recognizer | None = None
    replies: Sequence[cache.Replies] | None = None  # the store; [] = none
    make_brain: MakeBrain | None = None
    voice: Voice | None = None


AS_THEY_ARE = Exchanged()


@contextlib.contextmanager
def opened(
    house: VirtualHouse, names: tuple[str, ...], exchanged: Exchanged, *lines: ModuleType
) -> Iterator[None]:
    """Open these rooms, the hearers first, and end them afterwards. lines: modules that need the clock, too."""
    with _ONE_HOUSE, _names_of(house, [*ROOMS.values(), *lines], exchanged):
        try:
            for name in names:
                house.open(functools.partial(_start, name, exchanged), name)
            yield
        finally:
            house.close()


def _start(name: str, exchanged: Exchanged, plan: House) -> None:
    match name:
        case "transcribe":
            transcribe.start(plan, exchanged.recognizer)
        case "agent":
            agent.start(plan, exchanged.make_brain)
        case "tts":
            tts.start(plan, exchanged.voice)
        case "cache" if exchanged.replies is not None:
            cache.start(_without_store(plan))
        case _:
            ROOMS[name].start(plan)


def _without_store(plan: House) -> House:
    """The room opens no store where it is given one. The others know that there is a cache, and wait for it."""
    settings = plan.settings
    off = msgspec.structs.replace(settings.cache, enabled=False)
    return msgspec.structs.replace(plan, settings=msgspec.structs.replace(settings, cache=off))


@contextlib.contextmanager
def _names_of(house: VirtualHouse, modules: list[ModuleType], exchanged: Exchanged) -> Iterator[None]:
    """The names by which modules know bus, clock and store stand for ours, for a while."""
    recognise, look_up = transcribe.run, cache.run
    instead: list[tuple[ModuleType, str, Any]] = []
    for module in modules:
        instead += [(module, "Bus", house.bus), (module, "now_us", house.clock.read)]
    instead.append((transcribe, "run", lambda bus, ears: recognise(bus, ears, house.clock.read)))
    if exchanged.replies is not None:
        instead.append((cache, "run", lambda bus, _: look_up(bus, list(exchanged.replies or ()))))
    before = [(module, name, getattr(module, name)) for module, name, _ in instead]
    for module, name, ours in instead:
        setattr(module, name, ours)
    try:
        yield
    finally:
        for module, name, theirs in before:
            setattr(module, name, theirs)

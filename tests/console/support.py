"""What the console's tests share: a clock that stands, a link that remembers, calls fed step by step."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import datetime

from console.app import ConsoleApp
from console.glyphs import UNICODE, Glyphs
from console.state.store import Store
from engine.errors import CallRefused
from engine.protocol import KIND_OF, Accepted, CallState, Flag, HangUp, Header, Message, PlaceCall
from tests.fakes import operated_call
from tests.fakes.sample_call import Numbering, conversation, house, others, voices
from tests.fakes.sip_call import NOW_MS, neighbours, sip_conversation

WALL = datetime(2026, 5, 11, 18, 40, 12)
SCENARIOS = {
    "en/accepts": "/s/en/accepts.yaml",
    "en/full": "/s/en/full.yaml",
    "de/accepts": "/s/de/accepts.yaml",
}


class Clock:
    """Stands until a test moves it."""

    def __init__(self, now_us: int = 0) -> None:
        self.us = now_us

    def now_us(self) -> int:
        return self.us

    def wall(self) -> datetime:
        return WALL


class RecordingLink:
    """In place of an engine's link."""

    def __init__(self) -> None:
        self.problem = ""
        self.asked: list[tuple[Message, int]] = []  # commands and their calls
        self.sent: list[tuple[Message, int]] = []  # those that are not answered
        self.answers: dict[type[Message], Message] = {}
        self.notices: list[str] = []
        self.refuses = ""

    async def watch(self) -> None:
        pass

    def drain(self) -> list[str]:
        notices, self.notices = self.notices, []
        return notices

    async def request(self, command: Message, call: int = 0, answer: type[Message] = Accepted) -> Message:
        if self.refuses:
            raise CallRefused(self.refuses)
        self.asked.append((command, call))
        return self.answers.get(type(command), Accepted(call or 9))

    def send(self, command: Message, call: int = 0) -> None:
        self.sent.append((command, call))

    @property
    def placed(self) -> list[str]:
        return [command.scenario for command, _ in self.asked if isinstance(command, PlaceCall)]

    @property
    def hung_up(self) -> list[int]:
        return [call for command, call in self.asked if isinstance(command, HangUp)]

    def close(self) -> None:
        pass


def header(message: Message, call: int = 1, sequence: int = 0, at_ms: int = 0) -> Header:
    return Header(KIND_OF[type(message)], call, Flag.NONE, sequence, at_ms * 1000)


def state(name: str = "dialling", restaurant: str = "The Copper Kettle", **more: str) -> CallState:
    return CallState(name, restaurant, "en", "simulated", **more)


def feed(store: Store, steps: list[tuple[int, Message]], call: int = 1) -> None:
    """Apply messages as they would come from an engine, numbered."""
    numbering = Numbering()
    for at_ms, message in steps:
        store.apply(numbering.header(message, call, at_ms), message)


def live_store(now_ms: int = 33_600, with_others: bool = True) -> Store:
    """A store in the middle of the sample call (number 4), three more beside it."""
    store = Store()
    store.link = "live"
    numbering = Numbering()
    steps = [(at, 4, message) for at, message in [*conversation(), *voices(now_ms, agent_speaks=False)]]
    steps += [(at, 0, message) for at, message in house(now_ms - 100)]
    steps += others(now_ms) if with_others else []
    for at_ms, call, message in sorted((s for s in steps if s[0] <= now_ms), key=lambda s: s[0]):
        store.apply(numbering.header(message, call, at_ms), message)
    store.select(4)
    store.tick(now_ms * 1000)
    return store


def busy_store(now_ms: int = operated_call.NOW_MS, turns: int = 24) -> Store:
    """The sample call with what an operator did in it, among ten others: some need somebody."""
    store = Store()
    store.link, store.me, store.round_trip_ms = "live", "anna", 12.0
    numbering = Numbering()
    steps = [(at, 4, message) for at, message in [*conversation(), *voices(now_ms, agent_speaks=False)]]
    steps += [(at, 0, message) for at, message in house(now_ms - 100)]
    steps += [*others(now_ms), *operated_call.shift(now_ms), *operated_call.acts(now_ms)]
    steps += operated_call.turns(turns, now_ms)
    for number, call in enumerate((5, 8, 11)):
        steps += [(at + number, call, message) for at, message in voices(now_ms, agent_speaks=call == 8)]
    for at_ms, call, message in sorted((s for s in steps if s[0] <= now_ms), key=lambda s: s[0]):
        store.apply(numbering.header(message, call, at_ms), message)
    store.select(4)
    store.tick(now_ms * 1000)
    return store


def sip_store(now_ms: int = NOW_MS) -> Store:
    """A store in the middle of the call over a SIP line (number 4), four more beside it."""
    store = Store()
    store.link = "live"
    numbering = Numbering()
    steps = [(at, 4, message) for at, message in [*sip_conversation(), *voices(now_ms, agent_speaks=True)]]
    steps += [(at, 0, message) for at, message in house(now_ms - 100)]
    steps += neighbours(now_ms)
    for at_ms, call, message in sorted((s for s in steps if s[0] <= now_ms), key=lambda s: s[0]):
        store.apply(numbering.header(message, call, at_ms), message)
    store.select(4)
    store.tick(now_ms * 1000)
    return store


def make_app(
    store: Store,
    now_ms: int = 33_600,
    glyphs: Glyphs = UNICODE,
    demo: str = "",
    scenarios: dict[str, str] = SCENARIOS,
    accounts: tuple[str, ...] = (),
    **more: object,
) -> ConsoleApp:
    return ConsoleApp(
        store,
        RecordingLink(),
        clock=Clock(now_ms * 1000),
        glyphs=glyphs,
        scenarios=scenarios,
        demo=demo,
        fps=0,
        where="~/.state",
        accounts=accounts,
        **more,
    )


async def paint(app: ConsoleApp, pilot: object) -> None:
    """Paint until sizes and scrolling have settled."""
    for _ in range(3):
        app.frame()
        await pilot.pause()


@asynccontextmanager
async def running(store: Store, size: tuple[int, int] = (160, 45), **more):
    """An app on a screen, painted."""
    app = make_app(store, **more)
    async with app.run_test(size=size) as pilot:
        await paint(app, pilot)
        yield app, pilot


def shown(app: ConsoleApp) -> str:
    """The screen as text, row by row."""
    width, height = app.size
    return "\n".join(
        "".join(segment.text for segment in strip).rstrip()
        for strip in app.screen._compositor.render_strips(app.screen.size)
    )[: (width + 1) * height]


def toasts(app: ConsoleApp) -> list[str]:
    return [notification.message for notification in app._notifications]

"""What tests of an operator's acts share: requests that wait, alerts, ends of calls, and time that passes."""

from __future__ import annotations

from console.app import ConsoleApp
from console.state.store import Store
from engine.protocol import CallClosed, Message, PlaceCall, ToolPending
from tests.console.support import feed, paint

NOW_US = 33_600_000  # of live_store
DEADLINE_US = NOW_US + 12_000_000
HASTE_US = 400_000

APPROVAL = ToolPending(
    1,
    "approval",
    "book",
    DEADLINE_US,
    "the agent says that it will call back",
    {"date": "2026-05-15", "time": "20:00", "party_size": 4, "name": "Brandt"},
    {"time": "Half past seven is full, I could do eight.", "party_size": "For four people, yes?"},
)
QUESTION = ToolPending(
    2,
    "question",
    "ask_principal",
    DEADLINE_US + 4_000_000,
    "the agent declines the offer",
    {"time": "21:30"},
    {"time": "We have nothing before half past nine."},
    "They have a table at 21:30 only. Would that do?",
)


def waits(store: Store, *pending: ToolPending, call: int = 4) -> Store:
    """The agent of a call asks these of the operator."""
    feed(store, [(33_500, message) for message in pending], call)
    return store


def ends(store: Store, call: int = 4) -> None:
    """The restaurant hangs up."""
    feed(store, [(33_600, CallClosed("far_end_hung_up"))], call)


def commands(app: ConsoleApp) -> list[tuple[Message, int]]:
    return list(app.link.asked)


def placed(app: ConsoleApp) -> list[PlaceCall]:
    return [command for command, _ in app.link.asked if isinstance(command, PlaceCall)]


async def later(app: ConsoleApp, pilot: object, by_us: int = HASTE_US) -> None:
    """Let time pass, with the engine there all the while."""
    app.clock.us += by_us
    app.store.heard_us = app.clock.us
    await paint(app, pilot)


async def settle(pilot: object) -> None:
    """Until answers have come in."""
    for _ in range(3):
        await pilot.pause()


def alone(app: ConsoleApp) -> None:
    """Leave nothing to see but the box: a picture of it is not to change with what lies beneath."""
    for widget in app.floor.children:
        widget.visible = False

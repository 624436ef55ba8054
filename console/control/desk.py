"""What a control needs of the app, and what the app needs of a control."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Literal, Protocol

from textual.screen import Screen

from console.clock import SystemClock
from console.glyphs import Glyphs
from console.state.store import Store
from engine.protocol import Accepted, Message

Severity = Literal["information", "warning", "error"]


class Link(Protocol):
    """An engine, or the recording of a call in its place."""

    problem: str

    async def watch(self) -> None: ...

    def drain(self) -> list[str]: ...

    async def request(self, command: Message, call: int = 0, answer: type[Message] = Accepted) -> Any:
        """Send a command, about a call where it names one; its answer. Raises CallRefused, NoEngine."""
        ...

    def send(self, command: Message, call: int = 0) -> None:
        """Send one that is not answered (Presence, MicFrame); dropped where there is no engine."""
        ...

    def close(self) -> None: ...


class Desk(Protocol):
    """The app, as controls see it."""

    store: Store
    link: Link
    clock: SystemClock
    glyphs: Glyphs

    def tell(self, words: str, severity: Severity = "information") -> None:
        """A toast: the result of the operator's own act, and nothing else."""
        ...

    def may(self, action_id: str) -> bool:
        """Whether an action can be done now; tells why not."""
        ...

    def command(self, command: Message, call: int = 0, done: str = "") -> None:
        """Send a command in the background; tells `done` when it was accepted, else the reason."""
        ...

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background; a CallThingError it raises is told."""
        ...

    def open(self, screen: Screen[Any], answered: Callable[[Any], None] | None = None) -> None:
        """Put a screen or a modal on top."""
        ...

    def frame(self) -> None:
        """Paint now, rather than with the next frame."""
        ...


class Control(Protocol):
    """Handlers by the action's id."""

    def handlers(self) -> Mapping[str, Callable[[], None]]: ...

"""Saying a line in the agent's voice, and whispering to the agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.control.asking import named, send, why_not
from console.control.desk import Desk
from console.screens.modals.box import Gone
from console.screens.modals.say import SayModal, Typed
from console.state.call import Call
from console.state.named import Named
from console.widgets.say_box import Way
from engine.protocol import SayLine, Whisper

MAX_HISTORY = 50
ACTIONS: dict[Way, str] = {"say": "call.say", "whisper": "call.whisper"}


class SayControl:
    """Keeps what was left unsent, for each call, and what was sent, for all."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sent: list[str] = []
        self._drafts: dict[int, tuple[Call, str]] = {}  # of that call: numbers are used anew

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {ACTIONS["say"]: lambda: self._open("say"), ACTIONS["whisper"]: lambda: self._open("whisper")}

    def _open(self, way: Way) -> None:
        about = named(self._desk)
        call, draft = self._drafts.get(about.number, (about.call, ""))
        if Named.of(self._desk.store, call).over(self._desk.store):
            draft = ""  # of an earlier call of that number

        def closed(typed: Typed | Gone | None) -> None:
            if isinstance(typed, Gone):
                self._desk.tell(typed.words, "warning")
            elif typed is not None:
                self._typed(about, typed)

        self._desk.open(SayModal(about, way, self._sent, draft, self._desk.glyphs), closed)

    def _typed(self, about: Named, typed: Typed) -> None:
        self._keep(about, typed.text)
        if not typed.send:
            return
        reason = why_not(self._desk, ACTIONS[typed.way], about)
        if reason:
            self._desk.tell(f"{reason} What you wrote is kept.", "warning")
            return
        self._keep(about, "")
        self._sent = [*(line for line in self._sent if line != typed.text), typed.text][-MAX_HISTORY:]
        done = "The agent says it in call {}." if typed.way == "say" else "The agent of call {} knows."
        command = SayLine(typed.text) if typed.way == "say" else Whisper(typed.text)
        send(
            self._desk,
            command,
            about.number,
            done.format(about.number),
            lambda _: self._keep(about, typed.text),
        )

    def _keep(self, about: Named, text: str) -> None:
        if text.strip():
            self._drafts[about.number] = (about.call, text)
        else:
            self._drafts.pop(about.number, None)

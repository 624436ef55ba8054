"""The say box over the bottom of any screen, so that the transcript above can be read while one types."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult

from console.glyphs import Glyphs
from console.screens.modals.box import Box
from console.state.named import Named
from console.state.store import Store
from console.widgets.say_box import History, SayBox, Way


@dataclass(frozen=True)
class Typed:
    """A line for a call: to be sent, or only kept."""

    way: Way
    text: str
    send: bool


class SayModal(Box[Typed]):
    """The call is the one that was selected when it opened, and stays that one."""

    CSS_PATH = "../../styles/say.tcss"

    def __init__(self, named: Named, way: Way, sent: list[str], draft: str, glyphs: Glyphs) -> None:
        """sent: lines of before, oldest first. draft: what was left unsent for this call."""
        super().__init__(named)
        self._box = SayBox(named.number, named.restaurant, way, History(sent, draft), glyphs)

    def compose(self) -> ComposeResult:
        yield self._box

    def over(self, store: Store) -> str:
        """The words of a call that ended are gone with it."""
        why = super().over(store)
        return f"{why} What you were writing was not sent." if why and self._box.text.strip() else why

    def on_say_box_sent(self, event: SayBox.Sent) -> None:
        self.dismiss(Typed(event.way, event.text, True))

    def on_say_box_left(self, event: SayBox.Left) -> None:
        self.dismiss(Typed(self._box.way, event.text, False))

    def action_leave(self) -> None:
        self.dismiss(Typed(self._box.way, self._box.text, False))

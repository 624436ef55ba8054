"""What is done to the selected call: mute, hold, keys, language, transfer, marks, hanging up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.control.asking import ask, named, send, why_not
from console.control.desk import Desk
from console.control.toggle import Toggle
from console.screens.modals.confirm import HangUpModal
from console.screens.modals.digits import DigitsModal
from console.screens.modals.language import LANGUAGES, LanguageModal
from console.screens.modals.line_of_text import Forward, MarkModal, TransferModal
from console.state.named import Named
from engine.errors import CallThingError
from engine.protocol import (
    ForceLanguage,
    HangUp,
    HoldLine,
    MarkMoment,
    MuteAgent,
    SendDigits,
    TransferLine,
)


class CallControl:
    """Acts on the call that was selected when the key was pressed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._mutes, self._holds = Toggle(), Toggle()

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {
            "call.mute": self._mute,
            "call.hold": self._hold,
            "call.digits": self._press_keys,
            "call.language": self._choose_language,
            "call.transfer": self._transfer,
            "call.mark": self._mark,
            "call.hang_up": self._ask_to_hang_up,
        }

    def _mute(self) -> None:
        about = named(self._desk)
        number, call = about.number, about.call
        if call.silenced == "operator":
            self._desk.tell(
                f"Call {number} is taken over: the agent is silent until it is handed back.", "warning"
            )
            return
        mute = self._mutes.flip(number, call.silenced == "muted")
        done = (
            f"The agent is muted in call {number}. m lets it speak."
            if mute
            else f"The agent speaks in call {number}."
        )
        send(self._desk, MuteAgent(mute), number, done, lambda _: self._mutes.failed(number))

    def _hold(self) -> None:
        about = named(self._desk)
        number, wire = about.number, about.call.wire
        hold = self._holds.flip(number, wire.held and wire.held_by != "far_end")
        done = f"Call {number} is being put on hold." if hold else f"Call {number} is being taken back."
        send(self._desk, HoldLine(hold), number, done, lambda _: self._holds.failed(number))

    def _press_keys(self) -> None:
        about = named(self._desk)
        ask(self._desk, "call.digits", _Keys(self._desk, about).box, lambda _: None)

    def _choose_language(self) -> None:
        about = named(self._desk)

        def chosen(code: str) -> None:
            done = f"Call {about.number} goes on in {LANGUAGES[code]}."
            send(self._desk, ForceLanguage(code), about.number, done)  # type: ignore[arg-type]

        ask(self._desk, "call.language", LanguageModal(about), chosen)

    def _transfer(self) -> None:
        about = named(self._desk)

        def chosen(forward: Forward) -> None:
            done = f"Call {about.number} is being forwarded."
            send(self._desk, TransferLine(forward.to, forward.attended), about.number, done)

        ask(self._desk, "call.transfer", TransferModal(about), chosen)

    def _mark(self) -> None:
        about, at_us = named(self._desk), self._desk.clock.now_us()
        at = f"{self._desk.clock.wall():%H:%M:%S}"

        def noted(note: str) -> None:
            send(self._desk, MarkMoment(note, at_us), about.number, f"Marked {at} in call {about.number}.")

        ask(self._desk, "call.mark", MarkModal(about, at), noted)

    def _ask_to_hang_up(self) -> None:
        about = named(self._desk)

        def answered(_yes: bool) -> None:
            send(self._desk, HangUp(), about.number, f"Call {about.number} is being ended.")

        ask(self._desk, "call.hang_up", HangUpModal(about), answered)


class _Keys:
    """Sends keys in the order in which they were pressed; those pressed meanwhile go together."""

    def __init__(self, desk: Desk, about: Named) -> None:
        self._desk, self._about = desk, about
        self._waiting = ""
        self._sending = False
        self.box = DigitsModal(about, self._pressed)

    def _pressed(self, digit: str) -> None:
        reason = why_not(self._desk, "call.digits", self._about)
        if reason:
            self.box.refused(digit, reason)
            return
        self._waiting += digit
        if not self._sending:
            self._sending = True
            self._desk.background(self._send())

    async def _send(self) -> None:
        digits = ""
        try:
            while self._waiting:
                digits, self._waiting = self._waiting, ""
                await self._desk.link.request(SendDigits(digits), self._about.number)
                self.box.sent(digits)
        except CallThingError as error:
            self.box.refused(digits + self._waiting, str(error))
            self._waiting = ""
            raise
        finally:
            self._sending = False

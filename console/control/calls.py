"""Dialling and ending calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.control.desk import Desk
from console.screens.modals import DialModal, HangUpModal
from engine.protocol import HangUp, PlaceCall


class CallControl:
    """Places calls and ends them."""

    def __init__(self, desk: Desk, scenarios: dict[str, str], suggested: str = "") -> None:
        """scenarios: name to file. suggested: the file that the dial box begins with."""
        self._desk = desk
        self._scenarios = scenarios
        self._last_dialled = suggested

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {"call.dial": self._ask_what_to_dial, "call.hang_up": self._ask_to_hang_up}

    def _ask_what_to_dial(self) -> None:
        call = self._desk.store.call
        suggested = call.scenario if call and call.scenario else self._last_dialled
        name = next((name for name, file in self._scenarios.items() if file == suggested), suggested)
        self._desk.open(DialModal(self._scenarios, name, self._desk.glyphs), self._dialled)

    def _dialled(self, scenario: str | None) -> None:
        if scenario and self._desk.may("call.dial"):
            self._last_dialled = scenario
            self.dial(scenario)

    def dial(self, scenario: str, variables: dict[str, str] | None = None) -> None:
        """Place a simulated call and select it as soon as it is there."""
        self._desk.background(self._place(PlaceCall(scenario=scenario, variables=variables or {})))

    async def _place(self, command: PlaceCall) -> None:
        self._desk.store.want((await self._desk.link.request(command)).call)

    def _ask_to_hang_up(self) -> None:
        call = self._desk.store.call
        assert call is not None  # else refused before
        number = call.number  # the call that was named; selecting another one meanwhile changes nothing

        def answered(yes: bool | None) -> None:
            if yes and self._desk.may("call.hang_up"):
                self._desk.command(HangUp(), number, f"Call {number} is being ended.")

        self._desk.open(HangUpModal(number, call.restaurant), answered)

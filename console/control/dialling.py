"""Placing calls: from the box, from the screen of scenarios, and the demo's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.control.asking import ask
from console.control.view import LookingDesk
from console.scenario_files import check, preview
from console.screens.modals.dial import DialModal, ToDial
from console.screens.scenarios import Chosen, Remembered, ScenariosScreen
from engine.protocol import PlaceCall


class DialControl:
    """Remembers what was dialled last, and what was set for which scenario."""

    def __init__(
        self,
        desk: LookingDesk,
        scenarios: dict[str, str],
        suggested: str = "",
        accounts: tuple[str, ...] = (),
    ) -> None:
        """scenarios: name to file. suggested: the file that the box begins with. accounts: of real lines, the usual
        one first.
        """
        self._desk = desk
        self._scenarios, self._accounts = scenarios, accounts
        self._last_dialled = suggested
        self._remembered = Remembered()

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {"call.dial": self._ask_what_to_dial, "screen.scenarios": self._show_scenarios}

    def _ask_what_to_dial(self) -> None:
        call = self._desk.store.call
        suggested = call.scenario if call and call.scenario else self._last_dialled
        name = next((name for name, file in self._scenarios.items() if file == suggested), suggested)
        box = DialModal(self._scenarios, name, self._desk.glyphs, self._accounts)
        ask(self._desk, "call.dial", box, self._dialled)

    def _dialled(self, what: ToDial) -> None:
        self._last_dialled = what.scenario
        if what.to:
            command = PlaceCall(scenario=what.scenario, line="sip", to=what.to, account=what.account)
            self._desk.background(self._place(command))
        else:
            self.dial(what.scenario)

    def _show_scenarios(self) -> None:
        if isinstance(self._desk.main, ScenariosScreen):
            return
        self._desk.to_floor()
        self._desk.open(
            ScenariosScreen(
                self._scenarios, preview, check, self._remembered, self._desk.glyphs, self._chosen
            )
        )

    def _chosen(self, chosen: Chosen) -> None:
        if self._desk.may("call.dial"):
            self._last_dialled = chosen.scenario
            self._desk.to_floor()
            self.dial(chosen.scenario, chosen.variables)

    def dial(self, scenario: str, variables: dict[str, str] | None = None) -> None:
        """Place a simulated call and select it as soon as it is there."""
        self._desk.background(self._place(PlaceCall(scenario=scenario, variables=variables or {})))

    async def _place(self, command: PlaceCall) -> None:
        self._desk.store.want((await self._desk.link.request(command)).call)

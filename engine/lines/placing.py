"""May this call be placed, on which line, and to whom? Refused before anything is dialled."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import CallRefused, CallThingError, ModelError
from engine.lines.accounts import account_for, sip_plan
from engine.lines.sip_address import SipAddress
from engine.protocol import FRAME_MS, PlaceCall, Task
from engine.recognizers.whisper import SIM_EAR
from engine.scenario import load
from engine.settings import Settings
from engine.wiring import SipPlan

SIMULATED, SIP = "simulated", "sip"
STACK = "baresip"
LEAD_MS = {SIMULATED: 0, SIP: 3 * FRAME_MS}
"""How far ahead of the line our voice is sent: three packets outlast a busy moment, and are thrown away in one."""


@dataclass(frozen=True)
class Placement:
    """A call that may be placed, so far as can be said without looking at what was dialled before."""

    task: Task  # all that the agent is given
    name: str = ""  # of the scenario
    scenario: str = ""  # file, for the simulated line alone
    address: SipAddress | None = None
    sip: SipPlan | None = None

    @property
    def record(self) -> bool:
        """Whether the far end's voice may be stored. On real lines it is not: without consent that is a crime in
        some countries. A peer on this machine is a test.
        """
        return self.address is None or self.address.is_loopback


def lines_there_are() -> tuple[str, ...]:
    """The lines of this installation: SIP is there where its stack is."""
    return (SIMULATED, SIP) if importlib.util.find_spec(STACK) is not None else (SIMULATED,)


def may_place(
    line: str, recognizer_model: str, lines: Collection[str], test_peer: bool = False
) -> CallThingError | None:
    """Why no call can be placed on this line, or None when one can. A line that is not there is said first.

    The embedded recogniser understands simulated voices alone: a real line needs a Whisper model.
    test_peer: the far end is on this machine, and counts as simulated.
    """
    if line not in lines:
        hint = " It needs the package baresip-python: make install." if line == SIP else ""
        return CallRefused(
            f'There is no line "{line}" here. Lines: {", ".join(lines)}.{hint} Real lines also need a Whisper model: '
            "call-thing models pull small."
        )
    if line != SIMULATED and recognizer_model == SIM_EAR and not test_peer:
        return ModelError(
            f"A call on a real line ({line}) needs a Whisper model: the embedded recogniser only understands "
            'simulated voices. Bring one with: call-thing models pull small, then set recognizer.model = "small".'
        )
    return None


def line_for(command: PlaceCall, settings: Settings, environment: Mapping[str, str]) -> Placement:
    """What becomes of a command. Raises ScenarioError, SettingsError, ModelError or CallRefused.

    environment: where the passwords of accounts are looked up.
    """
    lines = lines_there_are()
    if command.line == SIP and command.line in lines and command.to:
        return _sip(command, settings, environment, lines)
    refused = may_place(command.line, settings.recognizer.model, lines)
    if refused is not None:
        raise refused
    if command.line == SIP:
        raise CallRefused("A call on the line sip needs an address: call-thing call SCENARIO --sip ADDRESS.")
    if command.to or command.account:
        raise CallRefused("An address and an account are for the line sip; a simulated call has none.")
    if not command.scenario:
        raise CallRefused("A simulated call needs a scenario. call-thing call en/accepts places one.")
    path = _path(command)
    return Placement(load(path).task, _name(path), str(path.absolute()))


def _sip(
    command: PlaceCall, settings: Settings, environment: Mapping[str, str], lines: Collection[str]
) -> Placement:
    address, account = account_for(command.to, command.account, settings)
    refused = may_place(SIP, settings.recognizer.model, lines, test_peer=address.is_loopback)
    if refused is not None:
        raise refused
    plan = sip_plan(address, account, settings.sip, environment)
    if command.task is not None:
        return Placement(command.task, address=address, sip=plan)
    if not command.scenario:
        raise CallRefused(
            "A call needs a task, or a scenario whose task it takes: call-thing call en/accepts --sip …"
        )
    path = _path(command)
    return Placement(load(path).task, _name(path), address=address, sip=plan)


def _path(command: PlaceCall) -> Path:
    if "\0" in command.scenario:
        raise CallRefused("The scenario's path holds a zero byte, which no file name can.")
    return Path(command.scenario)


def _name(path: Path) -> str:
    return f"{path.absolute().parent.name}/{path.stem}"

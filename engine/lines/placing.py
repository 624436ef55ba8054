"""May this call be placed, on which line, and to whom? Refused before anything is dialled."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import CallRefused, CallThingError, ModelError
from engine.lines.accounts import account_for, sip_plan
from engine.lines.sip_address import SipAddress
from engine.lines.waiting import waiting_account, waiting_plan
from engine.protocol import FRAME_MS, PlaceCall, Task
from engine.recognizers.whisper import SIM_EAR
from engine.scenario import loaded
from engine.scenario_variables import with_variables
from engine.settings import Settings
from engine.settings_checks import is_loopback
from engine.wiring import SipPlan

SIMULATED, RECORDED, SIP = "simulated", "recorded", "sip"
STACK = "baresip"
MAX_PORT = 65535
LONGEST_S = 2100  # of a call with its waiting: see protocol.elapsed_us
LEAD_MS = {SIMULATED: 0, RECORDED: 0, SIP: 4 * FRAME_MS}
"""How far ahead of the line our voice is sent: four packets outlast a busy moment between two words of
what has left, and are thrown away in one."""


@dataclass(frozen=True)
class Placement:
    """A call that may be placed, so far as can be said without looking at what was dialled before."""

    task: Task  # all that the agent is given
    name: str = ""  # of the scenario
    scenario: str = ""  # file, for the simulated line alone
    variables: dict[str, str] = field(default_factory=dict)  # of that file, set anew
    address: SipAddress | None = None  # whom to dial
    sip: SipPlan | None = None
    wait_s: int = 0  # how long to wait to be called, where nobody is dialled
    recording: str = ""  # file, for the recorded line alone
    channel: int = 0  # of that file
    acted: bool = False  # a language model plays the scenario's restaurant
    record: bool = False
    """Whether the far end's voice may be stored. On real lines that is a crime in some countries, unless they know
    of it and go on. A peer on this machine is a test."""
    asks: Literal["", "announce", "consent"] = ""
    """What is said of it before that; "" = nothing."""
    job: str = ""  # id of the one that it is made for


def lines_there_are() -> tuple[str, ...]:
    """The lines of this installation: SIP is there where its stack is."""
    here = (SIMULATED, RECORDED)
    return (*here, SIP) if _is_installed(STACK) else here


@cache
def _is_installed(package: str) -> bool:
    """Looked for once, in every folder of the path: who places calls waits for it."""
    return importlib.util.find_spec(package) is not None


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
    if line == SIP and recognizer_model == SIM_EAR and not test_peer:
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
    if command.recording and command.line != RECORDED:
        raise CallRefused("A recording is the far end of the line recorded, and of no other.")
    if command.line == SIP and command.line in lines:
        placed = _to_be_called if _waits(command) else _to_dial
        return placed(command, settings, environment, lines)
    refused = may_place(command.line, settings.recognizer.model, lines)
    if refused is not None:
        raise refused
    if command.line == RECORDED:
        return recorded_as(_recorded(command), settings.recording.recorded)
    if command.to or command.account or _waits(command):
        raise CallRefused(
            "An address, an account and waiting to be called are for the line sip; a simulated call has none."
        )
    if not command.scenario:
        raise CallRefused("A simulated call needs a scenario. call-thing call en/accepts places one.")
    path = _path(command)
    scenario = with_variables(loaded(path), command.variables)
    simulated = Placement(
        _of(scenario.task, command),
        _name(path),
        str(path.absolute()),
        command.variables,
        acted=scenario.restaurant.played_by_model,
    )
    policy = settings.recording.simulated
    return recorded_as(simulated, scenario.recording_policy or policy if policy == "on" else policy)


def _to_dial(
    command: PlaceCall, settings: Settings, environment: Mapping[str, str], lines: Collection[str]
) -> Placement:
    if not command.to.strip():
        raise CallRefused("A call on the line sip needs an address: call-thing call SCENARIO --sip ADDRESS.")
    address, account = account_for(command.to, command.account, settings)
    refused = may_place(SIP, settings.recognizer.model, lines, test_peer=address.is_loopback)
    if refused is not None:
        raise refused
    plan = sip_plan(address, account, settings.sip, environment)
    placed = replace(_about(command), address=address, sip=plan)
    return recorded_as(placed, settings.recording.sip, test_peer=address.is_loopback)


def _to_be_called(
    command: PlaceCall, settings: Settings, environment: Mapping[str, str], lines: Collection[str]
) -> Placement:
    if command.to:
        raise CallRefused("A call is either dialled or waited for: leave the address or the port out.")
    if not 1 <= command.await_port <= MAX_PORT:
        raise CallRefused(f"The port to wait on is a number from 1 to {MAX_PORT}.")
    most_s = LONGEST_S - settings.call.max_seconds
    if not 1 <= command.await_s <= most_s:
        raise CallRefused(
            f"A call is waited for from 1 to {most_s} s while call.max_seconds is {settings.call.max_seconds}: "
            f"together they are at most {LONGEST_S} s, since the clock of the record wraps soon after."
        )
    here = is_loopback(settings.sip.listen)
    refused = may_place(SIP, settings.recognizer.model, lines, test_peer=here)
    if refused is not None:
        raise refused
    account = waiting_account(command.account, settings.sip)
    plan = waiting_plan(command.await_port, account, settings.sip, environment)
    placed = replace(_about(command), sip=plan, wait_s=command.await_s)
    return recorded_as(placed, settings.recording.sip, test_peer=here)


def _recorded(command: PlaceCall) -> Placement:
    """A recording is the far end; nobody is dialled."""
    if command.to or command.account or _waits(command):
        raise CallRefused("A recorded call dials nobody: leave the address, the account and the port out.")
    path = Path(command.recording)
    if not command.recording or "\0" in command.recording or not path.is_file():
        raise CallRefused(f'There is no recording "{command.recording}". Name a WAV or FLAC file.')
    if command.channel < 0:
        raise CallRefused("The channel of a recording is counted from 0.")
    return replace(_about(command), recording=str(path.absolute()), channel=command.channel)


def recorded_as(placed: Placement, policy: str, test_peer: bool = False) -> Placement:
    """Recorded as the settings of its line say. test_peer: nobody's voice is at the far end, whom one could ask."""
    asks = policy if policy in ("announce", "consent") else ""
    return replace(placed, record=policy != "off" or test_peer, asks=asks)  # type: ignore[arg-type]


def _waits(command: PlaceCall) -> bool:
    return bool(command.await_port or command.await_s)


def _about(command: PlaceCall) -> Placement:
    """What a real call is about."""
    if command.task is not None:
        if command.variables:
            raise CallRefused("Variables are a scenario's; this call has a task of its own. Change that one.")
        return Placement(_of(command.task, command))
    if not command.scenario:
        raise CallRefused(
            "A call needs a task, or a scenario whose task it takes: call-thing call en/accepts --sip …"
        )
    theirs = [name for name in command.variables if not name.startswith("task.")]
    if theirs:
        raise CallRefused(
            f"{theirs[0]}: a real restaurant has its own ways; only what is wanted can be changed (task.…)."
        )
    path = _path(command)
    return Placement(_of(with_variables(loaded(path), command.variables).task, command), _name(path))


def _of(task: Task, command: PlaceCall) -> Task:
    """The task, with who calls whom as it is."""
    return msgspec.structs.replace(task, called_back=_waits(command))


def _path(command: PlaceCall) -> Path:
    if "\0" in command.scenario:
        raise CallRefused("The scenario's path holds a zero byte, which no file name can.")
    return Path(command.scenario)


def _name(path: Path) -> str:
    return f"{path.absolute().parent.name}/{path.stem}"

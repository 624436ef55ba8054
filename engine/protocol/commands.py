"""Commands of consoles and command lines to the supervisor, over DEALER/ROUTER; each is answered."""

from __future__ import annotations

from engine.protocol.basics import Message
from engine.protocol.line import Task


class Command(Message, frozen=True, kw_only=True):
    """What every command is."""

    by: str = ""  # who asks, as the console was given the name; journalled with what was done


class PlaceCall(Command):
    """Place a call. What is wanted comes from a scenario's task, or from `task`; a simulated line needs a scenario."""

    scenario: str = ""  # path of a scenario file; a real line is given nothing of it but the task
    task: Task | None = None
    line: str = "simulated"
    to: str = ""  # SIP address to call, for the line "sip"
    account: str = ""  # which of the settings' accounts; "" = the default one
    await_port: int = 0  # > 0: call nobody, but wait on this port of sip.listen to be called about the task
    await_s: int = 0  # how long
    variables: dict[str, str] = {}  # of the scenario, set anew for this call; see engine.scenario_variables
    recording: str = ""  # path of the audio file that is the far end, for the line "recorded"
    channel: int = 0  # of that file, from 0: in our own recordings 0 is the far end
    key: str = (
        ""  # of this call and no other: a command that comes twice makes one call; "" = each makes its own
    )
    job: str = ""  # id of the job that it is made for


class FindPlaced(Command):
    """What became of a PlaceCall with this key? One that has made no call by now never makes one. → PlacedCall"""

    key: str


class GetSnapshot(Command):
    """Everything the engine has shown so far, to catch up with."""


class Ping(Command):
    """console → supervisor: are you there? Answered at once; consoles measure the way there and back with it."""


class StopEngine(Command):
    """End the engine: all calls are hung up; or none is taken any more, and it ends after those that go on."""

    after_calls: bool = False


class HangUp(Command):
    """console → supervisor → line: end the call, at once or with a goodbye before it."""

    reason: str = "operator"
    goodbye: bool = False  # the agent stops what it says, says goodbye, and hangs up: within three seconds


class AnswerLine(Message):
    """whoever is called → line: pick up. A line that was not told whom to dial rings until it hears this."""


class HoldLine(Command):
    """console → supervisor → line: put the far end on hold, or take it back."""

    hold: bool = True


class SendDigits(Command):
    """console → supervisor → line: press keys."""

    digits: str  # of 0-9 A-D * #


class TransferLine(Command):
    """console → supervisor → line: hand the far end over to somebody else.

    `attended`: call them first, and hand over once they have picked up; else the far end is told to call them itself.
    """

    to: str  # SIP address, behind the dial guard like every other
    attended: bool = False


class Accepted(Message):
    """The command was taken. `call`: the call it made or touched."""

    call: int = 0


class PlacedCall(Message):
    """Answer to FindPlaced."""

    call: int = 0  # 0 = none, and there will be none
    call_id: str = ""
    journal: str = ""  # folder
    answered: bool = False  # they have picked up
    outcome: str = ""  # once it has ended
    reason: str = ""
    status: str = "open"  # of the reservation
    usd: float = 0.0  # what its model took, as far as that is known
    call_back: str = ""  # when they want to be called again, see Reservation


class Refused(Message):
    """The command was not taken; `reason` says why, for a person."""

    reason: str
    exit_code: int = 2  # of a command line that gives up here, see errors.ExitCode


class Snapshot(Message):
    """Answer to GetSnapshot: events of live and recent calls as (header, payload), oldest first."""

    epoch: str  # changes when the engine is started anew
    ready: bool
    rooms: dict[str, str]  # room → "ready", "starting", "down"
    events: tuple[tuple[bytes, bytes], ...]

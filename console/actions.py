"""Everything the operator can do: the one table behind bindings, key bar, help, palette and the README's key table.

Lower-case letters look or are reversible; what cannot be undone takes a capital, and most of it a confirmation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Group = Literal["look", "call", "microphone", "jobs", "replay", "console"]
GROUPS: dict[Group, str] = {
    "look": "Look",
    "call": "Act on the selected call",
    "microphone": "Take a call over",
    "jobs": "Many calls: the coordinator's screen",
    "replay": "Replay a recorded call",
    "console": "The console",
}
LIVE_SCREENS = ("floor", "call")
MAIN_SCREENS = (*LIVE_SCREENS, "scenarios", "library", "log", "coordinator")
EVERYWHERE = (*MAIN_SCREENS, "replay")
ABOVE_FLOOR = ("call", "scenarios", "library", "log", "coordinator", "replay")
Situation = Literal["off", "armed", "talking", "muted"]  # of this console's microphone; armed: or about to be
Mic = Literal["", "off", "held", "live", "open", "quiet"]
IN_SITUATION: dict[Mic, tuple[Situation, ...]] = {
    "": ("off", "armed", "talking", "muted"),
    "off": ("off",),
    "held": ("armed", "talking", "muted"),
    "live": ("talking", "muted"),
    "open": ("armed", "talking"),  # there is something to switch off
    "quiet": ("off", "muted"),
}


@dataclass(frozen=True)
class Action:
    """One action. `id` is its name in a keymap and finds its handler in `console/control/`."""

    id: str
    keys: str  # Textual's names, separated by commas
    shown: str  # the key as people write it
    label: str  # in the key bar; "" = only in help
    help: str
    group: Group = "look"
    on: tuple[str, ...] = LIVE_SCREENS  # names of the screens it belongs to
    commands: bool = False  # asks something of the engine
    needs_call: bool = False  # a selected call that is live
    changes_jobs: bool = False  # asks something of the job queue, for which no engine is needed
    mic: Mic = ""  # how the microphone must be, see IN_SITUATION
    rank: int = 2  # in the key bar, where not all have room: the lowest come first
    priority: bool = False  # works inside inputs and modals as well
    final: bool = False  # cannot be undone


def _call(id_: str, key: str, label: str, help_: str, **more: Any) -> Action:
    """A command to the selected live call."""
    return Action(id_, key, key, label, help_, "call", commands=True, needs_call=True, **more)


def _mic(id_: str, keys: str, shown: str, label: str, help_: str, mic: Mic, **more: Any) -> Action:
    """A key of the microphone, which comes before others while it is held."""
    return Action(id_, keys, shown, label, help_, "microphone", mic=mic, **more)


def _replay(id_: str, keys: str, shown: str, label: str, help_: str) -> Action:
    return Action(id_, keys, shown, label, help_, "replay", ("replay",), rank=1)


ACTIONS: tuple[Action, ...] = (
    Action("call.previous", "up,k", "↑ k", "", "Select the call above"),
    Action("call.next", "down,j", "↓ j", "", "Select the call below"),
    Action("alert.next", "n", "n", "alert", "Go to the next call that needs you", rank=1),
    Action(
        "alert.acknowledge",
        "A",
        "A",
        "",
        "Acknowledge the alerts of the selected call",
        commands=True,
        final=True,
    ),
    Action(
        "call.zoom",
        "z,enter",
        "z enter",
        "zoom",
        "The selected call alone, with all its numbers",
        on=("floor",),
        rank=3,
    ),
    Action(
        "view.filter",
        "slash",
        "/",
        "filter",
        "Show only calls and events with these words",
        on=(*LIVE_SCREENS, "log"),
        rank=3,
    ),
    Action(
        "transcript.freeze",
        "p",
        "p",
        "freeze",
        "Stop or follow the transcript's end",
        mic="off",
        rank=3,
    ),
    Action("pane.next", "v", "v", "view", "The next pane of numbers, where only one fits", on=("floor",)),
    Action("log.level", "l", "l", "level", "From which level on events are shown", on=("log",), rank=1),
    Action("screen.log", "L", "L", "", "Every event, with a filter", on=EVERYWHERE),
    Action(
        "call.report",
        "h",
        "h",
        "report",
        "Write a report of the call, for a browser",
        on=(*LIVE_SCREENS, "library", "replay"),
        rank=3,
    ),
    Action(
        "pane.jump",
        "ctrl+o",
        "^o",
        "",
        "Jump to a pane: each shows the letter that goes there",
        on=(*LIVE_SCREENS, "log"),
    ),
    Action("focus.next", "tab", "tab", "", "Move to the next pane", on=EVERYWHERE),
    Action("focus.previous", "shift+tab", "shift+tab", "", "Move to the previous pane", on=EVERYWHERE),
    # the selected call
    _call("call.approve", "a", "approve", "Approve, deny or edit what the agent asks of you", rank=1),
    _call("call.say", "s", "say", "Say a line in the agent's voice", rank=1),
    _call(
        "call.whisper",
        "w",
        "whisper",
        "Tell the agent something the restaurant does not hear",
        rank=1,
    ),
    _call("call.mute", "m", "mute", "Mute the agent, or let it speak again", rank=1),
    _call("call.mark", "b", "", "Mark this moment, with a note"),
    _call("call.language", "l", "", "Make the agent speak and hear another language"),
    _call("call.inject", "I", "", "Inject noise, silence, words, a hang-up or a failed provider", final=True),
    _call("call.digits", "D", "", "Press keys on the line (DTMF)", final=True),
    _call("call.hold", "o", "", "Put the far end on hold, or take it back"),
    _call("call.transfer", "F", "", "Forward the far end to another number", final=True),
    _call("call.hang_up", "X", "hang up", "Hang up (asks: y)", rank=1, final=True),
    Action(
        "cache.forget",
        "C",
        "C",
        "",
        "Cache: forget the stored reply that was served last",
        "call",
        commands=True,
        final=True,
    ),
    Action("call.dial", "d", "d", "dial", "Dial a scenario", "call", LIVE_SCREENS, commands=True, rank=3),
    Action(
        "screen.scenarios",
        "i",
        "i",
        "scenarios",
        "Scenarios: look, change, dial",
        "call",
        (*LIVE_SCREENS, "library", "log", "coordinator"),
        rank=3,
    ),
    # the microphone
    Action(
        "mic.arm",
        "t",
        "t",
        "take",
        "Arm your microphone for the selected call",
        "microphone",
        commands=True,
        needs_call=True,
        mic="off",
        rank=1,
    ),
    _mic(
        "mic.push_to_talk",
        "p",
        "p",
        "push to talk",
        "Armed: speak while you hold space",
        "held",
        rank=3,
    ),
    _mic("mic.full", "f", "f", "open mic", "Armed: speak with the microphone open", "held", rank=3),
    _mic("mic.talk", "space", "space", "talk", "Live: talk (hold, or on and off)", "live", rank=3),
    _mic(
        "mic.off",
        "f9,escape",
        "esc F9",
        "MIC OFF",
        "Microphone off at once, from anywhere",
        "open",
        on=EVERYWHERE,
        priority=True,
        rank=1,
    ),
    _mic(
        "mic.hand_back",
        "H",
        "H",
        "hand back",
        "Give the call back to the agent",
        "held",
        rank=3,
        final=True,
    ),
    Action("call.listen", "e", "e", "listen", "Hear the selected call, or stop", "microphone", rank=3),
    # many calls
    Action(
        "screen.coordinator",
        "c",
        "c",
        "coordinator",
        "The coordinator: its engines, the queue, what went wrong",
        "jobs",
        (*LIVE_SCREENS, "scenarios", "library", "log"),
    ),
    Action(
        "job.go_to",
        "enter",
        "enter",
        "watch",
        "Watch the selected engine, or the call of the selected job",
        "jobs",
        ("coordinator",),
        rank=1,
    ),
    Action(
        "job.retry",
        "R",
        "R",
        "try again",
        "Put the selected job back into the queue (asks: y)",
        "jobs",
        ("coordinator",),
        changes_jobs=True,
        rank=1,
        final=True,
    ),
    Action(
        "job.cancel",
        "X",
        "X",
        "cancel job",
        "Cancel the selected job (asks: y)",
        "jobs",
        ("coordinator",),
        changes_jobs=True,
        rank=1,
        final=True,
    ),
    # replay
    Action(
        "screen.library",
        "r",
        "r",
        "replay",
        "Recorded calls; enter replays one",
        "replay",
        (*LIVE_SCREENS, "scenarios", "log", "coordinator"),
        rank=3,
    ),
    _replay("replay.pause", "space", "space", "play", "Play or pause"),
    _replay("replay.next", "full_stop", ".", "next", "To the next event"),
    _replay("replay.previous", "comma", ",", "back", "To the event before"),
    _replay("replay.slower", "left_square_bracket", "[", "slower", "Slower"),
    _replay("replay.faster", "right_square_bracket", "]", "faster", "Faster"),
    _replay("replay.go_to", "g", "g", "go to", "Go to a time or a turn"),
    _replay("replay.sound", "e", "e", "sound", "Sound on or off, where it was recorded"),
    # the console
    Action(
        "room.restart", "R", "R", "", "Restart a room of the engine", "console", commands=True, final=True
    ),
    Action(
        "screen.back",
        "escape",
        "esc",
        "back",
        "Back to the floor",
        "console",
        ABOVE_FLOOR,
        mic="quiet",
        rank=1,
    ),
    Action("help", "question_mark", "?", "help", "This list", "console", EVERYWHERE, rank=1),
    Action("palette", "ctrl+p", "^p", "menu", "Find an action by name", "console", EVERYWHERE, rank=1),
    Action("quit", "q", "q", "quit", "Leave; under `run`, engine and calls end too", "console", EVERYWHERE),
)
BY_ID = {entry.id: entry for entry in ACTIONS}
SELECT_HELP = ("1 - 9", "Go to the call of that number")


def action(action_id: str) -> Action:
    """An action by its id. Raises KeyError."""
    return BY_ID[action_id]

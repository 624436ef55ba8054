"""Everything the operator can do: the one table behind bindings, key bar, help, palette and the README's key table.

Lower-case letters look or are reversible; what cannot be undone takes a capital and a confirmation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from textual.binding import Binding

from console.state.store import Store

Group = Literal["look", "call", "microphone", "replay", "console"]
GROUPS: dict[Group, str] = {
    "look": "Look",
    "call": "Act on the selected call",
    "microphone": "Take a call over",
    "replay": "Replay a recorded call",
    "console": "The console",
}
LIVE_SCREENS = ("floor", "call")
MAIN_SCREENS = (*LIVE_SCREENS, "scenarios", "library", "log")
EVERYWHERE = (*MAIN_SCREENS, "replay")


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
    mic: Literal["", "off", "held", "live"] = ""  # the microphone must be so: "held" = armed or live
    narrow: bool = True  # worth its place in the key bar of 80 columns
    priority: bool = False  # works inside inputs and modals as well


def _call(id_: str, keys: str, shown: str, label: str, help_: str, **more: bool) -> Action:
    """A command to the selected live call."""
    return Action(id_, keys, shown, label, help_, "call", commands=True, needs_call=True, **more)  # type: ignore[arg-type]


ACTIONS: tuple[Action, ...] = (
    Action("call.previous", "up,k", "↑ k", "", "Select the call above"),
    Action("call.next", "down,j", "↓ j", "", "Select the call below"),
    Action("alert.next", "n", "n", "alert", "Go to the next call that needs you"),
    Action("alert.acknowledge", "A", "A", "", "Acknowledge the alerts of the selected call", commands=True),
    Action("call.zoom", "z,enter", "z enter", "zoom", "The selected call alone, with all its numbers"),
    Action("view.filter", "slash", "/", "", "Show only calls and events with these words", on=MAIN_SCREENS),
    Action("transcript.freeze", "p", "p", "freeze", "Stop or follow the transcript's end", narrow=False),
    Action("pane.next", "v", "v", "view", "Below 140 columns: the next pane of numbers"),
    Action("screen.log", "L", "L", "", "Every event, with a filter", on=EVERYWHERE),
    Action("pane.jump", "ctrl+o", "^o", "", "Jump to a pane: each shows the letter that goes there"),
    Action("focus.next", "tab", "tab", "", "Move to the next pane", on=EVERYWHERE),
    Action("focus.previous", "shift+tab", "shift+tab", "", "Move to the previous pane", on=EVERYWHERE),
    # the selected call
    _call("call.say", "s", "s", "say", "Say a line in the agent's voice"),
    _call("call.whisper", "w", "w", "whisper", "Tell the agent something the restaurant does not hear"),
    _call("call.mute", "m", "m", "mute", "Mute the agent, or let it speak again"),
    _call("call.approve", "a", "a", "approve", "Approve, deny or edit what the agent asks of you"),
    _call("call.mark", "b", "b", "", "Mark this moment, with a note"),
    _call("call.language", "l", "l", "", "Make the agent speak and hear another language"),
    _call("call.inject", "I", "I", "", "Inject noise, silence, words, a hang-up or a failed provider"),
    _call("call.digits", "D", "D", "", "Press keys on the line (DTMF)"),
    _call("call.hold", "o", "o", "", "Put the far end on hold, or take it back"),
    _call("call.transfer", "F", "F", "", "Forward the far end to another number"),
    _call("call.hang_up", "X", "X", "hang up", "Hang up (asks: y)"),
    Action(
        "cache.forget", "f", "f", "", "Forget the stored reply that was served last", "call", commands=True
    ),
    Action("call.dial", "d", "d", "dial", "Dial a scenario", "call", on=MAIN_SCREENS, commands=True),
    Action("screen.scenarios", "i", "i", "scenarios", "Scenarios: look, change, dial", "call", MAIN_SCREENS),
    # the microphone
    Action(
        "mic.arm",
        "t",
        "t",
        "take over",
        "Arm your microphone for the selected call",
        "microphone",
        commands=True,
        needs_call=True,
    ),
    Action(
        "mic.push_to_talk",
        "p",
        "p",
        "push to talk",
        "Armed: speak while you hold space",
        "microphone",
        mic="held",
    ),
    Action(
        "mic.full", "f", "f", "open mic", "Armed: speak with the microphone open", "microphone", mic="held"
    ),
    Action(
        "mic.talk", "space", "space", "talk", "Live: talk (hold, or on and off)", "microphone", mic="live"
    ),
    Action(
        "mic.off",
        "f9,escape",
        "esc F9",
        "MIC OFF",
        "Microphone off at once, from anywhere",
        "microphone",
        on=EVERYWHERE,
        mic="held",
        priority=True,
    ),
    Action(
        "mic.hand_back", "H", "H", "hand back", "Give the call back to the agent", "microphone", mic="held"
    ),
    Action("call.listen", "e", "e", "listen", "Hear the selected call, or stop", "microphone", narrow=False),
    # replay
    Action("screen.library", "r", "r", "replay", "Recorded calls; enter replays one", "replay", MAIN_SCREENS),
    Action("replay.pause", "space", "space", "play", "Play or pause", "replay", ("replay",)),
    Action("replay.next", "full_stop", ".", "next", "To the next event", "replay", ("replay",)),
    Action("replay.previous", "comma", ",", "back", "To the event before", "replay", ("replay",)),
    Action("replay.slower", "left_square_bracket", "[", "slower", "Slower", "replay", ("replay",)),
    Action("replay.faster", "right_square_bracket", "]", "faster", "Faster", "replay", ("replay",)),
    Action("replay.go_to", "g", "g", "go to", "Go to a time or a turn", "replay", ("replay",)),
    Action(
        "replay.sound", "e", "e", "sound", "Sound on or off, where it was recorded", "replay", ("replay",)
    ),
    # the console
    Action("room.restart", "R", "R", "", "Restart a room of the engine", "console", commands=True),
    Action("screen.back", "escape", "esc", "back", "Back to the floor", "console", on=EVERYWHERE),
    Action("help", "question_mark", "?", "help", "This list", "console", EVERYWHERE),
    Action("palette", "ctrl+p", "^p", "menu", "Find an action by name", "console", EVERYWHERE),
    Action("quit", "q", "q", "quit", "Leave; under `run`, engine and calls end too", "console", EVERYWHERE),
)
BY_ID = {entry.id: entry for entry in ACTIONS}
SELECT_HELP = ("1 - 9", "Go to the call of that number")


def bindings() -> list[Binding]:
    """The table as Textual bindings; the digits go to calls."""
    table = [
        Binding(
            entry.keys,
            f"act('{entry.id}')",
            entry.label or entry.help,
            id=entry.id,
            show=False,
            priority=entry.priority,
        )
        for entry in sorted(
            ACTIONS, key=lambda entry: not entry.mic
        )  # where a key is shared, the microphone is first
    ]
    digits = [Binding(str(n), f"go_to({n})", f"Call {n}", id=f"call.{n}", show=False) for n in range(1, 10)]
    return table + digits


def remapped(keys: Mapping[str, str]) -> tuple[Action, ...]:
    """The table with other keys for some of its ids."""
    return tuple(
        replace(entry, keys=keys[entry.id], shown=keys[entry.id]) if entry.id in keys else entry
        for entry in ACTIONS
    )


def action(action_id: str) -> Action:
    """An action by its id. Raises KeyError."""
    return BY_ID[action_id]


def belongs(entry: Action, screen: str, store: Store) -> bool:
    """Whether a key means this action here and now; another one may share the key."""
    if screen not in entry.on:
        return False
    stage = store.mic.stage
    if entry.mic == "held":
        return stage in ("armed", "live")
    if entry.mic == "live":
        return stage == "live"
    return entry.mic != "off" or stage == "off"


def refusal(entry: Action, store: Store) -> str:
    """Why this cannot be done now, in words for the operator; "" when it can."""
    if entry.id == "quit" and store.mic.stage != "off":
        return "The microphone is still held. H hands the call back; then q leaves."
    if entry.commands:
        if store.readonly:
            return "This console is read-only. Start it without --readonly to give commands."
        if store.lost:
            return "The engine is lost: nothing was sent. Its calls may be going on."
        if store.link != "live":
            return "No engine yet. Start one: call-thing engine"
    if entry.needs_call:
        if store.call is None:
            return "No call is selected."
        if not store.call.live:
            return f"Call {store.call.number} has ended already."
    return ""

"""Everything the operator can do: the one table behind bindings, key bar, help and palette.

Lower-case letters look or are reversible; what cannot be undone takes a capital and a confirmation.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from console.state.store import Store


@dataclass(frozen=True)
class Action:
    """One action. `id` is its name in a keymap, `name` the app's action method."""

    id: str
    keys: str  # Textual's names, separated by commas
    shown: str  # the key as people write it
    name: str
    label: str  # in the key bar; "" = only in help
    help: str
    commands: bool = False  # asks something of the engine
    needs_call: bool = False  # a selected call that is live
    narrow: bool = True  # worth its place in the key bar of 80 columns


ACTIONS: tuple[Action, ...] = (
    Action("call.previous", "up,k", "↑ k", "step(-1)", "", "Select the call above"),
    Action("call.next", "down,j", "↓ j", "step(1)", "", "Select the call below"),
    Action(
        "call.dial", "d", "d", "dial", "dial", "Dial a scenario again: type or pick its name", commands=True
    ),
    Action(
        "call.hang_up",
        "X",
        "X",
        "hang_up",
        "hang up",
        "Hang up the selected call (asks: y)",
        commands=True,
        needs_call=True,
    ),
    Action("transcript.freeze", "p", "p", "freeze", "freeze", "Stop or follow the transcript's end"),
    Action("pane.next", "v", "v", "next_pane", "view", "Below 140 columns: next pane of numbers"),
    Action("focus.next", "tab", "tab", "focus_next", "focus", "Move to the next pane", narrow=False),
    Action("focus.previous", "shift+tab", "shift+tab", "focus_previous", "", "Move to the previous pane"),
    Action("help", "question_mark", "?", "help", "help", "This list"),
    Action("palette", "ctrl+p", "^p", "command_palette", "menu", "Find an action by name"),
    Action("quit", "q", "q", "quit", "quit", "Leave; under `run`, engine and calls end too"),
)
SELECT_HELP = ("1 - 9", "Go to the call of that number")


def bindings() -> list[Binding]:
    """The table as Textual bindings; the digits go to calls."""
    table = [
        Binding(action.keys, action.name, action.label or action.help, id=action.id, show=False)
        for action in ACTIONS
    ]
    digits = [Binding(str(n), f"go_to({n})", f"Call {n}", id=f"call.{n}", show=False) for n in range(1, 10)]
    return table + digits


def action(action_id: str) -> Action:
    """An action by its id. Raises KeyError."""
    return {entry.id: entry for entry in ACTIONS}[action_id]


def refusal(entry: Action, store: Store) -> str:
    """Why this cannot be done now, in words for the operator; "" when it can."""
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

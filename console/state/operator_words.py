"""What operators do, and what is asked of them, in one line each."""

from __future__ import annotations

from console.state.line_words import without_addresses
from engine.protocol import AgentSilenced, Alert, Message, MicState, OperatorAct, ToolDecided, ToolPending

Described = tuple[str, str, str]  # topic, text, level
_MODES = {
    "armed": "has armed the microphone",
    "ptt": "is on the line, push to talk",
    "full": "is on the line",
}


def operating_words(message: Message) -> Described | None:
    """Topic, text and level of one of the operator's messages, None when it is another kind."""
    match message:
        case OperatorAct():
            return act_words(message)
        case MicState():
            return "mic", mic_words(message), "info" if message.mode == "off" else "warning"
        case AgentSilenced(reason=""):
            return "mute", f"the agent may speak again{_by(message.by)}", "info"
        case AgentSilenced():
            why = "muted" if message.reason == "muted" else "silent: an operator is on the line"
            return "mute", f"the agent is {why}{_by(message.by)}", "warning"
        case ToolPending(kind="question"):
            return "tool", f"{message.tool} asks: {message.question}", "warning"
        case ToolPending():
            return "tool", f"{message.tool} waits for an operator; otherwise: {message.otherwise}", "warning"
        case ToolDecided():
            verdict = "approved" if message.approved else "denied"
            who = _by(message.by) or ", nobody in time"
            words = f": {message.words}" if message.words else ""
            return "tool", f"request {message.request} {verdict}{who}{words}", "info"
        case Alert(state="raised"):
            return "alert", message.text, "warning"
        case Alert(state="acknowledged"):
            return "alert", f"seen{_by(message.by)}: {message.text}", "info"
        case Alert():
            return "alert", f"over: {message.text}", "info"
        case _:
            return None


def act_words(message: OperatorAct) -> Described:
    """Who asked for what, and why it was not done."""
    dials = message.action == "place"
    text = f"{message.by or 'somebody'}: {'dialled' if dials else message.action.replace('_', ' ')}"
    words = without_addresses(message.words)
    if words:
        text += f" {words}" if dials else f" “{words}”"
    if message.refused:
        return "operator", f"{text}, refused: {without_addresses(message.refused)}", "warning"
    return "operator", text, "info"


def mic_words(message: MicState) -> str:
    """Who holds a call's microphone, and how."""
    who = message.operator or "the operator"
    why = f": {message.why}" if message.why else ""
    if message.mode == "off":
        return f"off{_by(message.operator)}{why}"
    talking = ", talking" if message.talking else ""
    return f"{who} {_MODES[message.mode]}{talking}{why}"


def _by(name: str) -> str:
    return f" by {name}" if name else ""

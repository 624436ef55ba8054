"""What operators do to a call, as lines for people: who, and what. Pure."""

from __future__ import annotations

from engine.protocol import Message, MicState, OperatorAct, OperatorWords, ToolDecided, ToolPending

TOLD_ELSEWHERE = (
    "place",
    "arm",
    "go_live",
    "hand_back",
    "release",
)  # by the call's first line, by the microphone


class OperatorLines:
    """One call's. Each event gives at most one line; keys held down and let go again give none."""

    def __init__(self) -> None:
        self._mode = "off"
        self._pending: dict[int, str] = {}

    def step(self, message: Message) -> tuple[str, str] | None:
        """Who, and what they did; None where there is nothing to tell."""
        match message:
            case OperatorAct(by=by, action=action, refused=refused) if (
                refused or action not in TOLD_ELSEWHERE
            ):
                return by, _act(message)
            case OperatorWords(text=text) if text:
                return "operator", text
            case MicState(mode=mode) if mode != self._mode:
                self._mode = mode
                return "microphone", _microphone(message)
            case ToolPending(request=request, kind=kind):
                about = message.question if kind == "question" else message.tool
                self._pending[request] = about
                return kind, f"{about} … waits for an operator; otherwise {message.otherwise}"
            case ToolDecided(request=request, approved=approved, by=by, words=words):
                verdict = "approved" if approved else "refused"
                settled = f"{verdict} by {by}" if by else f"{verdict}: nobody decided in time"
                about = self._pending.pop(request, f"request {request}")
                return "decided", f"{about} → {settled}{f' ({words})' if words else ''}"
        return None


def _act(act: OperatorAct) -> str:
    name = act.action.replace("_", " ")
    words = f": {act.words}" if act.words else ""
    return f"{name}{words}{f' – refused: {act.refused}' if act.refused else ''}"


def _microphone(state: MicState) -> str:
    match state.mode:
        case "armed":
            return f"armed by {state.operator}; the agent goes on"
        case "ptt":
            return f"{state.operator} has taken over (push to talk)"
        case "full":
            return f"{state.operator} has taken over (open microphone)"
        case "off":
            return f"off: {state.why}" if state.why else "off"

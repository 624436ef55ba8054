"""A past call as text for people: what was said and done, second by second. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from engine.protocol import (
    BargeIn,
    CallClosed,
    DigitHeard,
    EndCall,
    EngineEvent,
    Flag,
    LanguageSwitched,
    LineState,
    Message,
    OperatorAct,
    OperatorWords,
    RecordingConsent,
    ReservationChanged,
    Spoken,
    ToolCalled,
    ToolDecided,
    Transcript,
)
from engine.records.past import PastCall

CONSENT = {
    "announced": "they were told",
    "asked": "they are asked",
    "given": "they agree",
    "refused": "they do not agree",
    "none": "they have not agreed",
    "stopped": "they want it to end",
}  # RecordingConsent.state
POLICY = {"announce": "announced", "consent": "with consent"}
Step = tuple[int, Flag, Message]  # µs since the call began


def told(call: PastCall, events: Iterable[Step]) -> Iterator[str]:
    """The whole call."""
    yield from head(call)
    yield ""
    for us, flags, message in events:
        who, words = line_of(message, flags)
        if words:
            yield f"{clock(us)}  {who:<10}  {words}"


def head(call: PastCall) -> Iterator[str]:
    """What is known of it before anything was said."""
    task = call.header.get("task")
    task = task if isinstance(task, dict) else {}
    yield f"call        {call.name}"
    yield f"began       {f'{call.began:%Y-%m-%d %H:%M:%S} UTC' if call.began else 'not known'}"
    yield f"line        {call.header.get('line', 'not known')}"
    if call.header.get("scenario"):
        yield f"scenario    {call.header['scenario']}"
    yield f"restaurant  {call.restaurant or 'not known'}"
    if task:
        yield f"goal        {task.get('kind', 'book')}: {_goal(task)}"
    yield f"outcome     {outcome_of(call)}"
    yield f"length      {clock(int(call.seconds * 1e6)) if call.seconds is not None else 'not known'}"
    how = POLICY.get(str(call.header.get("recording", "")))
    yield f"recording   {call.recording.name if call.recording else 'none'}{f', {how}' if how else ''}"


def outcome_of(call: PastCall) -> str:
    """For people."""
    if call.in_progress:
        return "the call goes on"
    if call.summary is None:
        return "broken off: there is no summary"
    reason = str(call.summary.get("reason", ""))
    return f"{call.outcome}: {reason}" if reason else call.outcome


def clock(us: int) -> str:
    """Minutes and seconds, as 1:07.4."""
    tenths = us // 100_000
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


def line_of(message: Message, flags: Flag = Flag.NONE) -> tuple[str, str]:
    """Who, and what; "" for what is no news to people."""
    match message:
        case Transcript(final=True, text=text, dropped=dropped):
            return "restaurant", text if text or not dropped else f"({dropped})"
        case Spoken(done=True, text=text, cut=cut):
            who = "operator" if flags & Flag.OPERATOR else "agent"
            return who, f"{text} (cut off)" if cut and text else text
        case OperatorWords(text=text):
            return "operator", text
        case ToolCalled(tool=tool, arguments=arguments, result=result, refused=refused):
            short = {
                name: value for name, value in arguments.items() if value and not isinstance(value, dict)
            }
            given = ", ".join(f"{name} {value}" for name, value in short.items())
            came = f"refused: {result}" if refused else result
            return "tool", f"{tool}({given}){f' → {came}' if came else ''}"
        case ToolDecided(approved=approved, by=by, words=words):
            return (
                "tool",
                f"{'approved' if approved else 'not approved'} by {by or 'nobody in time'} {words}".rstrip(),
            )
        case ReservationChanged(reservation=agreed):
            again = f"call again {agreed.call_back.replace('T', ' ')}" if agreed.call_back else ""
            return "record", " ".join(filter(None, (agreed.status, agreed.date, agreed.time, again)))
        case OperatorAct(by=by, action=action, words=words, refused=refused):
            return "operator", f"{by}: {action} {words}{f' (refused: {refused})' if refused else ''}"
        case RecordingConsent(state=state, words=words):
            return "recording", f"{CONSENT[state]}{f': {words}' if words and state != 'announced' else ''}"
        case LanguageSwitched(language=language):
            return "language", language
        case LineState(state=state, reason=reason, detail=detail):
            return "line", " ".join(filter(None, (state, reason, detail)))
        case DigitHeard(digit=digit):
            return "restaurant", f"(key {digit})"
        case BargeIn(action="cut" | "hold" as action):
            return "restaurant", f"(talks over the agent, which {'stops' if action == 'cut' else 'waits'})"
        case EngineEvent(level=level, text=text) if level != "info":
            return level, text
        case EndCall(outcome=outcome) | CallClosed(outcome=outcome):
            return "end", outcome
    return "", ""


def row_of(call: PastCall) -> dict[str, Any]:
    """One line of the list, for programs."""
    return {
        "call": call.name,
        "began": call.began.isoformat(timespec="seconds") if call.began else None,
        "line": str(call.header.get("line", "")),
        "scenario": str(call.header.get("scenario", "")),
        "restaurant": call.restaurant,
        "outcome": call.outcome,
        "seconds": call.seconds,
        "recording": call.recording.name if call.recording else None,
        "policy": str(call.header.get("recording", "")),
        "in_progress": call.in_progress,
    }


def table(calls: Iterable[PastCall]) -> Iterator[str]:
    """The list for people."""
    titles = ("call", "began (UTC)", "restaurant", "outcome", "length", "recorded")
    cells = [titles]
    for call in calls:
        going = "goes on" if call.in_progress else call.outcome or "broken off"
        cells.append(
            (
                call.name,
                f"{call.began:%Y-%m-%d %H:%M}" if call.began else "–",
                " ".join(call.restaurant.split()) or "–",
                going,
                clock(int(call.seconds * 1e6)) if call.seconds is not None else "–",
                POLICY.get(str(call.header.get("recording", "")), "yes") if call.recording else "no",
            )
        )
    widths = [max(len(line[column]) for line in cells) for column in range(len(titles))]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _goal(task: dict[str, Any]) -> str:
    people = task.get("party_size")
    parts = (
        task.get("date"),
        task.get("time"),
        f"{people} people" if people else "",
        f"name {task.get('name', '')}",
    )
    return ", ".join(str(part) for part in parts if part)

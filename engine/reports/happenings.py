"""What else happened in a call, each with its place in time: the line, sounds, tools, operators, the house. Pure."""

from __future__ import annotations

from typing import Any

from engine.protocol import (
    AgentSilenced,
    Alert,
    BargeIn,
    CallClosed,
    DigitHeard,
    EndCall,
    EngineEvent,
    LanguageSwitched,
    LineAction,
    LineState,
    Message,
    OperatorAct,
    OperatorLeft,
    RecordingConsent,
    Reservation,
    ReservationChanged,
    RoomStarted,
    SoundHeard,
    ToolCalled,
    ToolDecided,
    ToolPending,
)
from engine.reports.clocks import Clocks
from engine.reports.parts import Fact, Happening, Tone

GOOD = ("booked", "changed", "cancelled")
BAD = ("failed", "line_lost", "network_away", "rejected", "hung_up", "far_end_hung_up")
BARGE_INS = {
    "duck": "they speak over the agent: it speaks more quietly",
    "hold": "they speak over the agent: it is silent and keeps the rest",
    "cut": "they interrupt: the rest is dropped",
    "resume": "the agent goes on from the broken-off word",
}
RECORDING: dict[str, tuple[str, Tone]] = {
    "announced": ("recording is announced", ""),
    "asked": ("may it be recorded?", ""),
    "given": ("they agree to be recorded", "good"),
    "refused": ("they refuse: their voice is not kept", "warn"),
    "none": ("no answer: their voice is not kept", "warn"),
    "stopped": ("they want it stopped: their voice is not kept", "warn"),
}
SILENCES = {"muted": "the agent is muted", "operator": "an operator speaks: the agent is silent"}


class Happenings:
    """Told every event of a call in order."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._found: list[Happening] = []
        self._open: dict[str, Happening] = {}  # what has begun and is not over
        self._reservation: dict[str, str] = {}

    def step(self, us: int, message: Message) -> None:
        """One event. us: since the call began."""
        at_ms = us // 1000
        match message:
            case SoundHeard():
                self._sound(message)
            case AgentSilenced(reason=reason, by=by):
                self._over("silenced", at_ms)
                if reason:
                    begun = Happening(at_ms, "operator", "silenced", SILENCES.get(reason, reason))
                    self._begin("silenced", begun, Fact("by", by))
            case ToolPending():
                begun = Happening(
                    at_ms, "tool", "waits", f"{message.tool} waits for the operator", tone="warn"
                )
                shown = (Fact("question", message.question), Fact("otherwise", message.otherwise))
                self._begin(f"pending {message.request}", begun, *shown, *facts(message.arguments))
            case ToolDecided():
                self._over(f"pending {message.request}", at_ms)
                self._add(_decided(at_ms, message))
            case ReservationChanged():
                self._record(at_ms, message)
            case _:
                found = happening_of(at_ms, us, message, self._clocks)
                if found is not None:
                    self._add(found)

    def all(self, until_ms: int) -> list[Happening]:
        """In the order of time; until_ms: end of the call, at which is over what was not."""
        for key in list(self._open):
            self._over(key, until_ms)
        return sorted(self._found, key=lambda happening: happening.at_ms)

    def _add(self, happening: Happening, *shown: Fact) -> None:
        happening.facts = [fact for fact in (*happening.facts, *shown) if fact.value]
        self._found.append(happening)

    def _begin(self, key: str, happening: Happening, *shown: Fact) -> None:
        self._add(happening, *shown)
        self._open[key] = happening

    def _over(self, key: str, at_ms: int) -> None:
        begun = self._open.pop(key, None)
        if begun is not None:
            begun.end_ms = max(at_ms, begun.at_ms + 1)

    def _sound(self, heard: SoundHeard) -> None:
        at_ms = self._clocks.of_media(heard.at_ms)
        self._over(f"sound {heard.sound}", at_ms)
        if heard.on:
            begun = Happening(at_ms, "sound", heard.sound, heard.sound)
            self._begin(f"sound {heard.sound}", begun, Fact("known by", heard.reason))

    def _record(self, at_ms: int, changed: ReservationChanged) -> None:
        """Only what is new in it."""
        now = record_facts(changed.reservation)
        new = [fact for fact in now if self._reservation.get(fact.name) != fact.value]
        self._reservation = {fact.name: fact.value for fact in now}
        status = changed.reservation.status
        tone: Tone = "good" if status in GOOD else "warn" if status == "declined" else ""
        facts_shown = [*new, Fact("by", changed.source), Fact("said last", changed.words)]
        self._add(Happening(at_ms, "record", "record", status, tone=tone), *facts_shown)


def happening_of(at_ms: int, us: int, message: Message, clocks: Clocks) -> Happening | None:
    """Of an event that stands for itself; None where there is nothing to show."""
    tone: Tone = ""
    match message:
        case BargeIn(action=action, at_ms=media_ms, reason=reason):
            words = BARGE_INS.get(action, action)
            place_ms = clocks.of_media(media_ms)
            shown = _known(("why", reason))
            return Happening(place_ms, "decision", f"barge-in: {action}", words, facts=shown)
        case LanguageSwitched():
            words = f"{message.was or '?'} → {message.language}"
            shown = _known(("why", message.reason), ("chosen by", "an operator" if message.forced else ""))
            return Happening(at_ms, "decision", "language", words, facts=shown)
        case RecordingConsent(state=told, words=words):
            title, tone = RECORDING.get(told, (told, ""))
            return Happening(at_ms, "recording", "consent", title, tone=tone, facts=_known(("words", words)))
        case ToolCalled():
            outcome = Fact("refused" if message.refused else "result", message.result)
            tone = "bad" if message.refused else "good" if message.tool in ("book", "cancel") else ""
            shown = [*facts(message.arguments), *([outcome] if message.result else [])]
            title = f"{message.tool} refused" if message.refused else message.tool
            return Happening(at_ms, "tool", "tool", title, tone=tone, facts=shown)
        case LineState(state=state, reason=reason, detail=detail):
            tone = "bad" if state == "ended" and reason not in ("near_end", "far_end") else ""
            return Happening(
                at_ms, "line", "line", state, tone=tone, facts=_known(("why", reason), ("told", detail))
            )
        case DigitHeard(digit=digit, duration_ms=duration_ms):
            return Happening(
                at_ms, "line", "key", f"they press {digit}", facts=[Fact("for", f"{duration_ms} ms")]
            )
        case LineAction(action=action, done=done, words=words):
            tone = "" if done else "bad"
            return Happening(at_ms, "line", "line", action, tone=tone, facts=_known(("told", words)))
        case OperatorAct():
            moment_ms = clocks.of_header(message.at_us, us) if message.at_us else at_ms
            shown = _known(("by", message.by), ("words", message.words), ("refused", message.refused))
            tone = "bad" if message.refused else ""
            return Happening(
                moment_ms, "operator", "act", message.action.replace("_", " "), tone=tone, facts=shown
            )
        case OperatorLeft(agreed=agreed, lost=lost, by=by):
            words = "take-over lost" if lost else "handed back"
            tone, shown = "bad" if lost else "", _known(("by", by), ("agreed", agreed))
            return Happening(at_ms, "operator", "left", words, tone=tone, facts=shown)
        case Alert(state="raised", kind=kind, text=text):
            return Happening(
                at_ms, "operator", "alert", kind.replace("_", " "), tone="warn", facts=[Fact("alert", text)]
            )
        case EngineEvent(level=level, text=text, room=room):
            tone = "bad" if level == "error" else "warn" if level == "warning" else ""
            return Happening(at_ms, "engine", level, text, tone=tone, facts=_known(("room", room)))
        case RoomStarted(room=room, incarnation=incarnation) if incarnation > 1:
            return Happening(at_ms, "engine", "restart", f"{room} was started again", tone="warn")
        case EndCall(outcome=outcome, reason=reason):
            return Happening(
                at_ms, "line", "end", f"the agent ends it: {outcome}", facts=_known(("why", reason))
            )
        case CallClosed(outcome=outcome, reason=reason):
            frames, late = message.lost_frames, message.late_frames
            shown = _known(
                ("why", reason), ("frames lost", str(frames or "")), ("frames late", str(late or ""))
            )
            return Happening(
                at_ms, "line", "end", f"closed: {outcome}", tone=outcome_tone(outcome), facts=shown
            )
    return None


def outcome_tone(outcome: str) -> Tone:
    """Green for what was wanted, red for what went wrong, yellow for the rest: nobody is to blame."""
    return "good" if outcome in GOOD else "bad" if outcome in BAD else "warn"


def record_facts(record: Reservation) -> list[Fact]:
    """What it says, without what is empty."""
    return _known(
        ("status", record.status),
        ("date", record.date),
        ("time", record.time),
        ("people", str(record.party_size or "")),
        ("name", record.name),
        ("phone", record.phone),
        ("reference", record.reference),
        ("call again", record.call_back.replace("T", " ")),
        *((f"{field} confirmed by", f"“{words}”") for field, words in record.confirmed_by.items()),
    )


def facts(arguments: dict[str, Any]) -> list[Fact]:
    """A tool's arguments, one level deep."""
    return [
        Fact(str(name), _words(value)) for name, value in arguments.items() if value not in ("", None, {}, [])
    ]


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return str(value)


def _decided(at_ms: int, decided: ToolDecided) -> Happening:
    title = "approved" if decided.approved else "not approved"
    tone: Tone = "good" if decided.approved else "bad"
    shown = _known(("by", decided.by or "nobody in time"), ("words", decided.words))
    return Happening(at_ms, "tool", "approval", title, tone=tone, facts=[*shown, *facts(decided.arguments)])


def _known(*pairs: tuple[str, str]) -> list[Fact]:
    return [Fact(name, value) for name, value in pairs if value]

"""The operators' desk: what becomes of their commands, in an engine whose rooms and lines only take notes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine import line_processes
from engine.bus import now_us
from engine.errors import CallRefused
from engine.journal import read
from engine.operating.desk import OfCall
from engine.operating.presence import GONE_AFTER_US
from engine.protocol import (
    AcknowledgeAlert,
    AgentFrame,
    AgentSilenced,
    Alert,
    ArmMic,
    CallState,
    DecideTool,
    EndCall,
    FarFrame,
    Flag,
    ForceLanguage,
    ForgetReply,
    GoLive,
    HandBack,
    Header,
    LeaseGranted,
    MarkMoment,
    Message,
    MicFrame,
    MicState,
    MuteAgent,
    OperatorAct,
    OperatorFrame,
    OperatorLeft,
    Operators,
    Presence,
    RestartRoom,
    RoomStarted,
    SayLine,
    StopEngine,
    Talk,
    ToolDecided,
    ToolPending,
    Whisper,
)
from engine.rooms import MAX_RESTARTS
from tests.fakes.calls_engine import CallsEngine
from tests.fakes.fake_child import FakeChild

ANNA = b"anna's console"
SOUND = bytes(640)


class Desk:
    """One call, and what its operators ask."""

    def __init__(self, engine: CallsEngine, call: int) -> None:
        self.engine, self.call, self.sockets = engine, call, engine.sockets

    def ask(self, command: Message, call: int | None = None) -> Message:
        """As the supervisor does: carried out, then written down."""
        number = self.call if call is None else call
        try:
            answer = self.engine.desk.carry_out(number, command)  # type: ignore[arg-type]
        except CallRefused as error:
            self.engine.desk.record(number, command, str(error))
            raise
        self.engine.desk.record(getattr(answer, "call", number), command)
        return answer

    def hears(self, command: Message, call: int | None = None, who: bytes = ANNA) -> bool:
        header = Header(0, self.call if call is None else call, Flag.NONE, 0, 0)
        return self.engine.desk.hears(who, header, command)

    def take(self, message: Message) -> None:
        """A room says something of the call."""
        self.engine.calls.take(Header(0, self.call, Flag.NONE, 0, now_us() % (1 << 32)), message)

    def armed(self) -> int:
        granted = self.ask(ArmMic(by="anna"))
        assert isinstance(granted, LeaseGranted)
        return granted.lease

    def acts(self) -> list[tuple[int, OperatorAct]]:
        return [(call, act) for call, act in self.sockets.shown_in if isinstance(act, OperatorAct)]

    def audited(self) -> list[tuple[str, str, str]]:
        path = self.engine.acts.path
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [(each["by"], each["action"], each["words"]) for each in map(json.loads, lines)]

    def journalled(self) -> list[Message]:
        (folder,) = (path for path in Path(self.engine.acts.path.parent, "journals").iterdir())
        return [message for _, _, message in read(folder)]


def waits_for_approval() -> ToolPending:
    deadline_us = (now_us() + 20_000_000) % (1 << 32)
    return ToolPending(1, "approval", "book", deadline_us, "it is refused")


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(line_processes, "Child", FakeChild)
    monkeypatch.setattr(FakeChild, "made", [])
    engine = CallsEngine(tmp_path)
    yield Desk(engine, await engine.begin())
    await engine.calls.end_all(0.1)


async def test_what_is_for_a_room_goes_on_as_it_came_with_the_operators_name(desk: Desk):
    for command in (SayLine("Good evening.", by="anna"), Whisper("two chairs", by="anna")):
        desk.ask(command)
        assert desk.sockets.said[-1] == command


async def test_every_act_is_in_the_journal_of_its_call_refused_ones_too(desk: Desk):
    desk.ask(SayLine("Good evening.", by="anna"))
    with pytest.raises(CallRefused):
        desk.ask(SayLine(" ", by="bert"))
    acts = [each for each in desk.journalled() if isinstance(each, OperatorAct)]
    assert acts[0] == OperatorAct("anna", "say", "Good evening.")
    assert (acts[1].by, acts[1].action) == ("bert", "say") and "empty" in acts[1].refused
    assert [act for _, act in desk.acts()] == acts


async def test_an_act_on_no_call_is_shown_as_one_of_the_engine_and_written_into_its_list(desk: Desk):
    with pytest.raises(CallRefused, match="no live call 99"):
        desk.ask(Whisper("hello", by="anna"), 99)
    call, act = desk.acts()[-1]
    assert call == 0 and "no live call 99" in act.refused
    assert desk.audited() == [("anna", "whisper", "")]


async def test_muting_silences_the_agent_and_a_room_that_comes_back_is_told_so(desk: Desk):
    desk.ask(MuteAgent(by="anna"))
    assert AgentSilenced("muted", "anna") in desk.sockets.said
    desk.engine.calls.reopen("playback")
    assert desk.sockets.said[-1].silenced == "muted"  # type: ignore[attr-defined]
    desk.ask(MuteAgent(False, by="anna"))
    desk.engine.calls.reopen("playback")
    assert desk.sockets.said[-1].silenced == ""  # type: ignore[attr-defined]


async def test_a_take_over_from_arming_to_handing_back(desk: Desk):
    lease = desk.armed()
    assert not [message for message in desk.sockets.said if isinstance(message, AgentSilenced)]
    desk.ask(GoLive(lease, "ptt", by="anna"))
    assert desk.sockets.said[-1] == AgentSilenced("operator", "anna")
    desk.ask(Talk(lease, True, by="anna"))
    assert desk.hears(MicFrame(lease, SOUND))
    assert desk.sockets.said[-1] == OperatorFrame(SOUND)
    desk.ask(HandBack(lease, "eight o'clock", by="anna"))
    assert desk.sockets.said[-3:] == [
        Talk(lease, False, "handed back"),
        OperatorLeft("eight o'clock", by="anna"),
        AgentSilenced(""),
    ]
    states = [each.mode for each in desk.journalled() if isinstance(each, MicState)]
    assert states == ["armed", "ptt", "ptt", "off"]


async def test_the_line_is_told_of_a_step_before_anything_of_it_is_written_down(desk: Desk):
    lease = desk.armed()
    desk.ask(GoLive(lease, "full", by="anna"))
    desk.sockets.order.clear()
    desk.ask(Talk(lease, False, by="anna"))
    assert desk.sockets.order[0] == "say"


async def test_frames_with_another_lease_of_another_call_of_another_length_or_in_silence_are_dropped(
    desk: Desk,
):
    lease = desk.armed()
    desk.ask(GoLive(lease, "full", by="anna"))
    before = list(desk.sockets.said)
    for frame, call in (
        (MicFrame(lease + 1, SOUND), 1),
        (MicFrame(lease, SOUND), 2),
        (MicFrame(lease, b"x"), 1),
    ):
        assert desk.hears(frame, call)
    assert desk.sockets.said == before
    desk.ask(Talk(lease, False, by="anna"))
    before = list(desk.sockets.said)
    desk.hears(MicFrame(lease, SOUND))
    assert desk.sockets.said == before


async def test_leases_are_not_to_be_guessed(desk: Desk):
    numbers = set()
    for _ in range(3):
        lease = desk.armed()
        numbers.add(lease)
        desk.ask(HandBack(lease))
    assert len(numbers) == 3 and min(numbers) > 1000


async def test_an_agent_that_ended_the_call_before_it_knew_of_the_take_over_ends_nothing(desk: Desk):
    desk.ask(GoLive(desk.armed(), "ptt", by="anna"))
    desk.take(EndCall("no_table"))
    live = desk.engine.calls.find(desk.call)
    assert live is not None and live.wanted is None and live.hanging_up_since_us is None


async def test_an_agent_that_comes_back_is_told_how_the_last_take_over_ended(desk: Desk):
    lease = desk.armed()
    desk.ask(GoLive(lease, "ptt", by="anna"))
    desk.ask(HandBack(lease, "booked for ten pm", by="anna"))
    desk.engine.calls.reopen("agent")
    assert desk.sockets.said[-1].left == OperatorLeft("booked for ten pm", by="anna")  # type: ignore[attr-defined]
    desk.ask(GoLive(desk.armed(), "ptt", by="anna"))
    desk.engine.calls.reopen("agent")
    assert desk.sockets.said[-1].left is None  # type: ignore[attr-defined]


async def test_what_an_agent_that_is_not_there_would_miss_is_refused(desk: Desk):
    desk.engine.rooms["agent"].opened = False
    said = len(desk.sockets.said)
    for command in (SayLine("Good evening.", by="anna"), Whisper("two chairs", by="anna")):
        with pytest.raises(CallRefused, match="started again"):
            desk.ask(command)
    assert len(desk.sockets.said) == said
    assert desk.armed()  # a microphone needs no agent


async def test_a_lost_take_over_calls_for_a_person(desk: Desk):
    desk.ask(GoLive(desk.armed(), "full", by="anna"))
    desk.engine.desk.look_after(now_us() + 2_100_000)
    assert OperatorLeft(lost=True, by="anna") in desk.sockets.said
    alerts = [message for message in desk.sockets.shown if isinstance(message, Alert)]
    assert [alert.kind for alert in alerts] == ["needs_human"]


async def test_a_call_that_ends_ends_the_take_over_in_its_own_journal(desk: Desk):
    desk.ask(GoLive(desk.armed(), "full", by="anna"))
    desk.hears(Presence(listens_to=desk.call, by="anna"))
    desk.engine.calls.hang_up(desk.call)
    FakeChild.made[0].end(0)
    await desk.engine.calls.end_all(0.1)
    record = desk.journalled()
    assert MicState("off", "anna", why="the call has ended") in record
    assert OperatorAct("anna", "stop_listening") in record


async def test_a_forced_language_is_the_calls_from_then_on_for_rooms_that_come_back_too(desk: Desk):
    desk.ask(ForceLanguage("de", by="anna"))
    assert desk.sockets.said[-1] == ForceLanguage("de", by="anna")
    states = [message for message in desk.sockets.shown if isinstance(message, CallState)]
    assert states[-1].language == "de"
    desk.engine.calls.reopen("agent")
    assert desk.sockets.said[-1].task.language == "de"  # type: ignore[attr-defined]
    with pytest.raises(CallRefused, match="German already"):
        desk.ask(ForceLanguage("de"))


async def test_a_decision_reaches_the_agent_while_it_waits_for_one(desk: Desk):
    pending = waits_for_approval()
    with pytest.raises(CallRefused, match="not open"):
        desk.ask(DecideTool(1, True))
    desk.take(pending)
    edited = DecideTool(1, True, {"time": "19:30"}, by="anna")
    desk.ask(edited)
    assert desk.sockets.said[-1] == edited
    assert desk.acts()[-1][1] == OperatorAct("anna", "approve", "book; with time = 19:30")
    desk.take(ToolDecided(1, True, "anna"))
    with pytest.raises(CallRefused, match="not open"):
        desk.ask(edited)


async def test_an_alert_is_acknowledged_once_whatever_call_is_selected(desk: Desk):
    desk.take(waits_for_approval())
    (alert,) = (message for message in desk.sockets.shown if isinstance(message, Alert))
    answer = desk.ask(AcknowledgeAlert(alert.alert, by="anna"), 0)
    assert answer.call == desk.call  # type: ignore[attr-defined]
    assert desk.acts()[-1] == (desk.call, OperatorAct("anna", "acknowledge", "book waits for approval"))
    assert desk.audited() == [("anna", "acknowledge", f"alert {alert.alert}")]
    with pytest.raises(CallRefused, match="not open"):
        desk.ask(AcknowledgeAlert(alert.alert, by="anna"), 0)


async def test_a_moment_outside_of_the_call_is_not_marked(desk: Desk):
    header_us = now_us() % (1 << 32)
    desk.ask(MarkMoment("here", header_us, by="anna"))
    assert desk.acts()[-1][1] == OperatorAct("anna", "mark", "here", at_us=header_us)
    with pytest.raises(CallRefused, match="not within"):
        desk.ask(MarkMoment("then", (header_us - 600_000_000) % (1 << 32)))


async def test_a_room_is_restarted_and_every_call_knows_who_did_it(desk: Desk):
    desk.ask(RestartRoom("cache", by="anna"), 0)
    assert desk.engine.rooms["cache"].kills == 1
    act = OperatorAct("anna", "restart_room", "cache")
    assert desk.acts() == [(0, act), (desk.call, act)]
    assert desk.audited() == [("anna", "restart_room", "cache")]


async def test_a_room_that_is_just_starting_or_has_started_too_often_is_left_alone(desk: Desk):
    room = desk.engine.rooms["cache"]
    room.ready = False
    with pytest.raises(CallRefused, match="just starting"):
        desk.ask(RestartRoom("cache"), 0)
    room.ready, room.started_at = True, room.started_at * MAX_RESTARTS
    with pytest.raises(CallRefused, match="end the engine"):
        desk.ask(RestartRoom("cache"), 0)
    assert room.kills == 0


async def test_a_room_that_is_back_is_told_who_is_there_and_who_talks(desk: Desk):
    desk.hears(Presence(by="anna"))
    lease = desk.armed()
    desk.ask(GoLive(lease, "full", by="anna"))
    desk.engine.desk.room_back()
    assert desk.sockets.said[-2:] == [Operators(("anna",)), Talk(lease, True)]


async def test_a_restarted_room_is_an_alert_of_the_calls_that_go_on(desk: Desk):
    desk.engine.calls.room_started(RoomStarted("cache", 2))
    assert [each.kind for each in desk.sockets.shown if isinstance(each, Alert)] == ["room_restarted"]


async def test_a_stored_reply_is_forgotten_with_a_call_or_without_one(desk: Desk):
    for call in (desk.call, 0):
        desk.ask(ForgetReply("template 7", by="anna"), call)
        assert desk.sockets.said[-1] == ForgetReply("template 7", by="anna")
    assert desk.audited() == [("anna", "forget", "template 7")] * 2
    with pytest.raises(CallRefused, match="No stored reply"):
        desk.ask(ForgetReply(""), 0)


async def test_stopping_the_engine_is_in_the_journal_of_every_call(desk: Desk):
    desk.engine.desk.record(0, StopEngine(by="anna"))
    assert OperatorAct("anna", "stop_engine") in desk.journalled()
    assert desk.audited() == [("anna", "stop_engine", "")]


# --- presence -------------------------------------------------------------------------------------------------


async def test_who_is_there_is_said_to_rooms_and_consoles_once(desk: Desk):
    for _ in range(3):
        desk.hears(Presence(by="anna"))
    told = Operators(("anna",))
    assert desk.sockets.said.count(told) == desk.sockets.shown.count(told) == 1
    desk.engine.desk.look_after(now_us() + GONE_AFTER_US + 1)
    assert desk.sockets.said[-1] == Operators()


async def test_sound_goes_to_consoles_only_while_somebody_listens(desk: Desk):
    far, agent = FarFrame(pcm=bytes(640)), AgentFrame(pcm=bytes(1920))
    desk.take(far)
    assert desk.sockets.passed_on == []
    desk.hears(Presence(listens_to=desk.call, by="anna"))
    assert desk.sockets.hears_frames
    desk.take(far)
    desk.take(agent)
    desk.hears(Presence(by="anna"))
    assert not desk.sockets.hears_frames
    desk.take(far)
    assert desk.sockets.passed_on == [far, agent]
    acts = [act.action for call, act in desk.acts() if call == desk.call]
    assert acts == ["listen", "stop_listening"]
    assert [action for _, action, _ in desk.audited()] == ["listen", "stop_listening"]


async def test_nobody_listens_to_a_call_that_is_not_there(desk: Desk):
    desk.hears(Presence(listens_to=99, by="anna"))
    assert desk.sockets.shown[-1] == Operators(("anna",))
    assert desk.audited() == []


async def test_a_late_console_learns_who_is_there_and_what_was_asked(desk: Desk, monkeypatch):
    monkeypatch.setattr(desk.sockets, "packed", lambda call, message, *rest: (bytes([call]), message))
    desk.hears(Presence(by="anna"))
    desk.ask(RestartRoom("cache", by="anna"), 0)
    desk.ask(ArmMic(by="anna"))
    events = [message for _, message in desk.engine.calls.events.missed()]
    assert events[:2] == [Operators(("anna",)), OperatorAct("anna", "restart_room", "cache")]
    assert MicState("armed", "anna") in events


async def test_commands_that_are_answered_are_left_to_be_answered(desk: Desk):
    assert not desk.hears(Whisper("hello"))
    assert isinstance(Whisper("hello"), OfCall)

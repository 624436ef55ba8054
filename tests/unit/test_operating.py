"""Who is there, what may be asked, and how the record puts it."""

from __future__ import annotations

import json
import stat

import pytest

from engine.errors import StateError
from engine.operating.acts import act_of, without_addresses, without_talk
from engine.operating.orders import MAX_TEXT, CallNow, may_ask, may_forget, may_mark
from engine.operating.presence import GONE_AFTER_US, Attendance, Listening
from engine.operating.record import ActsFile
from engine.operating.told import OperatorLines
from engine.protocol import (
    AcknowledgeAlert,
    AgentSilenced,
    Alert,
    ArmMic,
    Command,
    DecideTool,
    ForceLanguage,
    ForgetReply,
    GetSnapshot,
    GoLive,
    HandBack,
    HangUp,
    InjectEvent,
    MarkMoment,
    MicFrame,
    MicState,
    MuteAgent,
    OperatorAct,
    Operators,
    OperatorWords,
    Ping,
    PlaceCall,
    Presence,
    ReleaseMic,
    RenewLease,
    RestartRoom,
    SayLine,
    SendDigits,
    Talk,
    ToolDecided,
    ToolPending,
    TransferLine,
    Whisper,
)

PENDING = ToolPending(3, "approval", "book", 0, "it is refused", {"time": "20:00"})
QUESTION = ToolPending(4, "question", "ask_principal", 0, "no", question="Is the terrace fine?")
ONE, TWO = b"console 1", b"console 2"


def call(state="listening", line="simulated", **more) -> CallNow:
    return CallNow(state, line, "en", **more)


# --- who is there -------------------------------------------------------------------------------------------


def test_who_gives_a_sign_is_there_until_three_seconds_after_the_last():
    there = Attendance()
    there.seen(ONE, "bert", False, 0, 0)
    there.seen(TWO, "anna", False, 0, 10)
    assert there.operators() == Operators(("anna", "bert"))
    there.tick(GONE_AFTER_US + 5)
    assert there.operators() == Operators(("anna",))


def test_who_only_reads_is_no_operator_but_may_listen():
    there = Attendance()
    assert there.seen(ONE, "carl", True, 2, 0) == [Listening("carl", 2, True)]
    assert there.operators() == Operators((), {"carl": 2})
    assert there.listened() == {2}


def test_listening_begins_and_ends_once_and_moves_from_call_to_call():
    there = Attendance()
    assert there.seen(ONE, "anna", False, 2, 0) == [Listening("anna", 2, True)]
    assert there.seen(ONE, "anna", False, 2, 1) == []
    assert there.seen(ONE, "anna", False, 5, 2) == [Listening("anna", 2, False), Listening("anna", 5, True)]
    assert there.seen(ONE, "anna", False, 0, 3) == [Listening("anna", 5, False)]
    assert there.listened() == frozenset()


def test_a_console_that_is_gone_listens_no_more():
    there = Attendance()
    there.seen(ONE, "anna", False, 2, 0)
    assert there.tick(GONE_AFTER_US) == []
    assert there.tick(GONE_AFTER_US + 1) == [Listening("anna", 2, False)]


def test_one_of_two_consoles_of_an_operator_may_go_and_the_other_still_listens():
    there = Attendance()
    there.seen(ONE, "anna", False, 2, 0)
    there.seen(TWO, "anna", False, 2, 10)
    assert there.tick(GONE_AFTER_US + 5) == []
    assert there.listened() == {2}


def test_a_call_that_is_over_is_listened_to_no_more():
    there = Attendance()
    there.seen(ONE, "anna", False, 2, 0)
    assert there.call_over(2) == [Listening("anna", 2, False)]
    assert there.operators() == Operators(("anna",))


# --- what may be asked ----------------------------------------------------------------------------------------

SENSIBLE = [
    SayLine("Good evening."),
    Whisper("they have a terrace"),
    MuteAgent(),
    ForceLanguage("de"),
    DecideTool(3, True),
    InjectEvent("noise"),
    InjectEvent("silence"),
    InjectEvent("say", "hello"),
    InjectEvent("hang_up"),
    InjectEvent("fail", room="tts"),
    MarkMoment("here"),
    ArmMic(),
    GoLive(1, "ptt"),
]


@pytest.mark.parametrize("command", SENSIBLE, ids=str)
@pytest.mark.parametrize("state", ["listening", "thinking", "speaking", "on_hold"])
def test_in_an_answered_call_what_makes_sense_may_be_asked(command: Command, state: str):
    assert may_ask(command, call(state, pending={3: PENDING})) == ""


@pytest.mark.parametrize("command", SENSIBLE, ids=str)
def test_of_a_call_that_is_about_to_end_only_a_mark_is_taken(command: Command):
    for now in (call(ending=True, pending={3: PENDING}), call("ending", pending={3: PENDING})):
        assert ("about to end" in may_ask(command, now)) is not isinstance(command, MarkMoment)


@pytest.mark.parametrize("command", [RenewLease(1), Talk(1, False), HandBack(1), ReleaseMic(1)], ids=str)
def test_a_microphone_may_be_put_down_to_the_last(command: Command):
    assert may_ask(command, call(ending=True)) == ""


@pytest.mark.parametrize("command", [SayLine("Hello."), GoLive(1, "ptt"), InjectEvent("say", "hi")], ids=str)
@pytest.mark.parametrize("state", ["waiting", "dialling", "ringing"])
def test_nobody_is_spoken_to_before_somebody_has_picked_up(command: Command, state: str):
    assert may_ask(command, call(state)).startswith("Nobody has picked up yet.")


@pytest.mark.parametrize(
    "command",
    [Whisper("ask for Maria"), MuteAgent(), ForceLanguage("nl"), ArmMic(), InjectEvent("fail", room="agent")],
    ids=str,
)
def test_what_prepares_a_call_may_be_asked_while_it_rings(command: Command):
    assert may_ask(command, call("ringing")) == ""


@pytest.mark.parametrize("make", [SayLine, Whisper, lambda text: InjectEvent("say", text)])
def test_words_are_neither_empty_nor_endless(make):
    assert "empty" in may_ask(make(" \n"), call())
    assert may_ask(make("x" * MAX_TEXT), call()) == ""
    assert "501" in may_ask(make("x" * (MAX_TEXT + 1)), call())


def test_muting_twice_and_unmuting_what_is_not_muted_is_refused():
    muted = call(silenced=AgentSilenced("muted", "anna"))
    assert may_ask(MuteAgent(), muted) == "The agent is muted already, by anna."
    assert may_ask(MuteAgent(False), muted) == ""
    assert may_ask(MuteAgent(False), call()) == "The agent is not muted."


@pytest.mark.parametrize("command", [SayLine("Hello."), MuteAgent(), MuteAgent(False)], ids=str)
def test_while_an_operator_speaks_the_agent_is_neither_muted_nor_made_to_speak(command: Command):
    now = call(silenced=AgentSilenced("operator", "anna"))
    assert may_ask(command, now).startswith("anna speaks with them now")


def test_a_line_may_be_said_while_the_agent_is_muted():
    assert may_ask(SayLine("One moment."), call(silenced=AgentSilenced("muted", "anna"))) == ""


def test_a_language_that_is_spoken_already_is_not_forced():
    assert may_ask(ForceLanguage("en"), call()) == "The call is in English already."


def test_only_what_is_open_is_decided():
    assert "Request 9 is not open" in may_ask(DecideTool(9, True), call(pending={3: PENDING}))


@pytest.mark.parametrize("what", ["noise", "silence", "say", "hang_up"])
def test_nothing_is_made_to_happen_at_a_real_restaurant(what):
    refused = may_ask(InjectEvent(what, "hello"), call(line="sip"))
    assert "real restaurant" in refused and refused.endswith("that works on a simulated line.")


def test_a_provider_fails_on_any_line_and_only_where_there_is_one():
    assert may_ask(InjectEvent("fail", room="transcribe"), call(line="sip")) == ""
    for room in ("", "vad", "playback", "capture"):
        assert "transcribe, cache, agent, tts" in may_ask(InjectEvent("fail", room=room), call())


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (InjectEvent("silence", seconds=0.05), "0.1 to 60 s, not 0.05"),
        (InjectEvent("fail", seconds=60.5, room="tts"), "0.1 to 60 s"),
        (InjectEvent("noise", seconds=float("nan")), "0.1 to 60 s"),
        (InjectEvent("noise", level_dbfs=-5), "-60 to -6 dBFS, not -5"),
        (InjectEvent("noise", level_dbfs=-61), "-60 to -6 dBFS"),
    ],
)
def test_what_is_injected_lasts_and_sounds_within_bounds(command, words):
    assert words in may_ask(command, call())


def test_a_reply_is_forgotten_by_its_id():
    assert may_forget(ForgetReply("template 7")) == ""
    assert "No stored reply" in may_forget(ForgetReply(" "))


def test_a_moment_is_marked_within_the_call():
    assert may_mark(5, 10) == may_mark(10, 10) == ""
    assert may_mark(-1, 10) and may_mark(11, 10)


# --- the record -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [GetSnapshot(), Ping(), RenewLease(1), Presence(), MicFrame(1, b"")], ids=str
)
def test_questions_signs_of_life_and_sound_are_no_acts(command: Command):
    assert act_of(command, refused="no") is None


def test_a_key_held_down_is_an_act_only_where_it_was_refused():
    assert act_of(Talk(1, True, by="anna")) is None
    assert act_of(Talk(1, True, by="anna"), refused="over") == OperatorAct("anna", "talk", refused="over")


@pytest.mark.parametrize(
    ("command", "about", "action", "words"),
    [
        (SayLine("Hello."), None, "say", "Hello."),
        (Whisper("two chairs"), None, "whisper", "two chairs"),
        (MuteAgent(), None, "mute", ""),
        (MuteAgent(False), None, "unmute", ""),
        (ForceLanguage("de"), None, "language", "German"),
        (DecideTool(3, True), PENDING, "approve", "book"),
        (DecideTool(3, True, {"time": "19:30"}), PENDING, "approve", "book; with time = 19:30"),
        (DecideTool(3, False, words="too late"), PENDING, "deny", "book; too late"),
        (DecideTool(4, True, words="yes, gladly"), QUESTION, "answer", "Is the terrace fine? – yes, gladly"),
        (DecideTool(4, False), QUESTION, "answer", "Is the terrace fine? – no"),
        (InjectEvent("fail", room="tts", seconds=2), None, "inject", "the provider of tts fails for 2 s"),
        (AcknowledgeAlert(5), Alert(5, "silence", "nobody has spoken"), "acknowledge", "nobody has spoken"),
        (HandBack(1, "eight o'clock"), None, "hand_back", "eight o'clock"),
        (GoLive(1, "full"), None, "go_live", "open microphone"),
        (HangUp(), None, "hang_up", ""),
        (SendDigits("4711"), None, "digits", "press 4 keys"),
        (TransferLine("+49 30 1234567"), None, "transfer", "transfer"),
        (PlaceCall("/x/scenarios/en/accepts.yaml"), None, "place", "en/accepts (simulated)"),
    ],
)  # fmt: skip
def test_the_record_says_what_was_asked(command, about, action, words):
    act = act_of(command, about)
    assert act is not None
    assert (act.by, act.action, act.words) == ("the operator", action, words)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (Whisper("the number is 030 1234567"), ""),
        (SayLine("my name is Walker"), ""),
        (HandBack(1, "booked for Walker"), ""),
        (DecideTool(1, True, {"name": "Walker"}, "ask for Walker"), ""),
        (InjectEvent("say", "this is Walker"), ""),
        (MarkMoment("Walker"), ""),
        (AcknowledgeAlert(7), "alert 7"),
        (RestartRoom("tts"), "tts"),
    ],
)
def test_the_engines_own_list_keeps_nothing_that_was_said_in_a_call(command, words):
    about = Alert(7, "wants_person", 'asks for a person: "Walker here"')
    act = act_of(command, about)
    assert act is not None and without_talk(command, act).words == words


def test_a_mark_is_of_the_moment_the_key_was_pressed():
    assert act_of(MarkMoment("here", at_us=77, by="anna")) == OperatorAct("anna", "mark", "here", at_us=77)


def test_no_address_gets_into_the_record_with_a_refusal():
    refused = "+49 30 123 4567 is not on the allow list; neither is sip:b@example.org. Calls are made 09:00 to 21:00."
    act = act_of(TransferLine("+49301234567", by="anna"), refused=refused)
    assert act is not None
    assert act.refused == (
        "(address) is not on the allow list; neither is (address) Calls are made 09:00 to 21:00."
    )
    assert without_addresses("3 calls within 24 hours") == "3 calls within 24 hours"


def test_the_engines_own_list_is_ours_alone_to_read(tmp_path):
    acts = ActsFile(tmp_path)
    acts.append(OperatorAct("anna", "restart_room", "cache"))
    acts.append(OperatorAct("bert", "stop_engine", refused="no"), 3)
    lines = [json.loads(line) for line in acts.path.read_text("utf-8").splitlines()]
    assert [(line["by"], line["action"], line["words"], line["refused"], line["call"]) for line in lines] == [
        ("anna", "restart_room", "cache", "", 0),
        ("bert", "stop_engine", "", "no", 3),
    ]
    assert lines[0]["time"].startswith("20")
    assert stat.S_IMODE(acts.path.stat().st_mode) == 0o600


def test_a_list_that_cannot_be_written_names_the_file(tmp_path):
    with pytest.raises(StateError, match=r"acts\.jsonl"):
        ActsFile(tmp_path / "nowhere").append(OperatorAct("anna", "stop_engine"))


# --- as lines -------------------------------------------------------------------------------------------------


def test_a_take_over_reads_as_lines_and_keys_held_down_are_none():
    lines = OperatorLines()
    told = [
        lines.step(message)
        for message in (
            OperatorAct("anna", "arm"),
            MicState("armed", "anna"),
            MicState("ptt", "anna"),
            MicState("ptt", "anna", talking=True),
            OperatorWords(1, "good evening", "en", 0.9, 0, 900),
            MicState("ptt", "anna"),
            MicState("off", "anna", why="handed back"),
        )
    ]
    assert [line for line in told if line] == [
        ("microphone", "armed by anna; the agent goes on"),
        ("microphone", "anna has taken over (push to talk)"),
        ("operator", "good evening"),
        ("microphone", "off: handed back"),
    ]


def test_acts_and_decisions_read_as_lines():
    lines = OperatorLines()
    told = [
        lines.step(message)
        for message in (
            OperatorAct("anna", "place", "en/accepts (simulated)"),
            OperatorAct("anna", "whisper", "two chairs"),
            OperatorAct("bert", "arm", refused="taken by anna"),
            PENDING,
            ToolDecided(3, True, "anna"),
            QUESTION,
            ToolDecided(4, False, words="nobody was asked"),
        )
    ]
    assert [line for line in told if line] == [
        ("anna", "whisper: two chairs"),
        ("bert", "arm – refused: taken by anna"),
        ("approval", "book … waits for an operator; otherwise it is refused"),
        ("decided", "book → approved by anna"),
        ("question", "Is the terrace fine? … waits for an operator; otherwise no"),
        ("decided", "Is the terrace fine? → refused: nobody decided in time (nobody was asked)"),
    ]

"""agent: what operators do arrives, what is typed is told apart, a brain that is away is waited for."""

from __future__ import annotations

import pytest

from engine.brains.scripted import Scripted
from engine.dialogue.conversation import Conversation
from engine.protocol import (
    AgentSilenced,
    CallClosed,
    CallOpened,
    Checkpoint,
    DecideTool,
    EndCall,
    EngineEvent,
    Flag,
    ForceLanguage,
    InjectEvent,
    LineState,
    OperatorLeft,
    Operators,
    OperatorWords,
    ReservationChanged,
    RoomStarted,
    SayLine,
    Sentence,
    Spoken,
    ToolDecided,
    ToolPending,
    Transcript,
    Whisper,
)
from engine.settings import CacheSettings, OperatorSettings, Settings
from engine.workers import agent
from tests.fakes.fake_bus import Do, Wait, heard

SETTINGS = Settings(cache=CacheSettings(enabled=False), operator=OperatorSettings(approve=("book",)))
ANSWERED = heard(LineState("answered"))
ANNA = heard(Operators(("anna",)), call=0)


@pytest.fixture
def bus(bus_of):
    return bus_of("agent", SETTINGS)


def run(bus, *steps):
    def open_conversation(opened: CallOpened) -> Conversation:
        task = opened.task
        return Conversation(
            task,
            lambda memory: Scripted(task, task.language, memory),
            lambda *_: None,
            opened.checkpoint,
            bus.house.settings.operator,
        )

    bus.steps = flat(*steps)
    agent.run(bus, open_conversation)


def final(text: str, turn: int = 1, call: int = 1):
    return heard(Transcript(turn, text, True, "en", 0.9, 0, 900), call, Flag.FINAL)


def all_spoken(bus, call: int = 1):
    """Playback has said all there is by then."""
    for sentence in bus.said(Sentence, call):
        yield heard(Spoken(sentence.utterance, sentence.index, sentence.text, True, sentence.last), call)


def flat(*steps):
    """Steps that are made when their time has come."""
    for step in steps:
        if hasattr(step, "__iter__") and not isinstance(step, tuple):
            yield from step
        else:
            yield step


def texts(bus, call: int = 1) -> list[str]:
    return [sentence.text for sentence in bus.said(Sentence, call) if sentence.text]


def test_what_is_typed_carries_the_operators_flag_and_what_the_agent_says_does_not(bus, opened):
    run(bus, heard(opened()), ANSWERED, final("la luna good evening"), heard(SayLine("And a high chair.")))
    flags = {s.message.text: s.flags for s in bus.sent if isinstance(s.message, Sentence) and s.message.text}
    assert flags.pop("And a high chair.") == Flag.OPERATOR
    assert set(flags.values()) == {Flag.NONE}


@pytest.mark.parametrize("room", ["tts", "playback"])
def test_a_typed_line_that_is_offered_again_is_still_the_operators(bus, opened, room):
    run(bus, heard(opened()), ANSWERED, heard(SayLine("Hello.")), heard(RoomStarted(room, 2), call=0))
    again = [s.flags for s in bus.sent if isinstance(s.message, Sentence) and s.flags & Flag.AGAIN]
    assert again == [Flag.AGAIN | Flag.OPERATOR] * 2


def test_its_memory_goes_out_before_a_typed_line(bus, opened):
    run(bus, heard(opened()), heard(SayLine("Hello.")))
    assert [type(sent.message) for sent in bus.sent][:3] == [Checkpoint, Sentence, Sentence]


def test_a_muted_agent_answers_once_it_may(bus, opened):
    steps = (
        heard(opened()), ANSWERED, heard(AgentSilenced("muted", "anna")), final("la luna good evening"), Wait(9000),
        Do(lambda: texts(bus) == [] or pytest.fail("it is muted")), heard(AgentSilenced("")),
    )  # fmt: skip
    run(bus, *steps)
    assert texts(bus)[0] == "Hello, this is an AI assistant, calling for Anna Berg."


def test_an_agent_that_is_restarted_while_silenced_stays_silent(bus, opened):
    again = opened(room="agent")
    again = CallOpened(
        again.task, "call-1", "simulated", again.started_us, "agent", answered=True, silenced="muted"
    )
    run(bus, heard(again), final("la luna good evening"), Wait(20_000))
    assert texts(bus) == []


def test_a_hand_back_is_told_to_the_brain(bus, opened):
    steps = (
        heard(opened()), ANSWERED, final("la luna good evening"), heard(AgentSilenced("operator", "anna")),
        heard(OperatorWords(1, "do you have a table", "en", 0.9, 0, 900)), final("yes", 2),
        heard(OperatorLeft("booked", by="anna")), heard(AgentSilenced("")),
    )  # fmt: skip
    run(bus, *steps)
    assert [changed.source for changed in bus.said(ReservationChanged)] == ["operator"]
    assert texts(bus)[-1] == "Thank you very much for your help, goodbye."


def test_a_lost_take_over_is_held_for_as_long_as_the_settings_say(bus, opened):
    steps = (
        heard(opened()), ANSWERED, heard(AgentSilenced("operator", "anna")),
        heard(OperatorLeft(lost=True, by="anna")), heard(AgentSilenced("")),
    )  # fmt: skip
    run(bus, *steps, all_spoken(bus), Wait(29_000), all_spoken(bus), Wait(2000))
    assert texts(bus)[0] == "One moment, please."
    assert "book a table" in texts(bus)[-1]


def test_a_tool_waits_for_the_decision_and_no_longer_than_its_deadline(bus, opened):
    yes = (final("yes we have a table", 2), final("yes that is right", 3))

    def steps():
        yield from (ANNA, heard(opened()), ANSWERED, final("la luna good evening"))
        for turn in yes:
            yield from all_spoken(bus)
            yield turn

    early = Do(lambda: bus.said(ToolDecided) == [] or pytest.fail("too soon"))
    run(bus, steps(), Wait(19_000), early, Wait(1500))
    assert [pending.request for pending in bus.said(ToolPending)] == [1]
    assert [decided.approved for decided in bus.said(ToolDecided)] == [False]
    assert "One moment, please." in texts(bus)


def test_what_waits_is_told_again_after_a_restart_and_can_be_decided(bus_of, opened):
    before = bus_of("agent", SETTINGS)

    def steps():
        yield from (ANNA, heard(opened()), ANSWERED, final("la luna good evening"))
        for turn in (final("yes we have a table", 2), final("yes that is right", 3)):
            yield from all_spoken(before)
            yield turn

    run(before, steps())
    memory = before.said(Checkpoint)[-1].state
    after = bus_of("agent", SETTINGS)
    run(
        after,
        heard(opened(room="agent", checkpoint=memory)),
        ANNA,
        heard(DecideTool(request=1, approve=True)),
    )
    assert after.said(ToolPending) == before.said(ToolPending)
    assert [changed.reservation.status for changed in after.said(ReservationChanged)] == ["booked"]


def test_a_call_that_begins_when_operators_are_there_knows_it(bus, opened):
    offer = "we are fully booked i can offer you ten p m"
    run(bus, ANNA, heard(opened()), ANSWERED, final("la luna good evening"), final(offer, 2))
    assert [pending.kind for pending in bus.said(ToolPending)] == ["question"]


def test_a_forced_language_is_spoken(bus, opened):
    run(bus, heard(opened()), ANSWERED, heard(ForceLanguage("de")), final("guten abend"))
    assert {sentence.language for sentence in bus.said(Sentence)} == {"de"}


def test_an_operator_is_told_what_became_of_a_whisper(bus, opened):
    run(bus, heard(opened()), heard(Whisper("hmm")))
    event = bus.said(EngineEvent, 1)[0]
    assert (event.level, event.room) == ("warning", "agent")


# --- a brain that fails for a while ----------------------------------------------------------------------

FAILS = heard(InjectEvent(what="fail", room="agent", seconds=5))


def test_what_is_heard_while_the_brain_is_away_is_answered_when_it_is_back(bus, opened):
    steps = (
        heard(opened()), ANSWERED, FAILS, final("la luna good evening"), Wait(4900),
        Do(lambda: texts(bus) == [] or pytest.fail("it is away")), Wait(200),
    )  # fmt: skip
    run(bus, *steps)
    assert texts(bus)[0].startswith("Hello, this is an AI assistant")
    assert [event.text for event in bus.said(EngineEvent, 1)] == [
        "the brain fails for 5 s (injected)", "the brain is back",
    ]  # fmt: skip


def test_a_line_can_be_typed_while_the_brain_is_away(bus, opened):
    run(bus, heard(opened()), ANSWERED, FAILS, heard(SayLine("One moment.")), Wait(1000))
    assert texts(bus) == ["One moment."]


def test_a_call_whose_brain_is_away_can_end_and_another_one_goes_on(bus, opened):
    steps = (
        heard(opened(), 1), heard(opened(), 2), heard(LineState("answered"), 1), heard(LineState("answered"), 2),
        FAILS, final("la luna good evening", call=2), heard(CallClosed("hung_up"), 1), Wait(9000),
    )  # fmt: skip
    run(bus, *steps)
    assert texts(bus, 1) == [] and texts(bus, 2)
    assert bus.said(EndCall, 1) == []


@pytest.mark.parametrize("other", [InjectEvent(what="fail", room="tts"), InjectEvent(what="noise")])
def test_what_is_injected_elsewhere_is_not_the_brains(bus, opened, other):
    run(bus, heard(opened()), ANSWERED, heard(other), final("la luna good evening"))
    assert texts(bus)

"""How a call comes to its end with a model: what it wants besides hanging up, and messages left on a machine."""

from __future__ import annotations

from engine.dialogue import operated
from engine.dialogue.conversation import Conversation
from engine.protocol import (
    AgentSilenced,
    DecideTool,
    EndCall,
    ForceLanguage,
    OperatorLeft,
    Operators,
    Sentence,
    Spoken,
    ToolCalled,
    ToolPending,
)
from engine.settings import OperatorSettings
from tests.fakes.openai_server import Answer, FakeOpenAI
from tests.fakes.thinking_call import BOOKING, READ_BACK, TASK, ThinkingCall, texts

DISCLOSURE = "Hello, this is an AI assistant, calling for Anna Berg."
HANG_UP = ("end_call", {"reason": "done"})
MESSAGE = "This is a message about a table for two on Friday. We will call again."


def with_approval(call: ThinkingCall) -> None:
    brain = call.talk.brain
    rules = OperatorSettings(approve=("book",))
    call.talk = Conversation(TASK, lambda _: brain, lambda *_: None, b"", rules)
    tell(call, Operators(("kim",)))


def tell(call: ThinkingCall, message) -> list[str]:
    return texts(call.take(operated.take(call.talk, message, 0)))


def last_result(body) -> str:
    return body["messages"][-1]["content"]


def test_a_model_that_hangs_up_beside_a_booking_that_is_refused_stays_on_the_line():
    script = [Answer("Goodbye.", calls=[("book", BOOKING), HANG_UP]), Answer(READ_BACK)]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        assert call.hears("Yes, we have a table.")[-1].endswith("under the name Anna Berg, is that right?")
        assert [called.tool for called in call.of(ToolCalled)] == ["book"]
        assert "still on the line" in last_result(server.asked[1])
        assert not call.of(EndCall)


def test_a_model_that_hangs_up_beside_a_booking_that_is_made_has_ended_the_call():
    script = [Answer(READ_BACK), Answer("Thank you, goodbye.", calls=[HANG_UP, ("book", BOOKING)])]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("Yes, we have a table.")
        assert call.hears("Yes, that is right.") == ["Thank you, goodbye."]
        assert [called.tool for called in call.of(ToolCalled)] == ["book", "end_call"]
        assert [end.outcome for end in call.of(EndCall)] == ["booked"]
        assert len(server.asked) == 2


def test_hanging_up_waits_for_the_operators_word_on_what_was_wanted_with_it():
    script = [Answer(READ_BACK), Answer("One moment.", calls=[("book", BOOKING), HANG_UP])]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        with_approval(call)
        call.hears("Yes, we have a table.")
        call.hears("Yes, that is right.")
        assert not call.of(EndCall)
        [pending] = call.of(ToolPending)
        tell(call, DecideTool(pending.request, True, by="kim"))
        call.plays()
        assert [end.outcome for end in call.of(EndCall)] == ["booked"]


def test_after_the_operators_no_the_model_is_still_on_the_line():
    script = [
        Answer(READ_BACK),
        Answer(calls=[("book", BOOKING), HANG_UP]),
        Answer("I am sorry, a person will call you."),
    ]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        with_approval(call)
        call.hears("Yes, we have a table.")
        call.hears("Yes, that is right.")
        [pending] = call.of(ToolPending)
        tell(call, DecideTool(pending.request, False, by="kim"))
        assert texts(call.think()) == ["I am sorry, a person will call you."]
        assert not call.of(EndCall)


def test_one_moment_is_no_goodbye():
    script = [Answer(READ_BACK), Answer("One moment.", calls=[("book", BOOKING)]), Answer(calls=[HANG_UP])]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("Yes, we have a table.")
        said = call.hears("Yes, that is right.")
        assert said[0] == "One moment." and "goodbye" in said[-1]


def test_calls_that_a_server_gives_no_number_keep_their_own_results():
    wrong = {**BOOKING, "time": "21:00"}
    script = [
        Answer(READ_BACK),
        Answer(calls=[("book", wrong)]),
        Answer(calls=[("book", BOOKING)]),
        Answer("Done."),
    ]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("Yes, we have a table.")
        call.hears("Yes, that is right.")
        results = {
            m["tool_call_id"]: m["content"] for m in server.asked[3]["messages"] if m["role"] == "tool"
        }
        assert len(results) == 2, "both have the number that the server gave"
        refused, done = results.values()
        assert refused.startswith("Refused") and done.startswith("Done")


def test_another_language_asks_nothing_while_a_tool_waits():
    script = [Answer(READ_BACK), Answer(calls=[("book", BOOKING)]), Answer("Vielen Dank.")]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        with_approval(call)
        call.hears("Yes, we have a table.")
        call.hears("Yes, that is right.")
        tell(call, ForceLanguage("de"))
        assert not call.talk.brain.thinks
        [pending] = call.of(ToolPending)
        tell(call, DecideTool(pending.request, True, by="kim"))
        assert texts(call.think()) == ["Vielen Dank."] and len(server.asked) == 3


def test_a_call_that_was_to_end_goes_on_after_a_take_over_that_was_lost():
    script = [Answer("Goodbye.", calls=[HANG_UP]), Answer("Here I am again."), Answer("For two.")]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("La Luna.", think=False)
        call.wait_for_words(1)
        call.think()
        tell(call, AgentSilenced("operator"))
        tell(call, OperatorLeft(lost=True))
        tell(call, AgentSilenced(""))
        assert not call.of(EndCall)
        held_us = (OperatorSettings().holds_s + 1) * 1_000_000
        call.take(operated.tick(call.talk, held_us))
        assert texts(call.think())[-1] == "Here I am again."
        call.plays()
        assert not call.of(EndCall)
        assert call.hears("For how many?")[-1] == "For two."


def test_a_message_for_a_machine_is_spoken_sentence_by_sentence():
    script = [Answer(calls=[("leave_message", {"text": MESSAGE})]), Answer(calls=[HANG_UP])]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.beeps()
        said = call.hears("Nobody can take your call, please leave a message after the tone.")
        assert said[1:3] == ["This is a message about a table for two on Friday.", "We will call again."]
        assert server.asked[1]["messages"][-1]["role"] == "user"
        assert [(end.outcome, end.reason) for end in call.of(EndCall)] == [
            ("voicemail", "the message was left")
        ]


def test_a_message_that_the_model_has_said_itself_is_not_said_twice():
    script = [Answer(MESSAGE, calls=[("leave_message", {"text": MESSAGE.upper()})]), Answer(calls=[HANG_UP])]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.beeps()
        said = call.hears("Please leave a message after the tone.")
        assert said.count("We will call again.") == 1 and len(said) == 4


def test_nobody_is_asked_whether_they_are_there_after_a_message():
    script = [Answer(calls=[("leave_message", {"text": MESSAGE})]), Answer(calls=[("wait_on_hold", {})])]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.beeps()
        call.hears("Please leave a message after the tone.")
        before = len(call.of(Sentence))
        for second in range(1, 70):
            call.take(call.talk.tick(second * 1_000_000))
        assert len(call.of(Sentence)) == before and len(server.asked) == 2
        assert [(end.outcome, end.reason) for end in call.of(EndCall)] == [
            ("voicemail", "the message was left")
        ]


def test_of_a_message_that_was_cut_the_record_says_how_much_was_heard():
    script = [Answer(calls=[("leave_message", {"text": MESSAGE}), HANG_UP])]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.beeps()
        call.hears("Please leave a message after the tone.", think=False)
        call.think()
        (first, sentence), (second, _) = list(call.talk.unspoken.items())[:2]
        call.take(call.talk.spoken(Spoken(*first, sentence.text, True), 0))
        call.take(call.talk.spoken(Spoken(*second, "This is a message", True, cut=True), 0))
        call.hears("")
        whole = len(f"{DISCLOSURE} {MESSAGE}".split())
        assert [end.reason for end in call.of(EndCall)] == [
            f"a part of the message was left: {len(DISCLOSURE.split()) + 4} of {whole} words"
        ]


def test_a_booking_stays_the_outcome_when_nobody_answers_any_more():
    script = [Answer(READ_BACK), Answer(calls=[("book", BOOKING)]), Answer("And by the window, please?")]
    with FakeOpenAI(*script, otherwise=Answer("Hello?")) as server, ThinkingCall(server) as call:
        call.hears("Yes, we have a table.")
        call.hears("Yes, that is right.")
        for second in range(1, 60):
            call.take(call.talk.tick(second * 1_000_000) + call.think())
            call.plays()
        assert [end.outcome for end in call.of(EndCall)] == ["booked"]

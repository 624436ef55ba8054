"""The brain that is a model: the real client against a real server that says what the test wants."""

from __future__ import annotations

import json

import pytest

from engine.protocol import BrainUse, EndCall, Sentence, Spoken, ToolCalled, pack
from tests.fakes.openai_server import Answer, FakeOpenAI
from tests.fakes.thinking_call import BOOKING, READ_BACK, ThinkingCall, texts

DISCLOSURE = "Hello, this is an AI assistant, calling for Anna Berg."
FAST = {"first_token_ms": 400, "budget_ms": 2500}


def roles(body) -> list[str]:
    return [message["role"] for message in body["messages"]]


def content(body) -> str:
    return "\n".join(str(message["content"]) for message in body["messages"][1:])


def test_the_disclosure_is_said_by_code_before_the_model_has_begun_to_think():
    with FakeOpenAI(Answer("I would like a table.")) as server, ThinkingCall(server) as call:
        assert call.hears("Good evening, La Luna.", think=False) == [DISCLOSURE]
        assert call.talk.brain.thinks
        assert texts(call.think()) == ["I would like a table."]


def test_sentences_leave_one_by_one_while_the_model_goes_on():
    slow = Answer("That is right. " + "And so on and on and on. " * 3, between_s=0.02, piece=8)
    with FakeOpenAI(slow) as server, ThinkingCall(server) as call:
        call.hears("Hello", think=False)
        assert call.wait_for_words(1)[0] == "That is right."
        assert call.talk.brain.thinks and not call.of(Sentence)[-1].last
        call.think()
        assert [sentence.last for sentence in call.of(Sentence)][-1] is True
        assert {sentence.utterance for sentence in call.of(Sentence)} == {1}


def test_a_table_is_read_back_and_booked_and_the_record_decides_the_outcome():
    script = [
        Answer("I would like to book a table for two on Friday at seven pm."),
        Answer(READ_BACK),
        Answer(calls=[("book", BOOKING)], piece=7),
        Answer("Thank you, goodbye.", calls=[("end_call", {"reason": "done"})]),
    ]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("La Luna, good evening.")
        call.hears("Yes, we have a table.")
        call.hears("Yes, that is right.")
        assert call.saved[-1].status == "booked" and call.saved[-1].time == "19:00"
        assert call.saved[-1].confirmed_by["time"] == "Yes, that is right."
        assert [end.outcome for end in call.of(EndCall)] == ["booked"]
        assert roles(server.asked[3])[-2:] == ["assistant", "tool"]
        assert not any(use.fallback for use in call.of(BrainUse))


def test_nothing_is_booked_that_was_not_read_back_and_answered_to():
    script = [Answer(calls=[("book", BOOKING)]), Answer("May I read that back to you?")]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        assert call.hears("Yes, we have a table on Friday at seven.")[-1] == "May I read that back to you?"
        [called] = call.of(ToolCalled)
        assert called.refused and "read" in called.result
        assert not call.saved
        assert "Refused" in server.asked[1]["messages"][-1]["content"]


def test_a_read_back_in_the_same_breath_as_the_booking_does_not_count():
    script = [Answer(READ_BACK, calls=[("book", BOOKING)]), Answer("Is that right?")]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("We have a table.")
        assert [called.refused for called in call.of(ToolCalled)] == [True]
        assert not call.saved


def test_the_constraints_hold_whatever_was_read_back():
    wrong = {**BOOKING, "time": "21:00"}
    script = [
        Answer(READ_BACK.replace("7 pm", "9 pm")),
        Answer(calls=[("book", wrong)]),
        Answer("I am sorry."),
    ]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("Only at nine.")
        call.hears("Yes, at nine.")
        assert [called.refused for called in call.of(ToolCalled)] == [True]
        assert not call.saved


def test_a_model_cannot_end_a_call_as_booked_that_was_not():
    script = [Answer("It is booked, goodbye.", calls=[("end_call", {"reason": "booked"})])]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("Hello")
        [end] = call.of(EndCall)
        assert end.outcome == "needs_human"


def test_a_call_that_is_ended_without_a_word_gets_a_goodbye():
    script = [Answer("Is there a table?"), Answer(calls=[("decline", {"reason": "full"})]),
              Answer(calls=[("end_call", {})])]  # fmt: skip
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("Hello")
        said = call.hears("No, we are full.")
        assert "goodbye" in said[-1]
        assert [end.outcome for end in call.of(EndCall)] == ["no_table"]


def test_parallel_tool_calls_are_each_answered():
    both = Answer(calls=[("press_digits", {"digits": "1"}), ("book", BOOKING)], same_index=True)
    with FakeOpenAI(both, Answer("One moment.")) as server, ThinkingCall(server) as call:
        call.hears("For bookings press one.")
        assert [(called.tool, called.refused) for called in call.of(ToolCalled)] == [
            ("press_digits", False),
            ("book", True),
        ]
        assert roles(server.asked[1])[-3:] == ["assistant", "tool", "tool"]
        numbers = [tool["id"] for tool in server.asked[1]["messages"][-3]["tool_calls"]]
        assert numbers == [message["tool_call_id"] for message in server.asked[1]["messages"][-2:]]


FAILURES = {
    "401": (Answer(status=401, error="Incorrect API key provided: sk-abcdef123456"), "key", 1),
    "403": (Answer(status=403), "403", 1),
    "404": (Answer(status=404, error="no such model"), "404", 1),
    "429": (Answer(status=429, headers={"retry-after": "0"}), "429", 2),
    "500": (Answer(status=500), "500", 2),
    "400": (Answer(status=400, error="does not support tools"), "does not support tools", 1),
    "refusal": (Answer(refusal="I can not do that."), "refused", 1),
    "filter": (Answer("Half an", finish="content_filter"), "filter", 1),
    "empty": (Answer(""), "empty", 1),
    "length": (Answer("and and and and", finish="length"), "no end", 1),
    "slow": (Answer("Too late.", first_s=2.0), "in time", 2),
    "rubbish": (Answer(raw="{this is no json"), "cannot be read", 2),
    "cut": (Answer("I am about to be cut off in the middle", cut_after=3), "broke off", 2),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_model_that_fails_is_replaced_within_the_turn(name):
    answer, words, requests = FAILURES[name]
    with FakeOpenAI(otherwise=answer) as server, ThinkingCall(server, **FAST) as call:
        said = call.hears("La Luna, good evening.")
        assert said[0] == DISCLOSURE and said[1].startswith("I would like to book a table for two")
        assert len(said) == 2
        assert call.use.fallback and words in call.use.reason
        assert len(server.asked) == call.use.requests == requests
        assert any(words in event for event in call.events)
        assert not any("sk-" in event or "test-key" in event for event in call.events)


def test_a_second_try_within_the_budget_may_do():
    script = [Answer(status=500), Answer("A table for two, please.")]
    with FakeOpenAI(*script) as server, ThinkingCall(server, **FAST) as call:
        assert call.hears("Hello")[-1] == "A table for two, please."
        assert not call.use.fallback and call.use.requests == 2


def test_a_rate_limit_that_lasts_longer_than_the_budget_is_not_waited_for():
    busy = Answer(status=429, headers={"retry-after": "30"})
    script = [busy, Answer("Here I am again.")]
    with FakeOpenAI(*script) as server, ThinkingCall(server, **FAST) as call:
        call.hears("Hello")
        assert call.use.fallback and len(server.asked) == 1
        call.hears("Sorry?")
        assert len(server.asked) == 1, "asked again although the server wanted to be left alone"
        call.now_s += 31
        assert call.hears("For how many?")[-1] == "Here I am again."
        assert any("answers again" in event for event in call.events)


def test_what_was_said_before_the_connection_broke_stays_said_and_is_gone_on_from():
    cut = Answer("Good evening to you. I would like", cut_after=6)
    with FakeOpenAI(cut, Answer("For two, please.")) as server, ThinkingCall(server, **FAST) as call:
        said = call.hears("La Luna.")
        assert said[:2] == [DISCLOSURE, "Good evening to you."] and len(said) == 3
        assert call.use.fallback and len(server.asked) == 1
        call.hears("For how many?")
        assert "Good evening to you." in content(server.asked[1])
        assert said[2] in content(server.asked[1])


def test_an_answer_without_an_end_is_stopped():
    with FakeOpenAI(Answer(endless=True, between_s=0.001)) as server, ThinkingCall(server, **FAST) as call:
        said = call.hears("Hello")
        assert len(said) <= 11
        assert call.use.fallback and "no end" in call.use.reason
        assert server.dropped.wait(5), "the connection was left open"


def test_a_model_that_uses_tools_for_ever_is_stopped():
    with FakeOpenAI(otherwise=Answer(calls=[("book", BOOKING)])) as server, ThinkingCall(server) as call:
        assert len(call.hears("Hello")) == 2
        assert len(server.asked) == 5
        assert "tools more than 4 times" in call.use.reason


def test_arguments_that_are_no_json_are_sent_back_once():
    script = [Answer(calls=[("book", '{"date": 2025-')]), Answer("Let me see.")]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        assert call.hears("Hello")[-1] == "Let me see."
        assert "not a JSON object" in server.asked[1]["messages"][-1]["content"]
        json.loads(server.asked[1]["messages"][-2]["tool_calls"][0]["function"]["arguments"])


def test_the_second_time_the_scripted_brain_answers():
    with FakeOpenAI(otherwise=Answer(calls=[("book", "[]")])) as server, ThinkingCall(server) as call:
        assert len(call.hears("Hello")) == 2
        assert len(server.asked) == 2 and "not JSON" in call.use.reason


def test_markdown_is_not_spoken():
    with FakeOpenAI(Answer("**Good evening!** I'd like a *table*.")) as server, ThinkingCall(server) as call:
        said = " ".join(call.hears("Hello"))
        assert "Good evening!" in said and not set("*_#`") & set(said)


def test_a_server_that_refuses_options_is_asked_without_them():
    def picky(body):
        for option in ("stream_options", "max_tokens", "temperature"):
            if option in body:
                return Answer(status=400, error=f"Unsupported parameter: '{option}'.", param=option)
        return Answer("A table for two, please.")

    with FakeOpenAI(otherwise=picky) as server, ThinkingCall(server) as call:
        assert call.hears("Hello")[-1] == "A table for two, please."
        assert "max_completion_tokens" in server.asked[-1]
        before = len(server.asked)
        call.hears("Yes?")
        assert len(server.asked) == before + 1, "it has not learnt what the server does not take"


def test_tokens_and_cost_are_counted_over_the_whole_turn():
    script = [Answer(calls=[("book", BOOKING)], usage=(1000, 50)), Answer("For two.", usage=(1100, 10))]
    prices = {"usd_per_million_in": 2.0, "usd_per_million_out": 10.0}
    with FakeOpenAI(*script) as server, ThinkingCall(server, **prices) as call:
        call.hears("Hello")
        use = call.use
        assert (use.tokens_in, use.tokens_out, use.requests, use.turn) == (2100, 60, 2, 1)
        assert use.usd == pytest.approx(0.0048)
        assert use.first_token_us is not None and use.first_token_us > 0


def test_what_is_not_known_costs_nothing_that_could_be_shown():
    with FakeOpenAI(Answer("For two.", usage=None)) as server, ThinkingCall(server) as call:
        call.hears("Hello")
        assert (call.use.tokens_in, call.use.usd) == (None, None)


def test_barge_in_drops_the_thought_and_cuts_memory_to_the_word():
    slow = Answer(
        "I would like a table for two people. And it is for Friday. And more.", between_s=0.02, piece=10
    )
    with FakeOpenAI(slow, Answer("For two.")) as server, ThinkingCall(server) as call:
        call.hears("La Luna.", think=False)
        call.wait_for_words(1)
        call.take(call.talk.spoken(Spoken(1, 0, DISCLOSURE, True), 0))
        call.take(call.talk.spoken(Spoken(1, 1, "I would like a", True, True, cut=True), 0))
        assert not call.talk.brain.thinks
        assert server.dropped.wait(5), "the model went on for nobody"
        call.hears("How many?")
        memory = content(server.asked[1])
        assert "I would like a …" in memory and "interrupted" in memory
        assert "two people" not in memory and "Friday" not in memory
        assert call.of(Sentence)[0].text == DISCLOSURE


def test_a_new_turn_drops_the_thought_about_the_one_before():
    with FakeOpenAI(Answer("Late.", first_s=5), Answer("For two.")) as server, ThinkingCall(server) as call:
        call.hears("Yes", think=False)
        assert call.hears("For how many people?")[-1] == "For two."
        assert server.dropped.wait(5)
        assert "Yes\nFor how many people?" in content(server.asked[1]) or "Yes" in content(server.asked[1])
        assert "Late." not in [s.text for s in call.of(Sentence)]


def test_a_disclosure_that_was_cut_is_said_again():
    with FakeOpenAI(Answer("A table."), Answer("For two.")) as server, ThinkingCall(server) as call:
        call.hears("La Luna.", think=False)
        call.take(call.talk.spoken(Spoken(1, 0, "Hello, this", True, True, cut=True), 0))
        assert call.hears("Yes?")[0] == DISCLOSURE


def test_a_restart_in_the_middle_of_a_thought_thinks_it_again():
    with (
        FakeOpenAI(Answer("Never heard.", first_s=3), Answer("A table for two.")) as server,
        ThinkingCall(server) as call,
    ):
        call.hears("La Luna.", think=False)
        call.restart()
        assert call.talk.brain.thinks
        assert "A table for two." in texts(call.think())
        assert [s.last for s in call.of(Sentence)][-1]


def test_a_restart_keeps_what_was_said_and_heard():
    with (
        FakeOpenAI(Answer(READ_BACK), Answer(calls=[("book", BOOKING)]), Answer("Goodbye.")) as server,
        ThinkingCall(server) as call,
    ):
        call.hears("Yes, there is a table.")
        call.restart()
        call.hears("Yes, that is right.")
        assert call.saved and call.saved[-1].status == "booked"
        assert DISCLOSURE in content(server.asked[1])


def test_the_scripted_brain_takes_over_knowing_what_was_said():
    script = [Answer("I would like a table for two on Friday the 6th of June at 7 pm.")]
    with FakeOpenAI(*script, otherwise=Answer(status=500)) as server, ThinkingCall(server, **FAST) as call:
        call.hears("La Luna.")
        said = call.hears("Yes, that is possible.")
        assert len(said) == 1 and "Anna Berg" in said[0], said
        call.hears("Yes, that is right.")
        assert call.saved and call.saved[-1].status == "booked"
        assert [end.outcome for end in call.of(EndCall)] == ["booked"]


def test_a_booking_of_the_models_is_closed_by_the_scripted_brain():
    script = [Answer(READ_BACK), Answer(calls=[("book", BOOKING)])]
    with FakeOpenAI(*script, otherwise=Answer(status=503)) as server, ThinkingCall(server, **FAST) as call:
        call.hears("Yes, there is a table.")
        said = call.hears("Yes, that is right.")
        assert call.saved[-1].status == "booked" and "goodbye" in said[-1]
        assert [end.outcome for end in call.of(EndCall)] == ["booked"]


def test_a_server_that_is_not_there_is_no_reason_to_be_silent():
    with FakeOpenAI() as server, ThinkingCall(server, **FAST) as call:
        server.stop()
        assert len(call.hears("La Luna.")) == 2
        assert "cannot be reached" in call.use.reason


def test_silence_is_told_to_the_model_once_and_then_ended_by_code():
    with (
        FakeOpenAI(Answer("A table, please."), Answer("Are you there?")) as server,
        ThinkingCall(server) as call,
    ):
        call.hears("La Luna.")
        said: list[str] = []
        for second in range(1, 40):
            said += texts(call.take(call.talk.tick(second * 1_000_000)) + call.think())
            for place, sentence in list(call.talk.unspoken.items()):
                report = Spoken(*place, sentence.text, True, sentence.last)
                call.take(call.talk.spoken(report, second * 1_000_000))
        assert len(server.asked) == 2
        assert said[0] == "Are you there?" and "still there" in said[1] and "goodbye" in said[-1]
        assert [end.outcome for end in call.of(EndCall)] == ["far_end_hung_up"]


def test_a_key_goes_to_the_server_and_nowhere_else():
    with FakeOpenAI(Answer("A table.")) as server, ThinkingCall(server) as call:
        call.hears("Hello")
        assert server.keys == ["Bearer test-key"]
        assert b"test-key" not in call.talk.checkpoint()


HOSTILE = {
    "half a character": Answer("Good evening \ud83d to you. \udfff A table."),
    "a refusal of half characters": Answer(refusal="\ud800"),
    "an error of half characters": Answer(status=400, error="\ud800 bad"),
    "numbers without an end": Answer(calls=[("book", '{"party_size": ' + "9" * 400 + "}")], piece=50),
    "brackets without an end": Answer(calls=[("book", "[" * 20_000)], piece=5000),
    "half a character in an argument": Answer(calls=[("book", '{"name": "\\ud800"}')]),
    "a tool without an end": Answer(calls=[("book" * 1000, BOOKING)]),
    "hundreds of tools": Answer(calls=[("press_digits", {"digits": "1"}) for _ in range(200)]),
    "tokens without number": Answer("A table.", usage=(10**30, -5)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_that_a_server_sends_breaks_the_room(name):
    with FakeOpenAI(otherwise=HOSTILE[name]) as server, ThinkingCall(server, **FAST) as call:
        said = call.hears("La Luna.")
        assert len(said) >= 2
        for number, message in enumerate(call.told):
            pack(message, 1, number, 0)
        call.restart()
        assert not call.saved and len(call.of(ToolCalled)) <= 40


def test_a_thread_that_says_nothing_is_given_up():
    with FakeOpenAI(Answer("Too late.", first_s=5)) as server, ThinkingCall(server) as call:
        call.hears("La Luna.", think=False)
        call.now_s += 60
        assert len(texts(call.take(call.talk.go_on(0)))) == 1 and call.use.fallback
        assert not call.talk.brain.thinks

"""What a model is shown of a call: roles that alternate, tools answered, and of our words what was heard."""

from __future__ import annotations

from engine.brains.history import BEGINNING, INTERRUPTED, NO_ANSWER, NO_RESULT, History


def shown(history: History) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in history.messages("system")[1:]]


def test_roles_alternate_whatever_happens():
    history = History()
    history.say("Hello.", "Hello.", "disclosure")
    history.say("A table.", "A table.")
    history.heard("Yes?")
    history.note("They have been silent.")
    history.heard("Hello?")
    assert shown(history) == [
        ("user", BEGINNING),
        ("assistant", "Hello. A table."),
        ("user", "Yes?\n(They have been silent.)\nHello?"),
    ]


def test_what_was_cut_is_cut_to_the_word_and_marked():
    history = History()
    history.say("A table at 7 pm.", "A table at seven pm.")
    history.say("For two.", "For two.")
    history.reported("A table at", True)
    history.reported("", True)
    texts = shown(history)
    assert texts[1] == ("assistant", "A table at …")
    assert texts[2][0] == "user" and texts[2][1].startswith(INTERRUPTED) and "For two." in texts[2][1]


def test_a_report_is_of_the_oldest_sentence_it_fits():
    history = History()
    history.say("One.", "One.")
    history.say("Two.", "Two.")
    assert history.reported("Two.", False).spoken == "Two."
    assert [line.fate for line in history.lines] == ["", "said"]


def test_every_tool_call_is_followed_by_its_result():
    history = History()
    history.heard("Yes.")
    history.say("One moment.", "One moment.")
    history.call("a", "book", "{}")
    history.call("b", "end_call", "{}")
    history.heard("Hello?")
    history.result("a", "Done.")
    messages = history.messages("system")
    assert [message["role"] for message in messages] == [
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
        "user",
    ]
    assert [call["id"] for call in messages[2]["tool_calls"]] == ["a", "b"]
    assert [message["content"] for message in messages[3:5]] == ["Done.", NO_RESULT]


def test_a_second_round_of_tools_is_a_message_of_its_own():
    history = History()
    history.call("a", "book", "{}")
    history.result("a", "Refused.")
    history.call("b", "book", "{}")
    history.result("b", "Done.")
    roles = [message["role"] for message in history.messages("system")]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "tool"]


def test_two_calls_of_a_server_without_numbers_keep_their_own_results():
    history = History()
    history.heard("Yes.")
    first, second = history.call("call_0", "book", "{}"), history.call("call_0", "book", "{}")
    history.result(first, "Refused.")
    history.result(second, "Done.")
    answered = history.messages("system")[3:5]
    assert [message["content"] for message in answered] == ["Refused.", "Done."]
    assert len({message["tool_call_id"] for message in answered}) == 2


def test_an_operators_words_are_no_report_of_a_sentence_of_the_models():
    history = History()
    history.say("Yes, for two.", "Yes, for two.")
    history.operator("Yes")
    assert [line.fate for line in history.lines] == ["", "said"]
    assert history.reported("Yes, for two.", False) is history.lines[0]


def test_nothing_empty_is_shown():
    history = History()
    history.heard(" ")
    history.operator("")
    assert all(text for _, text in shown(history))


def test_the_last_word_is_never_our_own():
    history = History()
    history.heard("Please leave a message.")
    history.say("A table.", "A table.")
    assert shown(history)[-1] == ("user", NO_ANSWER)

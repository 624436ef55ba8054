"""What is told of a message on a machine is what the machine was given."""

from engine.dialogue.message_left import MessageLeft


def test_a_message_that_was_played_whole_was_left():
    message = MessageLeft().told("Hello.", "Hello.").told("A table for two.", "A table for two.")
    assert message.in_words() == "the message was left"


def test_what_was_cut_is_counted_to_the_word():
    message = MessageLeft(begun=True).told("A table for", "A table for two people.").they_spoke()
    assert message.in_words() == "a part of the message was left: 3 of 5 words"


def test_words_of_which_nothing_was_played_are_no_message():
    assert MessageLeft().told("", "A table for two.").in_words() == "no message was left"


def test_a_conversation_before_it_is_no_part_of_it():
    assert MessageLeft().told("Hello.", "Hello.").they_spoke() == MessageLeft()

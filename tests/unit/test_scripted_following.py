"""The scripted brain beside another one: it knows what was said, and has said nothing that a yes could be to."""

from __future__ import annotations

from engine.brains.scripted import Scripted
from engine.dialogue.moves import Finish, Heard, Say, ToolResult, UseTool
from engine.protocol import Reservation, Task

TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna Berg",
    accept_from="18:30", accept_until="20:00",
)  # fmt: skip


def following(*said: str, heard: str = "Good evening.") -> Scripted:
    brain = Scripted(TASK, "en")
    brain.follow(heard, disclosed=True)
    for text in said:
        brain.spoke(text)
    return brain


def says(brain: Scripted, text: str) -> list[str]:
    return [
        move.text for move in brain.step(Heard(turn=9, text=text, language="en")) if isinstance(move, Say)
    ]


def test_it_does_not_begin_the_call_anew():
    said = says(
        following("I would like a table for two on Friday the sixth of June at seven pm."), "Under what name?"
    )
    assert said and "Anna Berg" in said[0] and not any("AI assistant" in text for text in said)


def test_a_yes_to_the_other_brains_words_books_nothing():
    brain = following(
        "So that is a table for two, on Friday the sixth of June, at seven pm, for Anna Berg, right?"
    )
    moves = list(brain.step(Heard(turn=9, text="Yes, that is right.", language="en")))
    assert not any(isinstance(move, UseTool) for move in moves)
    assert any(isinstance(move, Say) and "Berg" in move.text for move in moves), "it reads back itself"


def test_it_goes_on_from_the_time_that_the_other_brain_agreed_to():
    brain = following("Half past seven in the evening is fine.")
    assert "seven thirty" in " ".join(says(brain, "Yes, we have a table."))


def test_a_time_that_will_not_do_is_not_what_it_is_after():
    brain = following("You said eleven at night?")
    assert "eleven" not in " ".join(says(brain, "Yes, we have a table."))


def test_it_closes_what_the_other_brain_has_booked():
    moves = following("Is that right?").settle(
        ToolResult(tool="book", reservation=Reservation(status="booked"))
    )
    assert isinstance(moves[-1], Finish) and moves[-1].outcome == "booked"

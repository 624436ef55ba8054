"""The simulated restaurant: when it speaks, interrupts, waits, repeats and hangs up. Text and milliseconds only."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import pytest

from engine.lines.persona import Persona
from engine.lines.phrases import ASK, FAREWELL, PARDON, YES
from engine.lines.steps import Act, HangUp, Play, Speak
from engine.scenario import listing, load
from engine.scenario_parts import PATIENCE
from tests.fakes.persona_call import AGREE, REQUEST, Call, texts

INTERRUPT = """\
      interrupt_after_words: 5
      next: how_many
    how_many:
      say: for how many people
      next: thanks
    thanks:
      needs: [party_size]
      say: '{party_size} thank you'
"""


def test_interruption_comes_at_the_named_word_and_at_once(tmp_path: Path) -> None:
    call = Call(tmp_path, INTERRUPT)
    assert call.persona.hears("Hello, this is an", 2000) == []
    assert call.persona.hears("Hello, this is an AI", 2100) == [Speak("for how many people", 0)]
    assert call.persona.hears("Hello, this is an AI assistant", 2200) == []


def test_rest_of_an_interrupted_sentence_is_no_answer(tmp_path: Path) -> None:
    call = Call(tmp_path, INTERRUPT)
    call.persona.hears("Hello, this is an AI", 2000)
    assert call.persona.agent_finished("Hello, this is an AI assistant calling", 2400) == []
    assert call.persona.finished(3500) == []
    assert texts(call.say("For four people, please.")) == ["four thank you"]


def test_sounds_and_words_of_a_step_follow_one_another(tmp_path: Path) -> None:
    call = Call(
        tmp_path,
        """\
      next: wait
    wait:
      say: one moment please
      then: back
    back:
      play: music
      seconds: 6
      say: here we are
""",
    )
    assert call.say(REQUEST) == [
        Speak("one moment please", 400),
        Play("music", 6.0),
        Speak("here we are", 400),
    ]


def test_answer_into_our_own_speech_is_heard_when_we_have_finished(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    call.persona.agent_finished("Hello, this is an AI assistant.", 5000)
    assert call.persona.agent_finished(REQUEST, 5500) == []
    assert texts(call.persona.finished(6000)) == ["a table for four on friday at half past seven"]


def test_answer_to_earlier_words_is_no_answer_to_later_ones(tmp_path: Path) -> None:
    steps = """\
      next: wait
    wait:
      say: one moment please
      then: back
    back:
      play: music
      say: we have a table
      next: confirmed
    confirmed:
      say: your table is confirmed
"""
    call = Call(tmp_path, steps)
    call.persona.agent_finished(REQUEST, 5000)
    assert call.persona.finished(6000) == [Play("music", 1.0)]
    assert call.persona.agent_finished("Of course, I will wait.", 6500) == []
    assert texts(call.persona.finished(7000)) == ["we have a table"]
    assert call.persona.finished(8000) == []


def test_two_who_ask_each_other_to_repeat_come_to_an_end(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    call.say(REQUEST)
    acts = [act for _ in range(6) for act in call.say("I am sorry, could you repeat that, please?")]
    assert acts[-1] == HangUp()


def test_silence_is_met_with_hello_once_and_then_with_hanging_up(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    assert call.quiet(7) == []
    assert texts(call.quiet(2)) == ["hello this is blue anchor"]
    assert call.quiet(10) == [HangUp()]
    assert call.say(REQUEST) == []


def test_restaurant_is_patient_while_the_agent_speaks(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    for second in range(20):
        call.now_ms += 1000
        call.persona.hears("word " * second, call.now_ms)
        assert call.persona.tick(call.now_ms) == []


def test_step_for_silence_is_taken_instead_of_hello(tmp_path: Path) -> None:
    call = Call(tmp_path, "      on_silence: gone\n    gone:\n      hang_up: true\n")
    assert call.quiet(9) == [HangUp()]


def test_answering_machine_hears_nothing_and_hangs_up_in_the_silence(tmp_path: Path) -> None:
    call = Call(tmp_path, "      then: beep\n    beep:\n      play: beep\n  machine: true\n")
    assert call.opening == [Speak("good evening", 400), Play("beep", 1.0)]
    assert call.say(REQUEST) == []
    assert call.quiet(9) == [HangUp()]


def test_last_words_are_repeated_when_asked_for(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    call.say(REQUEST)
    repeated = call.say("I am sorry, could you repeat that, please?")
    assert texts(repeated) == ["a table for four on friday at half past seven"]


def test_goodbye_is_answered_and_the_call_ended(tmp_path: Path) -> None:
    acts = Call(tmp_path, AGREE).say("Thank you, goodbye.")
    assert acts == [Speak(FAREWELL["en"], 400), HangUp()]


def test_goodbye_is_not_said_twice(tmp_path: Path) -> None:
    call = Call(tmp_path, "      next: bye\n    bye:\n      say: thank you goodbye\n")
    call.say(REQUEST)
    assert call.say("Thank you, goodbye.") == []
    assert call.quiet(9) == [HangUp()]


def test_finished_part_says_yes_to_what_is_read_back(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    call.say(REQUEST)
    assert texts(call.say("So that is a table for four people on Friday, is that right?")) == [YES["en"]]


def test_read_back_that_differs_is_heard_twice_before_a_yes(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    call.say(REQUEST)
    other = "So that is a table for four people on Friday at eight p m, is that right?"
    assert texts(call.say(other)) == [PARDON["en"]]
    assert texts(call.say(other)) == [YES["en"]]


def test_answer_that_fits_no_branch_is_asked_for_again(tmp_path: Path) -> None:
    steps = "      next: [{when: {says: [window]}, go: window}]\n    window:\n      say: near the window\n"
    call = Call(tmp_path, steps)
    assert texts(call.say("In the garden.")) == [PARDON["en"]]
    assert texts(call.say("At the window.")) == ["near the window"]


def test_steps_that_lead_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    call = Call(tmp_path, "      then: again\n    again:\n      say: let me check\n      then: greet\n")
    assert isinstance(call.opening[-1], HangUp)


def test_question_whether_somebody_is_there_is_answered(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    call.say(REQUEST)
    assert texts(call.say("Hello, are you still there?")) == [YES["en"]]


def test_goodbye_as_the_last_patience_ends_is_not_said_twice_and_ends_the_call(tmp_path: Path) -> None:
    call = Call(tmp_path, "      next: bye\n    bye:\n      say: thank you goodbye\n      on_silence: bye\n")
    call.say(REQUEST)
    acts = call.quiet(9 * (PATIENCE + 2))
    assert texts(acts) == ["thank you goodbye"] * (PATIENCE - 1)
    assert acts[-1] == HangUp()


def test_hello_into_the_silence_is_not_said_for_ever(tmp_path: Path) -> None:
    call = Call(tmp_path, "")
    acts: list[Act] = []
    for _ in range(PATIENCE + 1):
        acts += call.quiet(9)
        acts += call.say("Mhm.")
    assert texts(acts) == ["hello this is blue anchor"] * PATIENCE
    assert HangUp() in acts


AGENTS = {
    "says nothing": ["", "", ""],
    "asks to repeat": ["I am sorry, could you repeat that, please?"],
    "reads back": ["So that is a table for four people on Friday at eight p m, is that right?"],
    "changes its mind": [
        "For four people at eight p m, is that right?",
        "For two people at six p m, is that right?",
    ],
    "says mhm": ["Mhm."],
    "says mhm after a while": ["", "Mhm."],
    "says yes": ["Yes, please."],
    "says no": ["No, thank you."],
    "says goodbye": ["Thank you, goodbye."],
    "asks whether anybody is there": ["", "Are you still there?"],
    "asks for another time": ["Would something between six p m and eight p m be possible?"],
    "tells all": [
        "I would like to book a table for four people on Friday at seven thirty p m.",
        "Anna Walker.",
    ],
}


@pytest.mark.parametrize("path", listing(), ids=lambda path: f"{path.parent.name}/{path.stem}")
@pytest.mark.parametrize("agent", AGENTS)
def test_call_comes_to_an_end_whatever_the_agent_says_over_and_over(path: Path, agent: str) -> None:
    scenario = load(path)
    if not scenario.restaurant.answers:
        return
    call = Call.__new__(Call)  # with a scenario that is there already
    call.persona, call.now_ms = Persona(scenario), 0
    acts = call.played(call.persona.answered(0))
    turns = cycle(AGENTS[agent])
    for _ in range(20 * PATIENCE):
        if acts and acts[-1] == HangUp():
            return
        words = next(turns)
        acts = call.say(words) if words else call.quiet(int(scenario.restaurant.silence_s) + 1)
    pytest.fail("the restaurant never hangs up")


def test_a_scrap_that_was_said_while_it_asked_is_no_answer(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    asked = call.persona.agent_finished("Hello, I would like to", 2000)
    assert texts(asked) == [ASK["en"]["party_size"]]
    assert call.persona.agent_finished("book a", 2500) == []
    assert call.persona.finished(3500) == [], "it waits for the answer, and does not ask again"


def test_an_answer_that_came_while_it_still_asked_counts(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    call.persona.agent_finished("Hello, I would like to", 2000)
    assert call.persona.agent_finished("For four people, please.", 2500) == []
    assert texts(call.persona.finished(3500)) == [ASK["en"]["date"]]

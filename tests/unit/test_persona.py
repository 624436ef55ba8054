"""The simulated restaurant: what it does with what it hears. Text and milliseconds only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine.dialogue.sentences import refill
from engine.dialogue.understanding import understand
from engine.languages import load as load_language
from engine.lines.persona import DINNER, Persona
from engine.lines.phrases import ASK, FAREWELL, PARDON, YES, say_clock
from engine.lines.steps import Act, HangUp, Play, Speak, said_facts
from engine.protocol import LANGUAGES
from engine.scenario import listing, load

HEAD = """\
title: A try
language: en
task: {restaurant: Blue Anchor, today: 2025-12-01, date: 2025-12-05, time: 19:30, party_size: 4, name: Anna Walker}
expected: {outcome: booked}
restaurant:
  silence_s: 8
  steps:
    greet:
      say: good evening
"""
REQUEST = "I would like to book a table for four people on Friday at seven thirty p m."


class Call:
    """A call with a persona: says things to it and plays its acts out, the clock in between."""

    def __init__(self, folder: Path, steps: str) -> None:
        path = folder / "try.yaml"
        path.write_text(HEAD + steps, "utf-8")
        self.persona = Persona(load(path))
        self.now_ms = 0
        self.opening = self.played(self.persona.answered(0))

    def played(self, acts: list[Act]) -> list[Act]:
        """All acts that follow from these, each played to its end."""
        done: list[Act] = []
        while acts:
            assert len(acts) == 1, "one sounding act at a time"
            done += acts
            if isinstance(acts[0], HangUp):
                break
            self.now_ms += 1000
            acts = self.persona.finished(self.now_ms)
        return done

    def say(self, text: str) -> list[Act]:
        """One turn of the agent, and all that comes of it."""
        self.now_ms += 1000
        return self.played(self.persona.agent_finished(text, self.now_ms))

    def quiet(self, seconds: int) -> list[Act]:
        """Nobody speaks."""
        done: list[Act] = []
        for _ in range(seconds * 4):
            self.now_ms += 250
            done += self.played(self.persona.tick(self.now_ms))
        return done


def texts(acts: list[Act]) -> list[str]:
    return [act.text for act in acts if isinstance(act, Speak)]


AGREE = """\
      next: agree
    agree:
      needs: [party_size, date, time]
      say: a table for {party_size} on {day} at {time}
"""


def test_what_was_not_said_is_asked_for_in_order(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    ask = ASK["en"]
    assert texts(call.say("Hello, this is an AI assistant.")) == [ask["party_size"]]
    assert texts(call.say("For four people, please.")) == [ask["date"]]
    assert texts(call.say("On Friday the fifth of December, please.")) == [ask["time"]]
    assert texts(call.say("At seven thirty p m, please.")) == [
        "a table for four on friday at half past seven"
    ]


def test_what_was_said_at_once_is_not_asked_for(tmp_path: Path) -> None:
    assert texts(Call(tmp_path, AGREE).say(REQUEST)) == ["a table for four on friday at half past seven"]


def test_words_that_were_cut_off_are_not_known(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    assert texts(call.say("I would like to book a table for four people on")) == [ASK["en"]["date"]]


def test_question_that_is_never_answered_ends_the_call(tmp_path: Path) -> None:
    call = Call(tmp_path, AGREE)
    acts = [act for _ in range(6) for act in call.say("Hello, this is an AI assistant.")]
    assert texts(acts) == [ASK["en"]["party_size"]] * 4 + [FAREWELL["en"]]
    assert isinstance(acts[-1], HangUp)


def test_restaurant_that_misheard_believes_it_until_it_is_corrected(tmp_path: Path) -> None:
    call = Call(
        tmp_path,
        """\
      next: misheard
    misheard:
      remember: {party_size: 5}
      say: so {party_size} people
      next:
        - when: {party_size: any}
          go: corrected
        - when: {polarity: true}
          go: confirmed
    corrected:
      say: a table for {party_size}
    confirmed:
      say: your table for {party_size} is confirmed
""",
    )
    assert texts(call.say(REQUEST)) == ["so five people"]
    assert texts(call.say("No, for four people, please.")) == ["a table for four"]


@pytest.mark.parametrize("words", ["No, for four people, please.", "No, four people, not five people."])
def test_correction_is_the_value_that_is_new(tmp_path: Path, words: str) -> None:
    call = Call(
        tmp_path, "      remember: {party_size: 5}\n      next: so\n    so: {say: 'for {party_size}'}\n"
    )
    assert texts(call.say(words)) == ["for four"]


OFFER = """\
      next: full
    full:
      say: i can offer you {new_time}
      offer: {time: 20:00}
      next:
        - when: {polarity: false}
          go: no
        - go: yes_of_course
    no:
      say: still at {time}
    yes_of_course:
      say: confirmed at {time}
"""


def test_offer_is_believed_once_the_agent_says_yes(tmp_path: Path) -> None:
    call = Call(tmp_path, OFFER)
    assert texts(call.say(REQUEST)) == ["i can offer you eight p m"]
    assert texts(call.say("Yes, that is fine.")) == ["confirmed at eight p m"]


def test_refused_offer_is_forgotten(tmp_path: Path) -> None:
    call = Call(tmp_path, OFFER)
    call.say(REQUEST)
    assert texts(call.say("No, thank you.")) == ["still at half past seven"]


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


def test_question_for_other_times_is_no_wish_for_the_last_of_them(tmp_path: Path) -> None:
    call = Call(tmp_path, OFFER)
    call.say(REQUEST)
    call.say("Would something between six thirty p m and eight thirty p m be possible?")
    assert call.persona.known["time"] == "19:30"


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


def test_answer_that_fits_no_branch_is_asked_for_again(tmp_path: Path) -> None:
    steps = "      next: [{when: {says: [window]}, go: window}]\n    window:\n      say: near the window\n"
    call = Call(tmp_path, steps)
    assert texts(call.say("In the garden.")) == [PARDON["en"]]
    assert texts(call.say("At the window.")) == ["near the window"]


def test_steps_that_lead_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    call = Call(tmp_path, "      then: again\n    again:\n      say: let me check\n      then: greet\n")
    assert isinstance(call.opening[-1], HangUp)


@pytest.mark.parametrize(
    ("code", "time", "words"),
    [
        ("en", "19:30", "half past seven"),
        ("en", "20:00", "eight p m"),
        ("de", "19:30", "halb acht"),
        ("de", "12:45", "viertel vor eins"),
        ("de", "13:00", "ein uhr"),
        ("es", "21:00", "las nueve"),
        ("nl", "20:30", "half negen"),
    ],
)
def test_restaurant_tells_the_time_as_people_do(code: str, time: str, words: str) -> None:
    assert code in LANGUAGES
    assert say_clock(time, code).lower() == words


@pytest.mark.parametrize("path", listing(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_the_agent_says_is_understood_in_its_language(path: Path) -> None:
    scenario = load(path)
    task, today = scenario.task, date.fromisoformat(scenario.task.today)
    language = load_language(task.language)
    read_back = refill(language.say.read_back, task, language)
    meaning = understand(read_back, language, today, near_time=DINNER)
    facts = said_facts(meaning, {})
    assert (facts["party_size"], facts["date"], facts["time"]) == (task.party_size, task.date, task.time)
    assert str(facts["name"]).lower() == task.name.lower()
    assert "confirm_request" in meaning.intents

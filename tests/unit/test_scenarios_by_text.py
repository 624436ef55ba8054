"""Every scenario as a conversation in text and virtual time: the scripted brain and the simulated restaurant.

The agent's side is given the task and what the restaurant said, the restaurant what the agent said; hearing is
perfect, or loses a word here and there.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.brains.scripted import Scripted
from engine.call import outcome_of
from engine.dialogue.constraints import acceptable_date, acceptable_time
from engine.dialogue.conversation import Conversation
from engine.dialogue.moves import Answered, Heard, Said, Say
from engine.lines.persona import Persona
from engine.lines.steps import Act, HangUp, Play, Speak
from engine.protocol import EndCall, LineState, Message, Reservation, Sentence, Spoken, Task, Transcript
from engine.scenario import Scenario, find, listing, load

WORD_MS = 300
HANGOVER_MS = 350  # turns.hangover_ms: silence after which the restaurant's turn is over
TICK_MS = 250
LONGEST_CALL_MS = 180_000  # call.max_seconds
SCENARIOS = listing()
LOST_WORDS = 0.12
SEEDS = range(12)


class TextCall:
    """One call. What is said on either side is kept in `said` for the reader of a failed test."""

    def __init__(self, scenario: Scenario, loss: float = 0.0, seed: int = 0) -> None:
        self.task: Task = scenario.task
        self.conversation = Conversation(
            self.task, lambda memory: Scripted(self.task, self.task.language, memory), lambda *_: None
        )
        self.persona = Persona(scenario)
        self.said: list[str] = []
        self._loss, self._dice = loss, random.Random(seed)
        self._now_ms = 0
        self._turn = 0
        self._unspoken: list[Sentence] = []
        self._acts: list[Act] = []
        self._heard: list[str] = []  # of the restaurant, in the turn that is not over yet
        self._wanted: EndCall | None = None
        self._line: LineState | None = None

    def run(self) -> tuple[str, Reservation]:
        """From the answer to the end of the call: outcome and reservation."""
        self._take(self.conversation.answered(0))
        self._acts += self.persona.answered(0)
        while self._line is None and self._now_ms < LONGEST_CALL_MS:
            if self._acts:
                self._perform(self._acts.pop(0))
            elif self._heard:
                self._end_far_turn()
            elif self._unspoken:
                self._speak()
            elif self._wanted:
                self._line = LineState("ended", "near_end")
            else:
                self._now_ms += TICK_MS
                self._take(self.conversation.tick(self._now_ms * 1000))
                self._acts += self.persona.tick(self._now_ms) if not self._unspoken else []
        line = self._line or LineState("ended", "the call was too long")
        outcome, _ = outcome_of(self._wanted, line, self.conversation.reservation)
        return outcome, self.conversation.reservation

    def _take(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message, Sentence):
                self._unspoken.append(message)
            elif isinstance(message, EndCall):
                self._wanted = message

    def _perform(self, act: Act) -> None:
        """The restaurant's act, played to its end."""
        if isinstance(act, HangUp):
            self.said.append("restaurant hangs up")
            self._line = LineState("ended", "far_end")
            return
        if isinstance(act, Play):
            self._now_ms += int(act.seconds * 1000)
        if isinstance(act, Speak):
            if act.after_ms > HANGOVER_MS and self._heard:
                self._end_far_turn()
                if self._unspoken:
                    self._speak()
            self.conversation.far_speech(True, self._now_ms * 1000)
            self.said.append(f"restaurant: {act.text}")
            self._now_ms += act.after_ms + WORD_MS * len(act.text.split())
            self._heard.append(self._as_heard(act.text))
        self._acts = [*self.persona.finished(self._now_ms), *self._acts]

    def _end_far_turn(self) -> None:
        text, self._heard = " ".join(self._heard), []
        self._now_ms += HANGOVER_MS
        self._turn += 1
        self.conversation.far_speech(False, self._now_ms * 1000)
        if text:
            heard = Transcript(self._turn, text, True, self.task.language, 1.0, 0, self._now_ms)
            self._take(self.conversation.heard(heard, "", self._now_ms * 1000))

    def _speak(self) -> None:
        """The agent's sentences, word by word, until they end or the restaurant talks over them."""
        spoken: list[str] = []
        while self._unspoken:
            sentence = self._unspoken.pop(0)
            words = sentence.text.split()
            for count in range(1, len(words) + 1):
                self._now_ms += WORD_MS
                so_far = [*spoken, " ".join(words[:count])]
                acts = self.persona.hears(" ".join(so_far), self._now_ms)
                if acts:
                    self._cut(sentence, words[: count + 1], spoken)
                    self._acts += acts
                    return
            if words:
                spoken.append(sentence.text)
            self._report(sentence, sentence.text, cut=False)
        text = self._as_heard(" ".join(spoken))
        if text:
            self.said.append(f"agent: {text}")
            self._acts += self.persona.agent_finished(text, self._now_ms)

    def _cut(self, sentence: Sentence, words: list[str], before: list[str]) -> None:
        text = " ".join(words)
        self.said.append(f"agent: {' '.join([*before, text])} –")
        self.persona.agent_finished(" ".join([*before, text]), self._now_ms)
        self._unspoken.clear()
        self._report(sentence, text, cut=True)

    def _report(self, sentence: Sentence, text: str, cut: bool) -> None:
        report = Spoken(
            sentence.utterance, sentence.index, text, done=True, ends_utterance=cut or sentence.last, cut=cut
        )
        self._take(self.conversation.spoken(report, self._now_ms * 1000))

    def _as_heard(self, text: str) -> str:
        kept = [word for word in text.split() if self._loss == 0 or self._dice.random() >= self._loss]
        return " ".join(kept)


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_call_ends_as_the_scenario_expects(path: Path) -> None:
    scenario = load(path)
    if not scenario.restaurant.answers:
        assert scenario.expected.outcome == "no_answer"
        return
    call = TextCall(scenario)
    outcome, reservation = call.run()
    assert scenario.expected.differences(outcome, reservation) == [], "\n" + "\n".join(call.said)


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_lost_words_never_lead_to_a_booking_the_task_does_not_allow(path: Path) -> None:
    scenario = load(path)
    if not scenario.restaurant.answers:
        return
    task = scenario.task
    for seed in SEEDS:
        call = TextCall(scenario, LOST_WORDS, seed)
        outcome, reservation = call.run()
        report = f"seed {seed}\n" + "\n".join(call.said)
        assert outcome != "failed", report
        if reservation.status in ("booked", "changed"):
            assert acceptable_date(task, reservation.date), report
            assert acceptable_time(task, reservation.time), report
            assert (reservation.party_size, reservation.name) == (task.party_size, task.name), report


def test_agent_that_is_asked_to_repeat_its_asking_to_repeat_says_its_request() -> None:
    task = load(find("en/accepts")).task
    brain = Scripted(task, "en")
    list(brain.step(Answered()))
    said: list[str] = []
    for turn, words in enumerate(("good evening", "in the garden", "could you repeat that please"), 1):
        said = [
            move.text
            for move in brain.step(Heard(turn=turn, text=words, language="en"))
            if isinstance(move, Say)
        ]
        for text in said:
            list(brain.step(Said(text=text)))
    assert "four people" in said[0]


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_restaurant_believes_what_the_agent_booked(path: Path) -> None:
    """Both sides must have written down the same; otherwise four people come to a table for five."""
    scenario = load(path)
    if not scenario.restaurant.answers:
        return
    call = TextCall(scenario)
    outcome, reservation = call.run()
    if outcome == "booked":
        known = call.persona.known
        assert known["date"] == reservation.date
        assert known["time"] == reservation.time
        assert known["party_size"] == reservation.party_size
        assert str(known["name"]).lower() in reservation.name.lower()

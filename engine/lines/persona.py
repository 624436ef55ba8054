"""The restaurant of a simulated call: plays a scenario's steps in answer to what it really heard of the agent.

hears  the agent's words as they were spoken, cut where they were cut, and the time
does   acts: speak, play a sound, hang up; one sounding act at a time, the next when `finished` says it is over

It knows nothing of the task: what the agent does not say, it asks for. Pure: time is passed in.
Whatever the agent says or leaves unsaid, the call ends: everything a restaurant does again and again is counted, and
after PATIENCE times it says goodbye and hangs up. Asked to wait a moment, it says nothing and gives the agent time.
A recorded menu hears keys and nothing else. How hurried it is, or how well it hears, is in in_character.py.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Literal

from engine.dialogue.meaning import Meaning
from engine.dialogue.understanding import understand
from engine.errors import ScenarioError
from engine.languages import load
from engine.lines.in_character import InCharacter
from engine.lines.patience import WAITS_MS, before_the_wait
from engine.lines.phrases import AGAIN, CHECK, FAREWELL, HELLO, PARDON, YES
from engine.lines.steps import Act, HangUp, Known, Play, Speak, fill, holds, missing_fact, said_facts
from engine.protocol import LanguageCode
from engine.scenario_parts import PATIENCE, Scenario, Step, When
from engine.scenario_values import same

ALWAYS = When()
OPENINGS = frozenset({"greeting", "discloses"})
DINNER = "19:00"  # what an hour without "a.m." or "p.m." is near to, as long as nothing better is known

Afterwards = Literal["listen", "go_on", "hang_up"]


class Persona:
    """One restaurant in one call; a Part."""

    thinks = False  # it answers at once

    def __init__(self, scenario: Scenario) -> None:
        """Raises ScenarioError where the restaurant is to be played by a model."""
        if scenario.restaurant.played_by_model:
            raise ScenarioError(
                "restaurant.persona: llm plays on the simulated line and in `call-thing evaluate`; choose another here."
            )
        self._scenario = scenario
        self._steps = scenario.restaurant.steps
        self._character = InCharacter(scenario.restaurant)
        self.known: Known = {}
        self._name, self._step = "", Step()
        self._bound_for = ""  # the step that waits until its facts are known
        self._asking = ""  # the fact it asked for last
        self._entered: Counter[str] = Counter()
        self._tried: Counter[str] = Counter()  # what it asked or said again and again
        self._last_words = ""
        self._queue: list[Act] = []
        self._afterwards: Afterwards = "listen"
        self._sounding = False
        self._interrupting = False
        self._over = False
        self._overheard: list[str] = []  # what the agent said while we were speaking
        self._quiet_since_ms = 0
        self._wondered = False  # said hello into the silence
        self._waits = False  # was asked to

    @property
    def _language(self) -> LanguageCode:
        """Of whoever is speaking: with a step in another language somebody else has come to the telephone."""
        return self._step.language or self._scenario.spoken

    def answered(self, now_ms: int) -> list[Act]:
        """The phone was picked up."""
        self._quiet_since_ms = now_ms
        return self._go("greet")

    def hears(self, text_so_far: str, now_ms: int) -> list[Act]:
        """The agent is speaking; `text_so_far` is its current utterance, to the word."""
        self._quiet_since_ms = now_ms
        limit = self._step.interrupt_after_words or self._cuts_in_after()
        if self._sounding or self._over or self._bound_for or not limit or len(text_so_far.split()) < limit:
            return []
        if before_the_wait(text_so_far, self._language) is not None:
            return []
        self._character.cuts_in()
        acts = self._answer(text_so_far)
        self._interrupting = self._sounding
        return [Speak(act.text, 0, act.language) if isinstance(act, Speak) else act for act in acts]

    def agent_finished(self, text: str, now_ms: int) -> list[Act]:
        """The agent stopped talking. text: all it said since we last took our turn, as far as it was heard."""
        self._quiet_since_ms = now_ms
        if self._over or not text.strip():
            return []
        if self._interrupting:  # the rest of the sentence we talked over
            self._learn(text)
            return []
        if self._sounding:
            self._overheard.append(text)
            return []
        return self._answer(text)

    def key(self, digit: str, now_ms: int) -> list[Act]:
        """The agent has pressed a key: a menu that knows it is cut short; nobody else hears it."""
        if self._over or digit not in self._step.keys:
            return []
        self._quiet_since_ms = now_ms
        self._queue, self._overheard = [], []
        return self._go(self._step.keys[digit])

    def finished(self, now_ms: int) -> list[Act]:
        """Our own act has been played to its end."""
        self._quiet_since_ms = now_ms
        if self._over:
            return []
        overheard, self._overheard = " ".join(self._overheard), []
        if self._queue or self._afterwards != "listen":  # said before our last words: no answer to them
            self._learn(overheard)
        if self._queue:
            return [self._queue.pop(0)]
        self._sounding = self._interrupting = False
        if self._afterwards == "hang_up":
            return self._hang_up()
        if self._afterwards == "go_on":
            return self._go(self._step.then)
        return self._answer(overheard) if self._says_something(overheard) else []

    def tick(self, now_ms: int) -> list[Act]:
        """Time passes; call it a few times a second."""
        patience_ms = max(self._character.patience_ms, WAITS_MS if self._waits else 0)
        if self._sounding or self._over or now_ms - self._quiet_since_ms < patience_ms:
            return []
        self._quiet_since_ms = now_ms
        self._waits = False
        if self._wondered or (self._scenario.restaurant.machine and not self._step.on_silence):
            return self._hang_up()
        if self._step.on_silence and not self._bound_for:
            return self._go(self._step.on_silence)
        if self._step.keys:
            return self._go(self._name)  # once more from the beginning
        if self._out_of_patience("hello"):
            return self._hang_up()
        self._wondered = True
        hello = HELLO[self._language].format(restaurant=self._scenario.task.restaurant.lower())
        return self._begin([Speak(hello, self._after_ms(None), self._step.language)], "listen")

    def _answer(self, text: str) -> list[Act]:
        """Take our turn after the agent's."""
        if self._scenario.restaurant.machine or self._step.keys:  # it hears no words, but not for ever
            return self._hang_up() if self._out_of_patience("nothing") else []
        self._wondered = False
        if self._is_to_wait(text):
            return []
        if words := self._character.on_recording(text, self._language):
            self._learn(text)
            self._last_words = words
            self._character.has_said(words)
            return self._try("recording", words)
        meaning = self._understand(text)
        if trouble := self._hears_badly(said_facts(meaning, self.known)):
            return trouble
        if meaning.polarity is True and not self._bound_for:
            self.known |= self._step.offer.given()
        said = said_facts(meaning, self.known)
        differs = any(not same(fact, self.known.get(fact, value), value) for fact, value in said.items())
        self.known |= said
        if not self._bound_for:
            for branch in self._step.next:
                conditional = branch.when != ALWAYS
                visits = self._entered[self._name]
                if conditional and holds(branch.when, text, meaning, said, self.known, visits):
                    return self._go(branch.go)
        if "goodbye" in meaning.intents:
            return self._goodbye()
        if "ask_repeat" in meaning.intents and self._last_words:
            return self._try("repeat", self._last_words)
        if self._bound_for:
            return self._go(self._bound_for)
        return self._otherwise(meaning, differs)

    def _cuts_in_after(self) -> int:
        """Words of the agent's first turn; 0 = it is heard to its end."""
        is_first = self._name == next(iter(self._steps)) and bool(self._step.next)
        return self._character.cuts_in_after() if is_first else 0

    def _hears_badly(self, said: Known) -> list[Act]:
        """What somebody does who has not heard what was told, or something else than was said."""
        if self._character.has_not_heard(said):
            return self._try("again", AGAIN[self._language])
        heard = self._character.misheard(said)
        if heard is None:
            return []
        self.known |= heard
        return self._try("check", fill(CHECK[self._language], heard, {}, self._language))

    def _is_to_wait(self, text: str) -> bool:
        """Were we asked to, and have we not been asked too often without a word in between?"""
        before = before_the_wait(text, self._language)
        self._waits = before is not None and not self._out_of_patience("wait")
        if before is None:
            self._tried["wait"] = 0
        elif self._waits:
            self._learn(before)
        return self._waits

    def _otherwise(self, meaning: Meaning, differs: bool) -> list[Act]:
        """No condition held: the branch without one, or the manners that every restaurant has."""
        if self._step.next and self._step.next[-1].when == ALWAYS:
            return self._go(self._step.next[-1].go)
        if not self._step.next:
            return self._manners(meaning, differs)
        return self._try("pardon", PARDON[self._language])

    def _manners(self, meaning: Meaning, differs: bool) -> list[Act]:
        """The part is played out: say yes to what is read back to us, and otherwise wait for the goodbye.

        differs: it is not what we had noted, so hear it twice before saying yes.
        """
        if "confirm_request" in meaning.intents and differs:
            return self._try("pardon", PARDON[self._language])
        if meaning.intents & {"confirm_request", "still_there"}:
            self._last_words = YES[self._language]
            return self._try("yes", self._last_words)
        return self._give_up() if self._out_of_patience("nothing") else []

    def _go(self, name: str) -> list[Act]:
        """Take the step, or ask for what is still missing for it."""
        step = self._steps[name]
        known = self.known | step.remember.given()
        missing = missing_fact(step, known)
        if missing:
            self._bound_for, self._asking = name, missing
            self._last_words = self._character.asks_for(missing, self._tried[missing], self._language)
            return self._try(missing, self._last_words)
        self._entered[name] += 1
        if self._entered[name] > PATIENCE:
            return self._give_up()
        self._bound_for, self._asking, self._name, self._step = "", "", name, step
        self.known |= step.remember.given()
        acts: list[Act] = [Play(step.play, step.seconds)] if step.play else []
        if step.say:
            said = fill(step.say, known, step.offer.given(), step.language or self._language)
            if self._is_an_answer(step):
                said = self._character.with_small_talk(said, self._language)
            acts.append(self._words(said, step.after_ms, step.language))
        afterwards: Afterwards = "hang_up" if step.hang_up else "go_on" if step.then else "listen"
        return self._begin(acts, afterwards)

    def _is_an_answer(self, step: Step) -> bool:
        """In what is none there is no small talk."""
        return not (self._name == next(iter(self._steps)) or step.language or step.play)

    def _try(self, what: str, question: str) -> list[Act]:
        """Ask once more, unless that has been of no use before."""
        if self._out_of_patience(what):
            return self._give_up()
        return self._begin([Speak(question, self._after_ms(None), self._step.language)], "listen")

    def _out_of_patience(self, what: str) -> bool:
        """Count one more of `what`: has that been of no use before?"""
        self._tried[what] += 1
        return self._tried[what] > PATIENCE

    def _begin(self, acts: list[Act], afterwards: Afterwards) -> list[Act]:
        """Start on acts; returns the first, the others follow as each is finished."""
        self._afterwards = afterwards
        if acts:
            self._sounding = True
            self._queue = acts[1:]
            return acts[:1]
        if afterwards == "hang_up":
            return self._hang_up()
        return self._go(self._step.then) if afterwards == "go_on" else []

    def _goodbye(self) -> list[Act]:
        """Answer a goodbye, unless that was the last thing we said: then wait a while for the agent to hang up."""
        if self._said_goodbye() and not self._out_of_patience("goodbye"):
            self._wondered = True
            return []
        return self._give_up()

    def _give_up(self) -> list[Act]:
        """Say goodbye, unless we just did, and end the call."""
        if self._said_goodbye():
            return self._begin([], "hang_up")
        farewell = self._words(FAREWELL[self._language], None, self._step.language)
        return self._begin([farewell], "hang_up")

    def _said_goodbye(self) -> bool:
        return "goodbye" in self._understand(self._last_words).intents

    def _hang_up(self) -> list[Act]:
        self._over = True
        return [HangUp()]

    def _words(self, text: str, after_ms: int | None = None, language: LanguageCode | None = None) -> Speak:
        self._last_words = text
        return Speak(text, self._after_ms(after_ms), language)

    def _after_ms(self, after_ms: int | None) -> int:
        """Its reaction time; that of a step is what the scenario says it is."""
        return self._character.reaction_ms if after_ms is None else after_ms

    def _learn(self, text: str) -> None:
        """Keep the facts of what needs no answer."""
        if text:
            self.known |= said_facts(self._understand(text), self.known)

    def _says_something(self, text: str) -> bool:
        """Is there anything in it? What was said while we spoke may be the scrap of a sentence we cut off.

        A greeting in a greeting wants no answer: both have begun at once.
        """
        if before_the_wait(text, self._language) is not None:
            return True
        if self._character.on_recording(text, self._language):
            return True
        meaning = self._understand(text)
        asks = meaning.intents - OPENINGS
        return bool(asks or said_facts(meaning, self.known) or meaning.polarity is not None)

    def _understand(self, text: str) -> Meaning:
        near = str(self.known.get("time", DINNER))
        today = date.fromisoformat(self._scenario.task.today)
        return understand(text, load(self._language), today, near_time=near, expecting=self._asking)

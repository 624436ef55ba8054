"""A brain that says what the law wants said about recording, whoever thinks behind it. Pure.

    events ─► RecordingTalk ─► brain: scripted, a language model, …
    moves  ◄─ the disclosure, then ours: "This call is recorded.", or "May I record this call?" ◄─

Announce: the sentence follows the disclosure, and again whenever that is said again or another language is spoken.
Consent: the question follows the disclosure, and what else the brain wanted to say waits for the answer. A plain yes or
no is ours to answer; anything else is "none", and the brain hears it, as if its words had been cut off.
Whoever says later that they do not want to be recorded is heeded in both. After music or a ringing tone it may be
somebody else: what was agreed to holds no longer, and is said or asked again with our next words.

It stands in code and not in a prompt: no brain is asked, and none can leave it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Literal

import msgspec

from engine.brains.base import Brain
from engine.dialogue.moves import (
    Consent,
    Event,
    Expects,
    FarEndSilent,
    Finish,
    HandedBack,
    Heard,
    LanguageChanged,
    MaySpeak,
    Move,
    Overheard,
    Said,
    Say,
    SoundOnLine,
    Spent,
    Tell,
    WantsNoRecording,
)
from engine.dialogue.on_hold import WAITING
from engine.dialogue.prompt import disclosure
from engine.dialogue.recording_memory import Memory, Policy, Sentence, State
from engine.dialogue.recording_words import answer_to_question, objects, says_more, wants_it_to_end
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.languages.recorded_words import recorded_words
from engine.protocol import DialogueState, LanguageCode, Task

MOST_QUESTIONS = 2
FEW_WORDS = 8  # "sorry, what did you say?"; who says more has something else to say
ANSWER_MS = 6000  # of silence; then they are asked once more


class RecordingTalk:
    """One call's; see Brain."""

    def __init__(
        self, task: Task, policy: Policy, make_brain: Callable[[bytes], Brain], checkpoint: bytes = b""
    ) -> None:
        self._memory = msgspec.msgpack.decode(checkpoint, type=Memory) if checkpoint else Memory()
        self._task, self._policy = task, policy
        self._brain = make_brain(self._memory.brain)
        self._made: list[Say] = []  # our sentences among the moves that are being made
        self._tells_again = self._memory.state == "over"  # a crash may have come between memory and message

    # --- as every brain ---------------------------------------------------------------------------------

    @property
    def thinks(self) -> bool:
        """See Brain. While they are asked it never does: what it thought of is dropped, and it begins anew after."""
        return self._brain.thinks

    def stop(self) -> None:
        """See Brain."""
        self._brain.stop()

    def copy(self) -> RecordingTalk:
        """See Brain."""
        brain = self._brain.copy()
        other = RecordingTalk(self._task, self._policy, lambda _: brain, self.checkpoint())
        other._tells_again = self._tells_again
        return other

    def situation(self) -> DialogueState:
        """See Brain."""
        there = self._brain.situation()
        return msgspec.structs.replace(there, pending="yes_no") if self._memory.state == "asking" else there

    def checkpoint(self) -> bytes:
        """See Brain."""
        return msgspec.msgpack.encode(msgspec.structs.replace(self._memory, brain=self._brain.checkpoint()))

    def step(self, event: Event) -> Iterator[Move]:
        """See Brain."""
        self._made = []
        again, self._tells_again = self._tells_again, False
        moves = self._step(event)
        if again and self._memory.ended is not None:
            moves.insert(0, self._memory.ended)
        if isinstance(event, Heard):
            self._remember(announced=False)
        for move in moves:
            if isinstance(move, Say):
                ours = any(move is each for each in self._made)
                self._remember(out=(*self._memory.out, Sentence(move.text, ours)))
        return iter(moves)

    # --- what happens -----------------------------------------------------------------------------------

    def _step(self, event: Event) -> list[Move]:
        asking = self._memory.state == "asking"
        match event:
            case Said():
                return self._said(event)
            case LanguageChanged():
                return self._language_changed(event)
            case Heard() if asking:
                return self._answered(event)
            case Heard() | Overheard() if words := self._unwanted(event):
                return self._stopped(event, words)
            case WantsNoRecording():
                return self._ends(event.words, event.turn)
            case FarEndSilent(silent_ms=silent_ms) if asking:
                return self._silent() if silent_ms >= ANSWER_MS else []
            case MaySpeak() | HandedBack() if asking:
                return [*self._take_back(), *self._with_ours(self._brain.step(event))]
            case SoundOnLine():
                return self._sound(event)
        return self._with_ours(self._brain.step(event))

    def _answered(self, event: Heard) -> list[Move]:
        if not event.text.strip():
            return []  # a noise
        answer = answer_to_question(event.text, self._codes(event))
        heard, again = self._memory.heard, self._memory.asked < MOST_QUESTIONS
        if answer == "no" or (answer == "yes" and heard):
            say, given = recorded_words(self._language), answer == "yes"
            told = Consent(state="given" if given else "refused", words=event.text, turn=event.turn)
            if not given:
                self._remember(ended=told)
                return [told, self._our(say.declined), *self._go_on("over")]
            return [
                self._our(say.thanks),
                *self._go_on("given"),
                told,
            ]  # told last: it waits until it is settled
        if self._memory.disclosed and self._asks_to_wait(event):
            return [*self._take_back(), *self._brain.step(event)]  # they are asked when they are back
        if self._memory.disclosed and again and (not heard or len(event.text.split()) <= FEW_WORDS):
            return self._ask()
        none: list[Move] = [Consent(state="none", words=event.text, turn=event.turn)] if heard else []
        moves = [*none, *self._take_back()]
        self._remember(state="none" if heard or not again else "", owed=again and not heard)
        return [*moves, *self._with_ours(self._brain.step(event))]

    def _silent(self) -> list[Move]:
        if self._memory.asked < MOST_QUESTIONS:
            return self._ask()
        return [Consent(state="none"), *self._go_on("none")]

    def _asks_to_wait(self, event: Heard) -> bool:
        today = date.fromisoformat(self._task.today)
        return "hold" in understand(event.text, load(event.language), today).intents

    def _unwanted(self, event: Heard | Overheard) -> str:
        """The sentence in which they say that they do not want to be recorded; "" = none, or it is over."""
        if self._memory.state == "over":
            return ""
        codes = self._codes(event) if isinstance(event, Heard) else (self._language,)
        words = wants_it_to_end(event.text, codes)
        return words or (objects(event.text, codes) if self._memory.announced else "")

    def _stopped(self, event: Heard | Overheard, words: str) -> list[Move]:
        told = self._ends(words, event.turn if isinstance(event, Heard) else 0)
        silent = isinstance(event, Heard) and not says_more(event.text, words)
        return [*told, *self._brain.step(MaySpeak() if silent else event)]

    def _ends(self, words: str, turn: int) -> list[Move]:
        """They want it to end."""
        if self._memory.state == "over":
            return []
        taken_back = self._take_back() if self._memory.state == "asking" else []
        told = Consent(state="stopped", words=words, turn=turn)
        self._remember(state="over", owed=False, ended=told)
        return [told, *taken_back, self._our(recorded_words(self._language).stopped)]

    def _sound(self, event: SoundOnLine) -> list[Move]:
        """Nobody speaks. Behind music there may be somebody else, who knows of nothing."""
        told: list[Move] = []
        if event.on and event.sound in WAITING:
            if self._memory.state in ("asking", "given"):
                told = [Consent(state="none")]
                told += self._take_back() if self._memory.state == "asking" else []
                self._remember(state="", owed=True, asked=0)
            self._remember(away=True, announced=False)
        if self._policy == "consent" and self._memory.state != "asking":
            return [*told, *self._brain.step(event)]  # what is said after a tone is said to a machine
        return [*told, *self._with_ours(self._brain.step(event))]

    def _language_changed(self, event: LanguageChanged) -> list[Move]:
        """Who did not understand what was said has not been told; an announcement is made in both languages."""
        before = self._memory.state
        taken_back = self._take_back() if before == "asking" else []
        self._remember(language=event.language)
        if before == "over":
            pass
        elif self._policy == "announce":
            told = before == "given"
            self._remember(owed=told or self._memory.owed, state="given" if told and event.understood else "")
        elif not event.understood:
            self._remember(state="", asked=0)
        closed: list[Move] = (
            [] if event.understood or self._memory.state == "over" else [Consent(state="none")]
        )
        return [*closed, *taken_back, *self._with_ours(self._brain.step(event))]

    def _said(self, said: Said) -> list[Move]:
        """Playback's report goes to whoever said the sentence."""
        out = self._memory.out
        words = said.text.strip()
        place = next((n for n, each in enumerate(out) if each.text.startswith(words)), None)
        if place is None:
            return self._with_ours(self._brain.step(said))
        self._remember(out=out[:place] + out[place + 1 :])
        whole = not said.cut or words == out[place].text
        if not out[place].ours:
            if self._is_disclosure(Say(text=out[place].text)):
                self._remember(disclosed=whole)
            return self._with_ours(self._brain.step(said))
        if self._memory.state == "over" or out[place].text not in self._about_it:
            return []
        if self._policy == "consent":
            self._remember(heard=whole)
            return []
        if not whole or self._memory.away:
            self._remember(owed=True)
            return []
        self._remember(state="given", owed=False, announced=True)
        return [Consent(state="announced", words=out[place].text)]

    # --- what is said -----------------------------------------------------------------------------------

    def _with_ours(self, moves: Iterator[Move]) -> list[Move]:
        """The brain's moves, with our sentence behind the disclosure, or before whatever is said if it is owed."""
        given = list(moves)
        if self._memory.state == "over":
            return given
        place = next((n for n, move in enumerate(given) if self._is_disclosure(move)), None)
        first = next((n for n, move in enumerate(given) if isinstance(move, Say)), None)
        settled = self._memory.state in ("given", "none") and not self._memory.away
        if place is not None and not (self._policy == "consent" and settled):
            self._remember(asked=0, away=False)
            cut = place + 1
        elif self._memory.owed and first is not None:
            self._remember(away=False)
            cut = first
        elif self._memory.state == "asking":
            return self._kept_waiting(given)
        else:
            return given
        if self._policy == "announce":
            self._remember(owed=False)
            return [*given[:cut], self._our(recorded_words(self._language).notice), *given[cut:]]
        if any(isinstance(move, Finish) for move in given):
            return given  # we leave, and nothing of theirs need be stored
        rest = self._kept_waiting(given[cut:])
        return [*given[:cut], *rest, *self._ask()]

    def _ask(self) -> list[Move]:
        thinks = self._brain.thinks
        if thinks:
            self._brain.stop()  # the question is the last we say, and an answer ahead is made of a brain at rest
        self._remember(state="asking", owed=False, heard=False, asked=self._memory.asked + 1)
        self._remember(resumes=self._memory.resumes or thinks)
        return [Consent(state="asked"), self._our(recorded_words(self._language).question, "yes_no")]

    def _our(self, text: str, expects: Expects = "") -> Say:
        """A sentence of ours, whose report is ours too."""
        self._made.append(Say(text=text, expects=expects))
        return self._made[-1]

    def _kept_waiting(self, moves: list[Move]) -> list[Move]:
        """Those that need not wait for the answer."""
        at_once: list[Move] = [move for move in moves if isinstance(move, Tell | Spent)]
        waits = [move for move in moves if not isinstance(move, Tell | Spent)]
        self._remember(held=(*self._memory.held, *waits))
        return at_once

    def _go_on(self, state: State) -> list[Move]:
        """What has waited."""
        held, resumes = self._memory.held, self._memory.resumes
        self._remember(state=state, held=(), resumes=False)
        return [*held, *(self._brain.step(MaySpeak()) if resumes else ())]

    def _take_back(self) -> list[Move]:
        """What has waited is not said any more: the brain hears that it was cut. Anything but words is done."""
        held = self._memory.held
        self._remember(state="", owed=True, held=(), resumes=False)
        for move in held:
            if isinstance(move, Say):
                list(self._brain.step(Said(text="", cut=True)))
        return [move for move in held if not isinstance(move, Say)]

    # --- words ------------------------------------------------------------------------------------------

    @property
    def _language(self) -> LanguageCode:
        return self._memory.language or self._task.language

    @property
    def _about_it(self) -> tuple[str, ...]:
        """What must be heard to its end."""
        words = recorded_words(self._language)
        return (words.notice, words.question)

    def _is_disclosure(self, move: Move) -> bool:
        return isinstance(move, Say) and move.text == disclosure(self._task, self._language)

    def _codes(self, event: Heard) -> tuple[str, ...]:
        return (self._language, event.language)

    def _remember(self, **changes: object) -> None:
        self._memory = msgspec.structs.replace(self._memory, **changes)


def with_recording(
    policy: Literal["", "announce", "consent"], task: Task, make_brain: Callable[[bytes], Brain]
) -> Callable[[bytes], Brain]:
    """Makes the brain that speaks of recording where that is wanted, around the one that `make_brain` makes."""
    if not policy:
        return make_brain
    return lambda memory: RecordingTalk(task, policy, make_brain, memory)

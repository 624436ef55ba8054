"""One step of the scripted policy being made: the memory as it becomes, and the moves."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from engine.dialogue.constraints import acceptable_date, acceptable_time, time_window
from engine.dialogue.meaning import Meaning
from engine.dialogue.memory import Field, Memory, SaidSentence
from engine.dialogue.moves import Expects, Finish, Move, Say, Tool, UseTool
from engine.dialogue.sentences import can_say, is_answer, refill
from engine.dialogue.understanding import understand
from engine.languages import Language
from engine.protocol import Outcome, Task

REQUEST_FIELDS: tuple[Field, ...] = ("party_size", "date", "time")
TELLS: dict[str, tuple[Field, ...]] = {
    "disclosure": ("name",),
    "request": REQUEST_FIELDS,
    "request_again": REQUEST_FIELDS,
    "request_change": (*REQUEST_FIELDS, "name"),
    "request_cancel": (*REQUEST_FIELDS, "name"),
    "ask_available": REQUEST_FIELDS,
    "read_back": (*REQUEST_FIELDS, "name"),
    "read_back_change": (*REQUEST_FIELDS, "name"),
    "read_back_cancel": (*REQUEST_FIELDS, "name"),
    "answer_party_size": ("party_size",),
    "answer_date": ("date",),
    "answer_time": ("time",),
    "ask_heard_time": ("time",),
    "answer_name": ("name",),
}
# the answer to each of these is awaited until it comes
PENDING: dict[str, str] = {
    "request": "availability",
    "request_change": "availability",
    "request_cancel": "availability",
    "request_again": "availability",
    "ask_available": "availability",
    "ask_by_phone": "availability",
    "ask_heard_time": "availability",
    "ask_range": "range",
    "ask_which_time": "which_time",
    "ask_other_date": "other_date",
    "ask_other_time": "other_time",
    "read_back": "yes_no",
    "read_back_change": "yes_no",
    "read_back_cancel": "yes_no",
    "ask_confirmation": "yes_no",
    "confirm_yes": "yes_no",
    "hold": "return",
    "ask_call_back": "call_back",
    "ask_call_back_today": "call_back",
    "ask_when_to_call": "call_back",
}
ASKS_YES = ("read_back", "confirm_yes", "ask_confirmation")  # beginnings of keys: a yes is to all of it
LEAVES_OPEN = ("hold", "ask_repeat")  # what was asked before is still asked
ASKED_FOR_ANOTHER = (
    "range",
    "which_time",
    "other_date",
    "other_time",
)  # pending: what they say then is an offer
EXPECTS: dict[str, Expects] = {
    "availability": "availability",
    "range": "availability",
    "which_time": "availability",
    "other_date": "yes_no",
    "other_time": "yes_no",
    "yes_no": "yes_no",
    "return": "return",
    "wish": "yes_no",
    "call_back": "yes_no",
    "goodbye": "goodbye",
}
WAITED_FOR = ("book", "change", "cancel", "decline", "ask_principal")  # tools


def _expecting(said: str) -> str:
    """What a bare number would be after this sentence of ours."""
    if said == "answer_party_size":
        return "party_size"  # they say it again
    if said in ("answer_name", "answer_spelling", "correct_name"):
        return "name_again"
    return "time" if said in ("answer_time", "ask_range", "ask_which_time", "ask_other_time") else ""


class Turn:
    """What is decided in answer to one event."""

    def __init__(self, memory: Memory, task: Task, language: Language, hears: Language | None = None) -> None:
        """language: that we speak. hears: that their words are read in; None: the same."""
        self.memory = memory
        self._task = task
        self.language = language
        self.hears = hears or language
        self.moves: list[Move] = []
        self._keys: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """With as many people as an operator has agreed on."""
        people = self.memory.party_size
        return msgspec.structs.replace(self._task, party_size=people) if people else self._task

    def date_does(self, date: str) -> bool:
        """Would this day do, by the task or an operator's word?"""
        return acceptable_date(self._task, date, self.memory.granted)

    def time_does(self, time: str) -> bool:
        """Would this time do?"""
        return acceptable_time(self._task, time, self.memory.granted)

    def remember(self, **changes: Any) -> None:
        """Change the memory."""
        self.memory = msgspec.structs.replace(self.memory, **changes)

    def understand(self, text: str) -> Meaning:
        """Read words of either side, near to what this call is about."""
        today = date.fromisoformat(self.task.today)
        memory = self.memory
        return understand(
            text,
            self.hears,
            today,
            near_time=memory.other_time if memory.pending == "other_time" else memory.time,
            near_date=memory.other_date if memory.pending == "other_date" else memory.date,
            earliest=min((time_window(self.task)[0], *self.task.accept_times)),
            expecting=_expecting(memory.last_keys[-1] if memory.last_keys else ""),
        )

    def say(self, key: str, template: bool = False) -> None:
        """Say one of the language's sentences; the disclosure as it fits who has called whom."""
        called = key == "disclosure" and self.task.called_back
        words = self.language.say.disclosure_called if called else getattr(self.language.say, key)
        self.speak(words, key, template)

    def say_or(self, key: str, otherwise: str) -> None:
        """Say one of the language's sentences, or another where the task lacks what it needs."""
        self.say(key if can_say(key, self.task, self.language) else otherwise)

    def speak(self, template: str, key: str, may_be_stored: bool) -> None:
        """Say a template, refilled; `key` tells what kind of sentence it is."""
        memory = self.memory
        wish = ", ".join(memory.wanted or memory.asked_for)
        text = refill(
            template,
            self.task,
            self.language,
            memory.date,
            memory.time,
            memory.other_date,
            wish,
            memory.other_time,
            memory.call_back,
            memory.offered_time,
        )
        pending = PENDING.get(key, memory.pending)
        stored = template if may_be_stored and is_answer(template, self.language) else ""
        self.moves.append(Say(text=text, expects=EXPECTS.get(pending, ""), template=stored))
        self._keys = (*self._keys, key)
        self.remember(
            pending=pending,
            told=tuple(dict.fromkeys((*memory.told, *TELLS.get(key, ())))),
            disclosed=memory.disclosed or key == "disclosure",
            phone_given=memory.phone_given or key == "answer_phone",
            wishes_told=memory.wishes_told or key == "answer_wishes",
            wanted=() if key == "one_more" else memory.wanted,
            asked_for=memory.wanted or memory.asked_for if key == "one_more" else memory.asked_for,
            unreported=(*memory.unreported, SaidSentence(key, text)),
            last_keys=self._keys,
            asked_yes=key.startswith(ASKS_YES) or (memory.asked_yes and key in LEAVES_OPEN),
        )

    def request_key(self) -> str:
        """Which request this task makes."""
        return {"book": "request", "change": "request_change", "cancel": "request_cancel"}[self.task.kind]

    def ask_yes(self) -> None:
        """Read everything back and ask for a yes."""
        suffix = "" if self.task.kind == "book" else f"_{self.task.kind}"
        self.say(f"read_back{suffix}")
        self.remember(stage="confirming", available=True, full=False, read_back=True, repeated=False)

    def use(self, tool: Tool, **arguments: Any) -> None:
        """Use a tool; for those that the call hangs on the result is waited for."""
        self.moves.append(UseTool(tool=tool, arguments=arguments))
        if tool in WAITED_FOR:
            self.remember(tool=tool)

    def decline(self, outcome: Outcome, reason: str, why: str, last_words: str) -> None:
        """Use the tool, and end the call once it has run. why: the reason of the end."""
        self.remember(declining=(outcome, why, last_words))
        self.use("decline", reason=reason)

    def finish(self, outcome: Outcome, reason: str = "", last_words: str = "") -> None:
        """End the call; nothing is said after it."""
        if last_words:
            self.say(last_words)
        self.moves.append(Finish(outcome=outcome, reason=reason))
        self.remember(stage="ending", pending="goodbye", closing="", outcome=(outcome, reason), unheard=False)

    def ends(self) -> bool:
        """Has the end been decided?"""
        return self.memory.stage == "ending"

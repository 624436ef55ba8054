"""The scripted policy: a state machine over the same events, moves and tools as any other brain. Pure.

greeting ──opening──► asking ──a table is there──► confirming ──yes──► tool ──done──► ending
                        ▲  │ full, other offers        │ wrong value, taken back
                        └──┴────────────◄──────────────┘
"""

from __future__ import annotations

from typing import cast

from engine.dialogue import calling_again, principal
from engine.dialogue.line_sounds import BEEP_COMES_MS, leave_message, sound_heard
from engine.dialogue.listening import heard
from engine.dialogue.memory import FIELDS, Memory, SaidSentence
from engine.dialogue.moves import (
    Answered,
    Attended,
    Event,
    FarEndSilent,
    HandedBack,
    Heard,
    LanguageChanged,
    MaySpeak,
    Move,
    OperatorSaid,
    Overheard,
    Said,
    SoundOnLine,
    ToolResult,
    Whispered,
)
from engine.dialogue.opening import open_call
from engine.dialogue.resuming import carry_on, handed_back
from engine.dialogue.turn import ASKS_YES, TELLS, Turn
from engine.dialogue.whispers import operator_said, overheard, whispered
from engine.languages import Language, load
from engine.protocol import Outcome, Task

SPEAK_FIRST_MS = 3000  # nobody says hello: we do
SILENCE_MS = 6000  # "are you still there?"
PATIENCE_ON_HOLD_MS = 60_000
SAME_ANSWERS = 4  # after the first; then a person is needed
SILENCES = 2  # questions into the silence before the call is given up
ASKED_NOTHING = ("answer_", "correct_", "confirm_yes")  # after these silence is our turn
DONE: dict[str, Outcome] = {"book": "booked", "change": "changed", "cancel": "cancelled"}


def begin(task: Task) -> Memory:
    """The memory of a call that has not been answered."""
    date, time = task.date, task.time
    if task.kind == "cancel":
        date, time = task.old_date or date, task.old_time or time
    return Memory(date=date, time=time)


def step(memory: Memory, task: Task, language: Language, event: Event) -> tuple[Memory, list[Move]]:
    """The memory and the moves after `event`. The same arguments always give the same result."""
    hears = load(event.language) if isinstance(event, Heard) else language
    turn = Turn(memory, task, language, hears)
    if isinstance(event, Said):
        _said(turn, event)
    elif _of_operators(turn, event):
        pass
    elif isinstance(event, SoundOnLine):
        sound_heard(turn, event)
    elif memory.stage == "ending":
        _last_words_again(turn, event)
    elif memory.closing and isinstance(event, Heard | FarEndSilent):
        _close(turn, event)
    elif isinstance(event, Heard):
        if event.turn > memory.last_turn:
            turn.remember(last_turn=event.turn, heard_anything=True, silences=0)
            heard(turn, event)
            turn.remember(anew=turn.memory.anew and not event.text.strip())
            if event.text.strip():
                _count_understood(memory, turn)
                _count_alike(memory, turn)
    elif isinstance(event, ToolResult):
        _tool_result(turn, event)
    elif isinstance(event, FarEndSilent):
        _silent(turn, event.silent_ms)
    elif isinstance(event, Answered) and task.called_back and memory.stage == "greeting":
        open_call(turn)  # who picks up speaks first
    return turn.memory, turn.moves


def _of_operators(turn: Turn, event: Event) -> bool:
    """Something that an operator has brought about; what it was is no turn of the far end."""
    match event:
        case Whispered():
            whispered(turn, event)
        case OperatorSaid():
            operator_said(turn, event)
        case Overheard():
            overheard(turn, event)
        case MaySpeak():
            carry_on(turn)
        case HandedBack():
            handed_back(turn, event)
        case LanguageChanged(language=code, understood=understood):
            turn.remember(
                language=code,
                disclosed=turn.memory.disclosed and understood,  # who did not understand it has not been told
                anew=turn.memory.stage != "greeting",
                misunderstood=0,
                same_answers=0,
            )
        case Attended(may_ask=may_ask):
            turn.remember(may_ask=may_ask)
        case _:
            return False
    return True


def _close(turn: Turn, event: Heard | FarEndSilent) -> None:
    """All is settled, and a last wish was told: whatever they say of it, say goodbye."""
    outcome = cast(Outcome, turn.memory.closing)
    if isinstance(event, FarEndSilent):
        if event.silent_ms >= SILENCE_MS:
            turn.finish(outcome, last_words=outcome)
        return
    if event.turn <= turn.memory.last_turn or not event.text.strip():
        return
    turn.remember(last_turn=event.turn)
    if "ask_repeat" in turn.understand(event.text).intents and turn.memory.last_keys != ("one_more",):
        turn.say("one_more")
    else:
        turn.finish(outcome, last_words=outcome)


def _last_words_again(turn: Turn, event: Event) -> None:
    """The end is decided, and they may think that it is booked: once more, when what they cut in with is over."""
    if turn.memory.unheard and not turn.memory.said_twice and isinstance(event, Heard | FarEndSilent):
        turn.remember(unheard=False, said_twice=True)
        turn.say("not_confirmed")


def _count_understood(before: Memory, turn: Turn) -> None:
    if turn.memory.misunderstood == before.misunderstood:
        turn.remember(misunderstood=0)


def _count_alike(before: Memory, turn: Turn) -> None:
    if not turn.moves or turn.ends() or turn.memory.tool:
        return
    alike = turn.memory.last_keys == before.last_keys
    turn.remember(same_answers=before.same_answers + 1 if alike else 0)
    if turn.memory.same_answers >= SAME_ANSWERS:
        turn.moves.clear()
        turn.remember(unreported=before.unreported)
        turn.finish("needs_human", "the call goes round in circles", last_words="needs_human")


def _tool_result(turn: Turn, result: ToolResult) -> None:
    if not turn.memory.tool or result.tool != turn.memory.tool:
        return  # heard before, or nothing to wait for
    turn.remember(tool="", granted=turn.memory.granted | result.allowed)
    if result.tool == "ask_principal":
        principal.answered(turn, result)
    elif result.tool == "decline":
        _declined(turn, result)
    elif result.refused:
        turn.finish(
            "needs_human", result.reason, last_words="not_confirmed" if result.denied else "tool_failed"
        )
    else:
        _settled(turn, DONE[result.tool])


def _settled(turn: Turn, outcome: Outcome) -> None:
    if turn.task.wishes and outcome != "cancelled" and not turn.memory.wishes_told:
        turn.say("answer_wishes")
    if turn.memory.wanted:
        turn.remember(pending="wish", closing=outcome)
        turn.say("one_more")
    else:
        turn.finish(outcome, last_words=outcome)


def _declined(turn: Turn, result: ToolResult) -> None:
    """Declining has run; or an operator would not have it, and they are asked once more."""
    outcome, why, last_words = turn.memory.declining
    if not result.refused:
        turn.finish(cast(Outcome, outcome), why, last_words=last_words)
    elif result.by and not turn.memory.denials:
        turn.remember(denials=1, stage="asking", full=False)
        turn.say("ask_available")
    else:
        turn.finish("needs_human", result.reason, last_words="not_confirmed")


def _silent(turn: Turn, silent_ms: int) -> None:
    memory = turn.memory
    if memory.machine:
        if silent_ms >= BEEP_COMES_MS:  # it has no tone, or none that we know
            leave_message(turn)
        return
    patience_ms = PATIENCE_ON_HOLD_MS if memory.pending == "return" else SILENCE_MS
    if memory.anew and memory.pending != "return" and not memory.tool:
        turn.remember(anew=False)
        carry_on(turn)
        return
    if memory.stage == "greeting" and memory.heard_anything and silent_ms < patience_ms:
        return  # "one moment please" was all they said so far
    if memory.stage == "greeting" and silent_ms >= SPEAK_FIRST_MS:
        open_call(turn)
        return
    if silent_ms < patience_ms or memory.tool:
        return
    if memory.pending == "call_back":
        calling_again.over(turn)
        return
    if not memory.disclosed:
        turn.say("disclosure")
    turn.remember(silences=memory.silences + 1)
    if memory.silences < SILENCES:
        if any(key.startswith(ASKED_NOTHING) for key in memory.last_keys):
            turn.ask_yes()
        else:
            turn.say("still_there")
    else:
        outcome: Outcome = "far_end_hung_up" if memory.heard_anything else "no_answer"
        turn.finish(outcome, "nobody answers any more", last_words="goodbye")


def _said(turn: Turn, said: Said) -> None:
    """Playback reports a sentence; what they did not hear is not known to them."""
    unreported = turn.memory.unreported
    place = _place_of(unreported, said.text)
    if place is None:
        return
    sentence = unreported[place]
    turn.remember(unreported=unreported[:place] + unreported[place + 1 :])
    if not said.cut or said.text == sentence.text:
        return
    if sentence.key.startswith(ASKS_YES):
        turn.remember(read_back=False, repeated=False)
        return
    meaning = turn.understand(said.text)
    still_told = {
        "party_size": bool(meaning.party_sizes),
        "date": bool(meaning.dates),
        "time": bool(meaning.times),
        "name": bool(meaning.names),
    }
    lost = {field for field in TELLS.get(sentence.key, ()) if not still_told[field]}
    turn.remember(told=tuple(field for field in FIELDS if field in turn.memory.told and field not in lost))
    memory = turn.memory
    turn.remember(
        disclosed=memory.disclosed and sentence.key != "disclosure",
        phone_given=memory.phone_given and sentence.key != "answer_phone",
        wishes_told=memory.wishes_told and sentence.key != "answer_wishes",
    )
    if sentence.key == "not_confirmed":
        turn.remember(unheard=True)
    if sentence.key == "one_more":
        turn.remember(wanted=memory.asked_for, asked_for=())


def _place_of(unreported: tuple[SaidSentence, ...], text: str) -> int | None:
    """The oldest sentence that begins with these words."""
    words = text.strip()
    for place, sentence in enumerate(unreported):
        if sentence.text.startswith(words):
            return place
    return None

"""The scripted policy: a state machine over the same events, moves and tools as any other brain. Pure.

greeting ──opening──► asking ──a table is there──► confirming ──yes──► tool ──done──► ending
                        ▲  │ full, other offers        │ wrong value, taken back
                        └──┴────────────◄──────────────┘
"""

from __future__ import annotations

from engine.dialogue.listening import heard, open_call
from engine.dialogue.memory import FIELDS, Memory, SaidSentence
from engine.dialogue.moves import Answered, Event, FarEndSilent, Heard, Move, Said, ToolResult
from engine.dialogue.turn import TELLS, Turn
from engine.languages import Language
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
    turn = Turn(memory, task, language)
    if isinstance(event, Said):
        _said(turn, event)
    elif memory.stage == "ending":
        pass
    elif isinstance(event, Heard):
        if event.turn > memory.last_turn:
            turn.remember(last_turn=event.turn, heard_anything=True, silences=0)
            heard(turn, event)
            if event.text.strip():
                _count_understood(memory, turn)
                _count_alike(memory, turn)
    elif isinstance(event, ToolResult):
        _tool_result(turn, event)
    elif isinstance(event, FarEndSilent):
        _silent(turn, event.silent_ms)
    else:
        assert isinstance(event, Answered)
        if task.called_back and memory.stage == "greeting":  # who picks up speaks first
            open_call(turn)
    return turn.memory, turn.moves


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
    turn.remember(tool="")
    if result.refused:
        turn.finish("needs_human", result.reason, last_words="tool_failed")
    else:
        outcome = DONE[result.tool]
        if turn.task.wishes and result.tool != "cancel" and not turn.memory.wishes_told:
            turn.say("answer_wishes")
        turn.finish(outcome, last_words=outcome)


def _silent(turn: Turn, silent_ms: int) -> None:
    memory = turn.memory
    patience_ms = PATIENCE_ON_HOLD_MS if memory.pending == "return" else SILENCE_MS
    if memory.stage == "greeting" and memory.heard_anything and silent_ms < patience_ms:
        return  # "one moment please" was all they said so far
    if memory.stage == "greeting" and silent_ms >= SPEAK_FIRST_MS:
        open_call(turn)
        return
    if silent_ms < patience_ms or memory.tool:
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
    if sentence.key.startswith("read_back") or sentence.key == "confirm_yes":
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


def _place_of(unreported: tuple[SaidSentence, ...], text: str) -> int | None:
    """The oldest sentence that begins with these words."""
    words = text.strip()
    for place, sentence in enumerate(unreported):
        if sentence.text.startswith(words):
            return place
    return None

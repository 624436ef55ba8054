"""What the scripted brain does with what operators let it know, besides what is said in the call."""

from __future__ import annotations

from engine.dialogue import confirming
from engine.dialogue.constraints import Granted
from engine.dialogue.memory import FIELDS
from engine.dialogue.moves import OperatorSaid, Overheard, Tell, Whispered
from engine.dialogue.operator_words import wish_in
from engine.dialogue.turn import Turn

NOT_UNDERSTOOD = (
    'not understood, and nothing was said of it: a whisper names a time or a day that would do too ("ten is fine"), '
    "or a wish in the language of the call, beginning with its words for asking"
)
TOO_LATE = "too late: the call is about to end"


def whispered(turn: Turn, event: Whispered) -> None:
    """An operator has whispered. What is done with it, the first that fits:

    - It names times or days and says no to nothing ("ten is fine too"): these are accepted from now on, when the far
      end offers them; nothing is said of it. What it allows is read outside of the brain, in
      `operator_words.allowed_by`, in any of the four languages.
    - It asks for something, in the call's language ("ask for a high chair", "nut allergy"): that is asked for when
      they ask for wishes or whether there is anything else, and at the latest once the table is booked, before the
      goodbye: "One more thing, if possible: a high chair." Their answer to it is waited for. Word for word is said
      what follows the words for asking.
    - Anything else is not understood: it is said to nobody and changes nothing. In each case the operator is told
      what was understood. A whisper never makes the agent speak at once, use a tool or end the call.
    """
    if turn.ends():
        turn.moves.append(Tell(text=f'"{event.text}": {TOO_LATE}', understood=False))
        return
    turn.remember(granted=turn.memory.granted | event.allows)
    allows = in_words(event.allows)
    wish = "" if allows else wish_in(event.text, turn.language.code)
    if allows:
        turn.moves.append(Tell(text=f"would do too, from now on: {allows}"))
    elif wish:
        known = (*turn.memory.wanted, *turn.memory.asked_for)
        if wish not in known:
            turn.remember(wanted=(*turn.memory.wanted, wish))
        when = (
            "has been asked for" if wish in turn.memory.asked_for else "will be asked for, before the goodbye"
        )
        turn.moves.append(Tell(text=f'"{wish}" {when}'))
    else:
        turn.moves.append(Tell(text=f'"{event.text}": {NOT_UNDERSTOOD}', understood=False))


def in_words(allowed: Granted) -> str:
    """For operators; "" for nothing."""
    windows = [f"{first} to {last}" for first, last in allowed.windows]
    people = [f"{size} people" for size in allowed.party_sizes]
    return ", ".join((*allowed.dates, *allowed.times, *windows, *people))


def operator_said(turn: Turn, event: OperatorSaid) -> None:
    """An operator's line was heard by the far end: they know what is in it; and a yes that follows is to that line."""
    if not event.text:
        return
    said = confirming.said_fields(turn, turn.understand(event.text))
    told = {field for field, is_ours in said.items() if is_ours}
    turn.remember(
        told=tuple(field for field in FIELDS if field in turn.memory.told or field in told),
        read_back=False,
        repeated=False,
    )


def overheard(turn: Turn, event: Overheard) -> None:
    """They said something that is not ours to answer: the words that confirm a value are kept."""
    if event.text.strip():
        turn.remember(heard_anything=True, silences=0)
        confirming.note_confirmed(turn, turn.understand(event.text), event.text)

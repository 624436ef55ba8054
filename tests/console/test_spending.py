"""What a model costs, and that another brain answered, as an operator reads it."""

from __future__ import annotations

import ast
import inspect
import textwrap

from console.glyphs import UNICODE
from console.link.client import HEARD
from console.pictures import NARROW, WIDE, Picture, draw, store_of_recording
from console.recording import MODEL
from console.state import events
from console.state.brain import BrainSpent
from console.state.call import Call
from console.state.entries import NoteEntry
from console.widgets.spending import answered, money, tokens
from engine.protocol import BrainUse, Speculated


def spent(*uses: BrainUse) -> BrainSpent:
    sums = BrainSpent()
    for use in uses:
        sums.add(use)
    return sums


def test_parts_of_a_cent_are_not_shown_as_nothing():
    assert money(spent(BrainUse("m", 900, 20, 0.00048)), UNICODE) == "$0.0005"
    assert money(spent(BrainUse("m", 900, 20, 1.239)), UNICODE) == "$1.24"


def test_what_is_not_known_is_said():
    failed = BrainUse("m", fallback=True, reason="the connection broke off")
    assert money(spent(failed), UNICODE) == "–" == tokens(spent(failed), UNICODE)
    assert money(spent(failed, BrainUse("m", 900, 20, 0.01)), UNICODE) == "$0.0100+"


def test_tokens_are_rounded():
    assert tokens(spent(BrainUse("m", 12_216, 178)), UNICODE) == "12k → 178"
    assert tokens(spent(BrainUse("m", 1_249, 999_600)), UNICODE) == "1.2k → 1000k"


def test_turns_that_another_brain_answered_are_counted():
    good, failed = BrainUse("m", 1, 1), BrainUse("m", fallback=True)
    assert answered(spent(good), UNICODE) == "its one turn"
    assert answered(spent(good, good), UNICODE) == "all 2 turns"
    assert answered(spent(good, failed, good), UNICODE) == "2 of 3 turns"


def test_the_conversation_says_where_and_why_the_scripted_brain_spoke():
    call = store_of_recording(MODEL).call
    assert call is not None
    entries = [entry for entry in call.conversation.entries if isinstance(entry, NoteEntry)]
    notes = [entry.text for entry in entries if entry.of == "brain"]
    assert "the scripted brain answers in place of fake-model: the server failed (503)" in notes


def test_a_look_up_ahead_of_the_turns_end_is_counted_once():
    call = store_of_recording(MODEL).call
    assert call is not None
    assert call.cache.lookups == 8 and call.cache.hits == 3


async def test_cost_tokens_and_a_refused_tool_are_on_the_screen_of_a_call():
    for size in (WIDE, NARROW):
        shown = (await draw(Picture("x", size, ("z",), of=MODEL))).replace("&#160;", " ")
        for words in ("$0.0", "fake-model", "4 of 5 turns"):
            assert words in shown, (size, words)
    assert "refused: First read" in (await draw(Picture("x", WIDE, ("z",), of=MODEL))).replace("&#160;", " ")


async def test_what_a_call_costs_is_on_the_floor_at_every_width():
    for size in (WIDE, (100, 30)):
        assert "cost $0.0" in (await draw(Picture("x", size, of=MODEL))).replace("&#160;", " ")


def test_everything_that_a_call_shows_is_asked_for_on_the_wire():
    code = [textwrap.dedent(inspect.getsource(each)) for each in (Call.apply, events)]
    nodes = [node for each in code for node in ast.walk(ast.parse(each))]
    shown = {ast.unparse(node.cls) for node in nodes if isinstance(node, ast.MatchClass)}
    assert {"BrainUse", "Speculated", "LanguageSwitched"} <= shown
    assert shown <= {kind.__name__ for kind in HEARD}, "a live console never hears of the others"


def test_what_came_of_prepared_answers_is_counted():
    call = Call(1, 0)
    for message in (Speculated(1, True), Speculated(2, False, requests=1)):
        call.apply(message, 0)
    assert call.prepared.words() == "prepared: 1 said, 1 not, 1 asked for nothing"

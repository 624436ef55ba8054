"""The cache as it was for a recorded call: a store in memory with the replies that were served in it."""

from __future__ import annotations

from engine.dialogue.bound import bound_to
from engine.protocol import CacheVerdict, DialogueState, LanguageSwitched, TurnEnded
from engine.rerun.past_call import PastCall
from engine.stores.replies import ReplyStore, Situation


def recorded_replies(past: PastCall) -> ReplyStore:
    """What was nearest and not served is not in it: its text was not recorded."""
    store = ReplyStore(None)
    state = DialogueState("", "", past.task.language)
    heard_in: dict[int, DialogueState] = {}  # a turn, before its answer has changed the situation
    for _, _, message in past.events:
        match message:
            case DialogueState():
                state = message
            case LanguageSwitched(language=language):
                state = DialogueState(state.state, state.pending, language)
            case TurnEnded(turn=turn):
                heard_in[turn] = state
            case CacheVerdict(hit=True, turn=turn, template=template, nearest=nearest) if nearest:
                then = heard_in.get(turn, state)
                situation = Situation(then.language, then.state, then.pending)
                store.put(situation, nearest, template, message.expects, bound_to(template, past.task))
    return store

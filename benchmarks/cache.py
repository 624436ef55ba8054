"""Whether the cache lies: pairs of utterances through the real store, embedder and guard, and how long a look-up takes.

    python benchmarks/cache.py PAIRS.jsonl [--json] [--halves] [--misses]

A line is a pair: {"id", "serve_cached", "relation", "lang", "a": {"text", "reply"}, "b": {"text"}}, and perhaps
"today", the day from which "Friday" is counted (otherwise 2019-03-01). A is heard and its reply learnt, as the cache
room learns it; then B is looked up, as the room judges it. Each pair has a dialogue state of its own, so that no pair
finds another's reply.

The replies of such a file are words with values in them, which the engine never serves to another task: what is stored
is either an answer of the language file, refilled from the present task, or it is bound to the task it was made for
(`engine/dialogue/bound.py`). So A and B are heard in calls for one task, and in calls for two different ones where the
relation is `same_words_other_task`; nothing else is made of the relation.

    guarded      as the engine decides           unguarded    similarity at or above the threshold alone

A pair with `serve_cached` false that is served is a false serve; recall is the part of the other pairs that is served.
Look-ups are timed with 1,000 entries in one situation, the whole judgement, each of an utterance that is new to it.
--halves adds the figures of both halves of the pairs, split by a hash of their ids: look at the errors of "look" alone,
"held_back" tells whether what was learnt of them holds. --misses prints these errors of "look".
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from engine.protocol import CacheVerdict, DialogueState, Sentence, Task, Transcript
from engine.report import percentile
from engine.settings import CacheSettings
from engine.stores.replies import ReplyStore
from engine.workers.cache import Memory, judge, learn

OTHER_TASK = "same_words_other_task"
REF_DATE = "2019-03-01"  # on which "today" is read in the Schema-Guided Dialogues
ENTRIES = 1000
LOOK_UPS = 400
THRESHOLD = CacheSettings().threshold
SEED = 7


class Outcome(NamedTuple):
    pair: dict[str, Any]
    verdict: CacheVerdict
    alike: bool  # similarity alone would have served it


def task(pair: dict[str, Any], other: bool = False) -> Task:
    """What the call is about; `other`: another reservation."""
    values = {"time": "20:45", "date": "2019-04-18", "party_size": 7} if other else {}
    wanted = {"time": "19:00", "date": "2019-04-01", "party_size": 2, **values}
    return Task(
        restaurant="A",
        language=pair.get("lang", "en"),
        today=pair.get("today", REF_DATE),
        name="Anna Visser",
        **wanted,
    )


def heard(text: str, language: str, turn: int) -> Transcript:
    return Transcript(turn, text, True, language, 0.9, 0, 900)


def outcome(store: ReplyStore, pair: dict[str, Any]) -> Outcome:
    """A learnt, B looked up."""
    first, second = Memory(task(pair)), Memory(task(pair, pair["relation"] == OTHER_TASK))
    state = DialogueState(f"pair-{pair['id']}", "", pair.get("lang", "en"))
    first.state = second.state = state
    first.heard = heard(pair["a"]["text"], pair.get("lang", "en"), 1)
    reply = pair["a"].get("reply") or "Goodbye."
    said = Sentence(1, 0, False, 1, reply, pair.get("lang", "en"), template=reply, state=state.state)
    learn(first, said, store)
    learn(first, Sentence(1, 1, True, 1, "", pair.get("lang", "en")), store)
    text = pair["b"]["text"]
    nearest = store.nearest(second.situation(), text)
    verdict = judge(second, heard(text, pair.get("lang", "en"), 1), store, THRESHOLD)
    return Outcome(pair, verdict, nearest is not None and nearest.similarity >= THRESHOLD)


def figures(outcomes: list[Outcome], served: Callable[[Outcome], bool]) -> dict[str, Any]:
    """Of one way to decide."""
    must_not = [each for each in outcomes if not each.pair["serve_cached"]]
    may = [each for each in outcomes if each.pair["serve_cached"]]
    relations = sorted({each.pair["relation"] for each in outcomes})
    return {
        "false_serves": sum(map(served, must_not)),
        "must_not_pairs": len(must_not),
        "recall": round(sum(map(served, may)) / len(may), 4) if may else None,
        "may_pairs": len(may),
        "by_relation": {
            relation: {
                "pairs": sum(each.pair["relation"] == relation for each in outcomes),
                "served": sum(each.pair["relation"] == relation and served(each) for each in outcomes),
            }
            for relation in relations
        },
    }


def both(outcomes: list[Outcome]) -> dict[str, Any]:
    return {
        "guarded": figures(outcomes, lambda each: each.verdict.hit),
        "unguarded": figures(outcomes, lambda each: each.alike),
    }


def utterances(count: int) -> Iterable[str]:
    """Varied, none twice: questions, read-backs and small talk of a restaurant, from a fixed seed."""
    chance = random.Random(SEED)
    openers = ("", "okay ", "alright then ", "thank you ", "hm ", "sure ", "let me think ", "well ")
    frames = (
        "for how many people would that be on {day}",
        "so a table for {size} at {hour} {minutes} on {day}",
        "what time would you like to come on {day} with {size} people",
        "under what name shall i put the table for {size}",
        "we have something free at {hour} {minutes} {where}",
        "i am afraid {day} at {hour} is fully booked",
        "would you rather sit {where} on {day}",
        "please confirm {size} people at {hour} {minutes} on {day} {where}",
        "the kitchen closes at {hour} {minutes} on {day}",
        "could you spell the name for the table {where}",
    )
    days = (
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "the third of june",
        "tomorrow",
    )
    numbers = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    places = (
        "inside",
        "outside",
        "by the window",
        "on the terrace",
        "at the bar",
        "upstairs",
        "in the garden",
    )
    seen: set[str] = set()
    while len(seen) < count:
        text = chance.choice(openers) + chance.choice(frames).format(
            day=chance.choice(days),
            size=chance.choice(numbers),
            hour=chance.choice(numbers),
            minutes=chance.choice(("", "fifteen", "thirty", "forty five")),
            where=chance.choice(places),
        )
        if text not in seen:
            seen.add(text)
            yield text


def look_up_ms() -> dict[str, float]:
    """The whole judgement with ENTRIES entries in the situation."""
    store = ReplyStore(None)
    memory = Memory(task({"lang": "en"}))
    memory.state = DialogueState("asking", "", "en")
    texts = list(utterances(ENTRIES + LOOK_UPS))
    for text in texts[:ENTRIES]:
        store.put(memory.situation(), text, "{time}", "")
    took: list[float] = []
    for turn, text in enumerate(texts[ENTRIES:]):
        began = time.perf_counter()
        judge(memory, heard(text, "en", turn), store, THRESHOLD)
        took.append((time.perf_counter() - began) * 1000)
    store.close()
    return {"p50": round(percentile(took, 0.5), 3), "p95": round(percentile(took, 0.95), 3)}


def is_held_back(pair: dict[str, Any]) -> bool:
    return hashlib.sha256(str(pair["id"]).encode()).digest()[-1] % 2 == 1


def say_words(result: dict[str, Any]) -> None:
    """For people."""
    for title, part in result.items():
        if title == "lookup_ms":
            print(f"look-up with {ENTRIES} entries: p50 {part['p50']} ms, p95 {part['p95']} ms")
            continue
        if "false_serves" not in part:
            print(f"\n{title}:")
            say_words(part)
            continue
        recall = "-" if part["recall"] is None else f"{part['recall']:.1%}"
        print(
            f"{title}: {part['false_serves']} false serves of {part['must_not_pairs']}, "
            f"recall {recall} of {part['may_pairs']}"
        )
        for relation, each in part["by_relation"].items():
            print(f"    {relation:34} {each['served']:4} of {each['pairs']:4} served")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--halves", action="store_true")
    parser.add_argument("--misses", action="store_true")
    given = parser.parse_args()
    lines = given.pairs.read_text("utf-8").splitlines()
    store = ReplyStore(None)
    outcomes = [outcome(store, json.loads(line)) for line in lines if line.strip()]
    store.close()
    result = {**both(outcomes), "lookup_ms": look_up_ms()}
    halves = {
        half: [o for o in outcomes if is_held_back(o.pair) == (half == "held_back")]
        for half in ("look", "held_back")
    }
    if given.halves:
        result |= {half: both(part) for half, part in halves.items()}
    if given.misses:
        for each in halves["look"]:
            if each.verdict.hit != each.pair["serve_cached"]:
                pair = each.pair
                print(f"{pair['relation']}: {pair['a']['text']} | {pair['b']['text']}", file=sys.stderr)
                print(f"    {each.verdict.verdict} ({each.verdict.similarity})", file=sys.stderr)
    print(json.dumps(result, indent=2)) if given.json else say_words(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())

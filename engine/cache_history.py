"""What the journals of past calls tell of the cache: what they would teach, what was served, what it spared."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.errors import StateError
from engine.journal import EVENTS, read
from engine.protocol import (
    BrainUse,
    CacheVerdict,
    DialogueState,
    Flag,
    Message,
    Sentence,
    Task,
    Transcript,
    TurnLatency,
)
from engine.stores.replies import Situation, StoredReply, entry_id
from engine.workers.cache import Memory, learn


class Lesson(NamedTuple):
    """A reply that the rules allow to be stored, and what its turn took."""

    id: str
    situation: Situation
    heard: str
    template: str
    expects: str
    task: str


class Cost(NamedTuple):
    """What a turn took of brain and voice."""

    ms: float | None = None
    usd: float | None = None


class Hit(NamedTuple):
    """A stored reply that was served."""

    source: str
    at: str  # ISO date and time, UTC
    cost: Cost


class CallHistory:
    """One call's part. Told every event in order; a journal may end anywhere."""

    def __init__(self, task: Task, began: datetime) -> None:
        self._memory = Memory(task)
        self._began = began
        self._ms: dict[int, float] = {}
        self._usd: dict[int, float | None] = {}
        self._taught: list[tuple[int, Lesson]] = []
        self._verdicts: dict[int, tuple[str, CacheVerdict]] = {}
        self._turn = 0

    def step(self, at_us: int, flags: Flag, message: Message) -> None:
        """One event."""
        match message:
            case _ if flags & (Flag.AGAIN | Flag.AHEAD):
                return  # offered to a room that was started again; or made for words that may not have been the last
            case DialogueState():
                self._memory.state = message
            case Transcript(final=True):
                self._memory.hears(message)
            case Transcript(at_pause=True):
                unserved = CacheVerdict(message.turn, False)
                self._memory.at_pause = (message, unserved, self._memory.situation())
            case Sentence():
                self._turn = message.turn
                self._memory.answers(message)
                learn(self._memory, message, self)
            case CacheVerdict():
                at = self._began + timedelta(microseconds=at_us)
                self._verdicts.setdefault(message.turn, (at.isoformat(timespec="seconds"), message))
            case TurnLatency():
                self._ms[message.turn] = message.llm_ms + message.tts_ms
            case BrainUse():
                self._usd[message.turn] = message.usd

    def put(self, situation: Situation, heard: str, template: str, expects: str, task: str = "") -> str:
        """As a store is told by `learn`."""
        entry = entry_id(situation, heard, task)
        self._taught.append((self._turn, Lesson(entry, situation, heard, template, expects, task)))
        return entry

    def near(self, situation: Situation, heard: str) -> list[StoredReply]:
        """Nothing is looked up here."""
        return []

    def forget(self, entry: str) -> bool:
        """Nothing is thrown away here."""
        return False

    def cost(self, turn: int) -> Cost:
        """Of a turn; None where the journal does not tell."""
        return Cost(self._ms.get(turn), self._usd.get(turn))

    def lessons(self) -> list[tuple[Lesson, Cost]]:
        """What the call would teach."""
        return [(lesson, self.cost(turn)) for turn, lesson in self._taught]

    def hits(self) -> list[Hit]:
        """What it was served."""
        return [
            Hit(verdict.source, at, self.cost(turn))
            for turn, (at, verdict) in self._verdicts.items()
            if verdict.hit
        ]

    def misses(self) -> list[Cost]:
        """The turns for which nothing was served, and what they took."""
        return [self.cost(turn) for turn, (_, verdict) in self._verdicts.items() if not verdict.hit]


class History(msgspec.Struct):
    """All calls together."""

    calls: int = 0
    unreadable: int = 0  # journals without a task or a beginning
    lessons: dict[str, Lesson] = {}
    costs: dict[str, Cost] = {}  # of the turn that taught an entry first
    hits: list[Hit] = []
    misses: list[Cost] = []

    def take(self, call: CallHistory) -> None:
        """Add one call; a later lesson for the same entry replaces an earlier one."""
        self.calls += 1
        for lesson, cost in call.lessons():
            self.lessons[lesson.id] = lesson
            self.costs.setdefault(lesson.id, cost)
        self.hits += call.hits()
        self.misses += call.misses()

    def served(self, entry: str) -> list[str]:
        """When an entry was served, the first time first."""
        return sorted(hit.at for hit in self.hits if hit.source == entry)

    def saved_ms(self) -> float | None:
        """Brain and voice time that the hits spared; None where no journal tells what a turn takes.

        A hit spares what the turn took that had taught its reply, or half of all misses more, less what it took itself.
        """
        known = [cost.ms for cost in self.misses if cost.ms is not None]
        usual = statistics.median(known) if known else None
        spared = []
        for hit in self.hits:
            taught = self.costs.get(hit.source, Cost()).ms
            before = taught if taught is not None else usual
            if before is not None and hit.cost.ms is not None:
                spared.append(max(0.0, before - hit.cost.ms))
        return round(float(sum(spared)), 1) if spared or known else None

    def saved_usd(self) -> float | None:
        """What the brain would have cost; None where no price is known."""
        prices = [self.costs.get(hit.source, Cost()).usd for hit in self.hits]
        known = [price for price in prices if price is not None]
        return round(sum(known), 6) if known else None


def history_of(journals: Path) -> History:
    """Of every journal in the folder, the oldest first; one that cannot be read is counted and left out."""
    history = History()
    for folder in _folders(journals):
        try:
            task, began = _beginning(folder)
            call = CallHistory(task, began)
            for at_us, flags, message in read(folder):
                call.step(at_us, flags, message)
        except (StateError, OSError, ValueError, KeyError, TypeError, IndexError, msgspec.ValidationError):
            history.unreadable += 1
        else:
            history.take(call)
    return history


def _folders(journals: Path) -> Iterable[Path]:
    return sorted(file.parent for file in journals.glob(f"*/{EVENTS}"))


def _beginning(folder: Path) -> tuple[Task, datetime]:
    with (folder / EVENTS).open("rb") as file:
        header = json.loads(file.readline())
    return msgspec.convert(header["task"], Task), datetime.fromisoformat(header["wall"])

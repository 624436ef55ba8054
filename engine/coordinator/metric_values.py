"""A coordinator's status as what Prometheus reads. Pure.

Labels are phases, states and outcomes, each out of a fixed list: nothing in them tells whom anybody called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from engine.coordinator.status import CoordinatorStatus, EnginePhase
from engine.jobs.job import ACTIVE, STATES
from engine.protocol import Outcome

PHASES: tuple[EnginePhase, ...] = get_args(EnginePhase)
TAKING: tuple[EnginePhase, ...] = ("idle", "busy")  # engines in these phases take calls
OUTCOMES: tuple[str, ...] = (*get_args(Outcome), "unknown")  # unknown: its engine was lost
OTHER = "other"  # an outcome of another version
DIAL_BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0)
HANDOVER_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0)
READY_BUCKETS_S = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 40.0)

Kind = Literal["gauge", "counter", "histogram"]
Sample = tuple[str, dict[str, str], float]  # what follows the family's name, labels, value


@dataclass(frozen=True)
class Family:
    """One metric with all its samples."""

    name: str
    kind: Kind
    help: str
    samples: tuple[Sample, ...]


@dataclass
class Histogram:
    """How many values were at most so large, since the start."""

    buckets_s: tuple[float, ...]  # upper bounds, ascending
    counts: list[int] = field(default_factory=list)
    count: int = 0
    sum_s: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * len(self.buckets_s)

    def add(self, value_s: float) -> None:
        self.count += 1
        self.sum_s += value_s
        for place, bound in enumerate(self.buckets_s):
            if value_s <= bound:
                self.counts[place] += 1

    def samples(self) -> tuple[Sample, ...]:
        """As Prometheus has them: cumulative buckets, the last one without a bound."""
        bounds = [*map(repr, self.buckets_s), "+Inf"]
        buckets = [
            ("_bucket", {"le": bound}, float(count))
            for bound, count in zip(bounds, [*self.counts, self.count], strict=True)
        ]
        return (*buckets, ("_sum", {}, self.sum_s), ("_count", {}, float(self.count)))


def added(before: Sequence[float], after: Sequence[float]) -> Sequence[float]:
    """What was appended to the last values of a list that forgets its oldest ones; all of it where nothing matches."""
    gone = next(gone for gone in range(len(before) + 1) if before[gone:] == after[: len(before) - gone])
    return after[len(before) - gone :]


class Histograms:
    """The distributions, gathered from one status after the other: a status only has the last values."""

    def __init__(self) -> None:
        self.to_dial, self.handover = Histogram(DIAL_BUCKETS_S), Histogram(HANDOVER_BUCKETS_S)
        self.ready = Histogram(READY_BUCKETS_S)
        self._to_dial_ms: tuple[float, ...] = ()
        self._handover_ms: tuple[float, ...] = ()
        self._engines: frozenset[str] = frozenset()  # whose time to ready is counted

    def take(self, status: CoordinatorStatus) -> None:
        """Count what is new. To be called often enough that no value comes and goes in between."""
        for value in added(self._to_dial_ms, status.enqueue_to_dial_ms):
            self.to_dial.add(value / 1000)
        for value in added(self._handover_ms, status.handover_ms):
            self.handover.add(value / 1000)
        self._to_dial_ms, self._handover_ms = status.enqueue_to_dial_ms, status.handover_ms
        timed = {engine.name: engine.ready_s for engine in status.engines if engine.ready_s is not None}
        for name in timed.keys() - self._engines:
            self.ready.add(timed[name])
        self._engines = frozenset(timed)  # names are never given twice

    def families(self) -> list[Family]:
        told = (
            ("enqueue_to_dial_seconds", "From the time a job was due, or queued, to dialing.", self.to_dial),
            ("handover_seconds", "From the reservation to the engine's acceptance.", self.handover),
            ("engine_ready_seconds", "From the start of an engine to its first answer.", self.ready),
        )
        return [Family(_name(name), "histogram", words, kept.samples()) for name, words, kept in told]


def families(status: CoordinatorStatus) -> list[Family]:
    """Gauges and counters of one moment."""
    taking = [engine for engine in status.engines if engine.phase in TAKING]
    free = sum(max(0, engine.capacity - len(engine.calls)) for engine in taking)
    calls = [call.state for engine in status.engines for call in engine.calls]
    phases = [engine.phase for engine in status.engines]
    ended = dict.fromkeys((*OUTCOMES, OTHER), 0)
    for outcome, count in status.ended.items():
        ended[outcome if outcome in OUTCOMES else OTHER] += count
    overdue_s = max(0.0, status.at - status.next_due) if status.next_due is not None else 0.0
    return [
        _gauge("info", "The coordinator and where its engines come from.", 1, spawner=status.spawner),
        _gauge("start_time_seconds", "When the coordinator started, since 1970.", status.started_at),
        _gauge("draining", "1 while no new calls are placed.", status.draining),
        _gauges("engines", "Engines by phase.", "phase", {phase: phases.count(phase) for phase in PHASES}),
        _gauge("engines_max", "How many engines there may be.", status.max_engines),
        _gauge("engines_min_idle", "How many engines are kept ready for the next calls.", status.min_idle),
        _gauge("slots_free", "Calls that the engines there are could take at once.", free),
        _gauge("slots", "Calls that the engines there are can hold.", sum(e.capacity for e in taking)),
        _gauges(
            "calls_in_hand",
            "Calls that go on, by the state of their job.",
            "state",
            {state: calls.count(state) for state in ACTIVE},
        ),
        _gauges("jobs", "Jobs by state.", "state", {state: status.jobs.get(state, 0) for state in STATES}),
        _gauge("queue_overdue_seconds", "How long the first queued job has been due.", overdue_s),
        _counter("dialled", "Calls dialled since the start.", status.dialled),
        Family(
            _name("ended"),
            "counter",
            "Calls ended since the start, by outcome.",
            tuple(("_total", {"outcome": outcome}, float(count)) for outcome, count in ended.items()),
        ),
        _counter("engines_lost", "Engines gone without having been told to end.", status.engines_lost),
        _counter("spawns_failed", "Engines that did not start.", status.spawns_failed),
    ]


def text(told: Iterable[Family]) -> str:
    """In Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats)."""
    lines = []
    for family in told:
        name = f"{family.name}_total" if family.kind == "counter" else family.name
        lines += [f"# HELP {name} {family.help}", f"# TYPE {name} {family.kind}"]
        for ending, labels, value in family.samples:
            inside = ",".join(f'{label}="{_escaped(words)}"' for label, words in labels.items())
            lines.append(f"{family.name}{ending}{f'{{{inside}}}' if inside else ''} {_number(value)}")
    return "\n".join(lines) + "\n"


def _name(name: str) -> str:
    return f"call_thing_{name}"


def _gauge(name: str, words: str, value: float, **labels: str) -> Family:
    return Family(_name(name), "gauge", words, (("", labels, float(value)),))


def _gauges(name: str, words: str, label: str, values: dict[str, int]) -> Family:
    return Family(
        _name(name), "gauge", words, tuple(("", {label: which}, float(n)) for which, n in values.items())
    )


def _counter(name: str, words: str, value: int) -> Family:
    return Family(_name(name), "counter", words, (("_total", {}, float(value)),))


def _escaped(words: str) -> str:
    return words.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)

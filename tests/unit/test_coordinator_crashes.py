"""The coordinator and its engines are killed at any moment, above all between `dialing` and the call itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fakes.crash_house import SLOTS, Called, CrashHouse, Killed, Outcome, Point, points_of


def crash_and_check(folder: Path, jobs: int, points: list[Point], limit_s: float) -> None:
    house = CrashHouse(folder / "state", jobs)
    try:
        outcome = house.run(list(points), limit_s)
    finally:
        house.stop()
    assert Counter(killed.point for killed in outcome.killed) == Counter(points)
    check(outcome)
    states = Counter(job.state for job in outcome.found)
    print(f"{jobs} jobs, {len(outcome.killed)} kills {dict(Counter(points))}: {dict(states)}")


def check(outcome: Outcome) -> None:
    """Nothing dialled twice, nothing lost, every unknown accounted for."""
    assert not outcome.duplicates and not outcome.lost
    invited = {(call.job, call.attempt) for call in outcome.calls if call.what == "invite"}
    ended = {(call.job, call.attempt) for call in outcome.calls if call.what == "end"}
    attempts = {job.id: job.attempt for job in outcome.found}
    assert all(attempt <= attempts[job] for job, attempt in invited)
    for job in outcome.found:
        if job.state in ("done", "failed"):
            assert (job.id, job.attempt) in ended, "its end was made up"
    check_unknown(outcome, invited)
    check_kills(outcome, invited)


def check_unknown(outcome: Outcome, invited: set[tuple[str, int]]) -> None:
    """Each is a job that a killed engine had in hand, and no engine had more than it has slots."""
    engines = Counter(job.engine for job in outcome.unknown)
    assert set(engines) <= {killed.engine for killed in outcome.killed if killed.engine}
    assert all(count <= SLOTS for count in engines.values())
    for job in outcome.unknown:
        assert [line.state for line in job.history][-1] == "unknown"
        assert job.history[-1].attempt == job.attempt


def check_kills(outcome: Outcome, invited: set[tuple[str, int]]) -> None:
    """What became of the very job that each killed process had in hand."""
    found = {job.id: job for job in outcome.found}
    for killed in outcome.killed:
        if not killed.job:
            continue
        name, _, attempt = killed.job.partition("/")
        states = [line.state for line in found[name].history if line.attempt == int(attempt or 0)]
        match killed.point:
            case "claimed":
                assert "unknown" not in states, "what was not dialled is in the queue again"
            case "dialing":
                assert (name, int(attempt)) not in invited, "never told, so never dialled"
                assert {"queued", "unknown"} & set(
                    states
                )  # the latter: its engine was killed before it was asked
            case "told":
                assert (name, int(attempt)) not in invited and "unknown" in states
            case "dialled":
                assert (name, int(attempt)) in invited and "unknown" in states


@pytest.mark.timeout(150)
def test_a_hundred_and_fifty_jobs_and_sixteen_kills(tmp_path: Path):
    points = points_of(claimed=2, dialing=4, told=4, dialled=2, coordinator=2, engine=2)
    crash_and_check(tmp_path, 150, points, limit_s=120)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_thousand_jobs_and_fifty_kills(tmp_path: Path):
    points = points_of(claimed=6, dialing=10, told=12, dialled=6, coordinator=8, engine=8)
    crash_and_check(tmp_path, 1000, points, limit_s=500)


def test_the_check_would_notice_a_second_call():
    calls = [Called("invite", "a", 1, "n", "one"), Called("invite", "a", 1, "n", "two")]
    assert Outcome([], [], calls, []).duplicates == 1


def test_the_check_would_notice_an_unknown_that_nobody_killed():
    from engine.jobs.lifecycle import Claimed, Dialing, EngineLost
    from tests.fakes.jobs import a_job, became

    job = became(a_job(), Claimed("one"), Dialing(1), EngineLost())
    with pytest.raises(AssertionError):
        check(Outcome([job], [job], [], []))
    check(Outcome([job], [job], [], [Killed("engine", 1, "", "one")]))

"""What the fine-tuning commands write: tables and lines for people, objects for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from engine.finetune.calls import Recorded, as_expected
from engine.finetune.check import Checked
from engine.finetune.comparing import Row, count_as_expected
from engine.finetune.export import Example, LeftOut
from engine.finetune.limits import EPOCHS
from engine.finetune.text_call import Outcome
from engine.finetune.vendor import Job, JobEvent

WIDE = 46  # columns of a scenario's or call's name


def of_call(call: Recorded) -> dict[str, Any]:
    """A recorded call for `approve`."""
    approval = call.approval
    return {
        "call": call.call,
        "outcome": call.summary.get("outcome", ""),
        "as_expected": as_expected(call),
        "approved_by": approval.by if approval else "",
        "approved_at": approval.at if approval else "",
    }


def call_line(row: dict[str, Any]) -> str:
    expected = "as expected" if row["as_expected"] else "–"
    approved = (
        f"approved by {row['approved_by']}, {row['approved_at']}" if row["approved_at"] else "not approved"
    )
    return f"{row['call']:<{WIDE}} {row['outcome'] or 'not ended':<16}{expected:<14}{approved}"


def of_export(files: dict[str, list[Example]], left: Sequence[LeftOut]) -> dict[str, Any]:
    """What was exported, and what was not."""
    return {
        "files": {name: len(made) for name, made in files.items()},
        "shortened": {each.call: each.until for made in files.values() for each in made if each.until},
        "left_out": {each.call: each.why for each in left},
    }


def of_check(checked: Checked, usd_per_million: float, epochs: int) -> dict[str, Any]:
    """What a check found; the cost only where the price is known."""
    cost = cost_usd([checked], usd_per_million, epochs)
    return {
        "file": checked.file,
        "ok": checked.ok,
        "examples": checked.examples,
        "bytes": checked.bytes,
        "tokens_estimated": checked.tokens,
        "cost_usd_estimated": None if cost is None else round(cost, 2),
        "problems": msgspec.to_builtins(checked.problems),
    }


def cost_usd(files: Sequence[Checked], usd_per_million: float, epochs: int) -> float | None:
    """What training on them may cost; None where the price is not known. An estimate, as the tokens are."""
    if not usd_per_million:
        return None
    return sum(file.tokens for file in files) * (epochs or EPOCHS) * usd_per_million / 1e6


def check_lines(found: dict[str, Any]) -> Iterator[str]:
    cost = found["cost_usd_estimated"]
    priced = "" if cost is None else f", about {cost:.2f} USD"
    yield (
        f"{found['file']}: {found['examples']} examples, {found['bytes']} bytes, about {found['tokens_estimated']} "
        f"tokens (an estimate){priced}"
    )
    for problem in found["problems"]:
        place = f"line {problem['line']}" if problem["line"] else "file"
        yield f"{problem['level']:<8} {place}: {problem['what']}"
        yield f"{'':<8} {problem['then']}"
    yield "ready to be submitted" if found["ok"] else "not ready"


def of_job(job: Job, events: Sequence[JobEvent]) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(job),
        "events": [{"at": _moment(event.at), "level": event.level, "text": event.text} for event in events],
    }


def job_lines(job: dict[str, Any]) -> Iterator[str]:
    yield f"{job['id']}: {job['status']}, from {job['base']}"
    for event in job["events"]:
        yield f"  {event['at']}  {event['level']:<6}{event['text']}"
    if job["error"]:
        yield f"  error: {job['error']}"
    if job["model"]:
        yield f"  model: {job['model']}"


def compare_head(models: tuple[str, str]) -> str:
    return f"{'':<{WIDE}} {models[0]:<34} {models[1]}"


def compare_line(row: Row) -> str:
    first, second = (_cell(side) for side in row.sides)
    return f"{row.scenario:<{WIDE}} {first:<34} {second}"


def compare_foot(rows: Sequence[Row]) -> str:
    first, second = (f"{count_as_expected(rows, side)} of {len(rows)} as expected" for side in (0, 1))
    return f"{'':<{WIDE}} {first:<34} {second}"


def _cell(outcome: Outcome) -> str:
    verdict = "as expected" if outcome.as_expected else f"NOT: {outcome.outcome}"
    tokens = "" if outcome.tokens_in is None else f", {outcome.tokens_in}+{outcome.tokens_out or 0} tokens"
    refused = f", {len(outcome.refused)} refused" if outcome.refused else ""
    return f"{verdict}, {outcome.turns} turns{refused}{tokens}"


def _moment(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="seconds")

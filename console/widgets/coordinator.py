"""Rows of the coordinator's screen: engines, jobs, the queue in a few lines. Pure but for the colours."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from console import theme
from console.glyphs import Glyphs, Look
from console.state.coordinated import CoordinatorView, JobRow, length_words
from console.widgets.pane import clip, harmless

ROOMY = 70  # columns from which a row has all its parts
LEAST_REASON = 16  # columns; with less of it nobody knows what it says
GOOD_OUTCOMES = ("booked", "changed", "cancelled")


def engine_look(phase: str, glyphs: Glyphs) -> Look:
    """How an engine is."""
    return {
        "starting": Look(glyphs.starting, "starting", theme.WARN),
        "idle": Look(glyphs.waiting, "idle", theme.GOOD),
        "busy": Look(glyphs.live, "busy", theme.AGENT),
        "draining": Look(glyphs.on_hold, "draining", theme.WARN),
        "lost": Look(glyphs.down, "lost", theme.ALERT),
    }.get(phase, Look(glyphs.none, phase, theme.GREY))


def job_look(job: JobRow, glyphs: Glyphs) -> Look:
    """Where a job stands."""
    if job.cancel_asked and job.state in ("dialing", "talking"):
        return Look(glyphs.ended, "hanging up", theme.WARN)
    if job.state == "done" and job.outcome not in GOOD_OUTCOMES:
        return Look(glyphs.refused, job.outcome.replace("_", " ") or "done", theme.GREY)
    return {
        "queued": Look(glyphs.waiting, "queued", theme.TEXT),
        "reserved": Look(glyphs.starting, "reserved", theme.AGENT),
        "dialing": Look(glyphs.dialling, "dialling", theme.AGENT),
        "talking": Look(glyphs.live, "talking", theme.AGENT),
        "done": Look(glyphs.good, job.outcome or "done", theme.GOOD),
        "failed": Look(glyphs.down, "failed", theme.ALERT),
        "unknown": Look(glyphs.alert, "UNKNOWN", theme.ALERT),
        "cancelled": Look(glyphs.ended, "cancelled", theme.GREY),
    }.get(job.state, Look(glyphs.none, job.state, theme.GREY))


def engine_rows(view: CoordinatorView, width: int, glyphs: Glyphs) -> list[tuple[str, Text]]:
    """Names and lines: all of them first, then one by one. The name of all is ""."""
    status = view.status
    engines = status.engines if status else ()
    calls = sum(len(engine.calls) for engine in engines)
    head = Text(clip(f"{len(engines)} engine{'' if len(engines) == 1 else 's'}", 28), theme.STRONG)
    head.append(f"{calls} call{'' if calls == 1 else 's'} in hand", theme.TEXT)
    rows = [("", head)]
    for engine in engines:
        look = engine_look(engine.phase, glyphs)
        age = length_words(status.at - engine.started_at) if status and engine.started_at else glyphs.none
        tail = Text(f" {len(engine.calls)}/{engine.capacity} calls  ", theme.TEXT)
        tail.append(f"{age:>7}", theme.GREY)
        if width >= ROOMY:
            ready = f"{engine.ready_s:.1f} s to start" if engine.ready_s is not None else ""
            tail.append(f"  {engine.calls_ended:>4} ended  {ready:<14}", theme.GREY)
        line = Text().append(f"{look.glyph} {look.word:<9} ", look.style)
        room = max(0, width - line.cell_len - tail.cell_len)
        whole = f"{engine.name}  {engine.where}"
        name = whole if len(whole) <= room else engine.name
        line.append(clip(harmless(name), room, glyphs.ellipsis), theme.STRONG)
        rows.append((engine.name, line + tail))
    return rows


def job_text(job: JobRow, now: float, width: int, glyphs: Glyphs) -> Text:
    """One line: state, restaurant, when or what came of it, attempts, and the end of its id."""
    look = job_look(job, glyphs)
    line = Text().append(f"{look.glyph} {clip(look.word, 11, glyphs.ellipsis)} ", look.style)
    tries = f"{glyphs.times}{job.attempt}" if job.attempt > 1 else ""
    tail = Text(f" {_when(job, now):>14} {tries:>3}", theme.TEXT)
    if width >= ROOMY:
        tail.append(f"  {job.language:<2}  {job.id[-6:]}", theme.FAINT)
    room = max(0, width - line.cell_len - tail.cell_len)
    why = job.reason if job.state in ("failed", "unknown", "cancelled") else ""
    name = clip(harmless(job.restaurant), min(room, 26), glyphs.ellipsis)
    line.append(name, theme.STRONG)
    left = max(0, room - len(name))
    line.append(clip(f" {harmless(why)}" if left >= LEAST_REASON else "", left, glyphs.ellipsis), theme.GREY)
    return line + tail


def _when(job: JobRow, now: float) -> str:
    """Of a queued job when it is due, of one in hand how long, of an ended one how long ago."""
    if job.state == "queued":
        late = now - job.due
        return f"due {length_words(late)} ago" if late > 0 else f"in {length_words(-late)}"
    if job.state in ("reserved", "dialing", "talking"):
        return f"for {length_words(now - job.changed_at)}"
    return f"{length_words(now - job.changed_at)} ago"


def queue_lines(view: CoordinatorView, width: int, glyphs: Glyphs) -> list[Text]:
    """The coordinator itself, its jobs by state, what was dialled since it started."""
    status = view.status
    lines: list[Text] = []
    if status is None:
        return lines
    word, style = ("draining: no new calls", theme.WARN) if status.draining else ("at work", theme.GOOD)
    if not view.answers:
        word, style = "does not answer; as it was last", theme.ALERT
    head = Text(f"{glyphs.ready if view.answers else glyphs.down} {word}", style)
    head.append(f"  for {length_words(status.at - status.started_at)}", theme.GREY)
    head.append(f"  {status.spawner}, {status.min_idle} kept ready, at most {status.max_engines}", theme.GREY)
    lines.append(head)
    jobs = Text("jobs   ", theme.GREY)
    for state, count in view.counts().items():
        bad = theme.ALERT if state in ("unknown", "failed") else theme.TEXT
        jobs.append(f"{count} ", theme.STRONG).append(f"{'dialling' if state == 'dialing' else state}  ", bad)
    lines.append(jobs if view.counts() else Text("jobs   none", theme.GREY))
    lines.append(_next_due(view, glyphs))
    calls = Text("calls  ", theme.GREY).append(f"{status.dialled} dialled", theme.TEXT)
    for outcome, count in sorted(status.ended.items(), key=lambda told: -told[1]):
        calls.append(f"  {count} {harmless(outcome.replace('_', ' '))}", theme.GREY)
    lines.append(calls)
    for line in lines:
        line.truncate(width, overflow="ellipsis" if glyphs.ellipsis == "…" else "crop")
    return lines


def _next_due(view: CoordinatorView, glyphs: Glyphs) -> Text:
    line, status = Text("next   ", theme.GREY), view.status
    if status is None or status.next_due is None:
        return line.append("nothing is queued", theme.GREY)
    late = status.at - status.next_due
    style: Style = theme.WARN if late > 60 else theme.TEXT
    line.append(f"due for {length_words(late)}" if late > 0 else f"in {length_words(-late)}", style)
    if status.enqueue_to_dial_ms:
        last = sorted(status.enqueue_to_dial_ms)
        line.append(f"  {glyphs.dot}  due to dialling {last[len(last) // 2]:.0f} ms (median)", theme.GREY)
    return line


def problem_lines(view: CoordinatorView, width: int, glyphs: Glyphs) -> list[Text]:
    """What went wrong, the last first."""
    told = [view.problem, view.jobs_problem, *(reversed(view.status.problems) if view.status else ())]
    lines = [Text(f"{glyphs.alert} {harmless(words)}", theme.WARN) for words in told if words]
    return lines or [Text("none", theme.GREY)]


def absent_text(view: CoordinatorView) -> Text:
    """What stands there where no coordinator runs."""
    text = Text(f"No coordinator runs on {harmless(view.where)}.\n\n", theme.TEXT)
    if view.problem:
        text.append(f"{harmless(view.problem)}\n\n", theme.WARN)
    text.append("It takes jobs out of the queue and places their calls. Start it: ", theme.GREY)
    text.append("call-thing coordinator", theme.STRONG).append("\nPut a job into the queue: ", theme.GREY)
    text.append("call-thing jobs add en/accepts", theme.STRONG)
    counts = view.counts()
    if counts:
        words = ", ".join(f"{count} {state}" for state, count in counts.items())
        text.append(f"\n\nJobs there are: {words}", theme.TEXT)
    return text

"""What stands in place of a transcript while there is no call: each state names the next step."""

from __future__ import annotations

from rich.text import Text

from console import theme
from console.state.store import Store


def waiting_words(store: Store, problem: str, where: str, demo: bool) -> list[Text]:
    """problem: why no engine can be found. where: its state directory. demo: a call is to be dialled by itself."""
    if problem and store.link != "live":
        return [Text(problem, theme.WARN)]
    if store.link == "waiting":
        place = f" in {where}" if where else ""
        start = Text("Start: ", theme.GREY).append("call-thing engine", theme.STRONG)
        start.append("   r", theme.STRONG).append(" recorded calls", theme.GREY)
        return [
            Text(f"Waiting for an engine{place} ({store.silent_us // 1_000_000} s).", theme.TEXT),
            Text(),
            start,
        ]
    if store.link == "connecting":
        return [Text("Engine found; waiting for its first word.", theme.TEXT)]
    if store.lost:
        return [Text("The engine was lost before any call. Start it again: call-thing engine", theme.WARN)]
    if demo:
        return [
            Text("The engine is starting; the demo call is dialled when all rooms are ready.", theme.TEXT)
        ]
    if store.readonly:
        return [Text("No calls yet. Read-only: others dial.", theme.TEXT)]
    words = Text("No calls yet. ", theme.TEXT)
    for key, does in (("d", " dials a scenario"), ("i", " scenarios"), ("r", " recorded calls")):
        words.append(key, theme.STRONG).append(does).append("." if key == "r" else ", ")
    return [words]

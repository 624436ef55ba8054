"""What a call is: line, scenario, language, who is at it, what it costs, where its record is."""

from __future__ import annotations

from rich.text import Text

from console import theme
from console.glyphs import Glyphs, call_look
from console.state.call import Call
from console.state.store import Store
from console.widgets.call_row import clock_of
from console.widgets.pane import Pane, clip, harmless
from console.widgets.spending import answered, money, tokens

PAIR_CELLS = 44


def about_lines(call: Call, store: Store, width: int, glyphs: Glyphs) -> list[Text]:
    """Two facts to a row where there is room."""
    look = call_look(call, glyphs)
    listeners = [name for name, number in store.listening.items() if number == call.number]
    who = {"muted": "muted by an operator", "operator": f"silent: {call.mic.operator} is live"}
    facts = [
        ("state", f"{look.glyph} {look.word}"),
        ("time", clock_of(call.seconds(store.known_us))),
        ("line", call.line or glyphs.none),
        ("language", call.language or glyphs.none),
        ("scenario", call.scenario or glyphs.none),
        ("cost", money(call.brain, glyphs)),
        ("agent", who.get(call.silenced, "speaks") if call.live else glyphs.none),
        ("hear it", ", ".join(listeners) or "nobody"),
        *([("recorded", call.recorded)] if call.recorded else []),
        *_of_model(call, glyphs),
    ]
    if width < PAIR_CELLS:
        rows = [
            Text().append(f"{name:<9}", theme.GREY).append(harmless(words), theme.TEXT)
            for name, words in facts
        ]
        for row in rows:
            row.truncate(width)
        return rows
    if len(facts) % 2:
        facts.append(("", ""))
    half = width // 2
    lines = []
    for one, other in zip(facts[::2], facts[1::2], strict=True):
        line = Text().append(f"{one[0]:<9}", theme.GREY)
        line.append(clip(one[1], half - 9, glyphs.ellipsis), theme.TEXT)
        line.append(f" {other[0]:<9}", theme.GREY)
        line.append(clip(other[1], max(4, width - half - 10), glyphs.ellipsis), theme.TEXT)
        lines.append(line)
    return lines


def _of_model(call: Call, glyphs: Glyphs) -> list[tuple[str, str]]:
    """What there is to know of a language model, where one is asked."""
    if not call.brain.turns:
        return []
    return [
        ("tokens", tokens(call.brain, glyphs)),
        ("model", call.brain.model),
        ("answered", answered(call.brain, glyphs)),
    ]


class AboutPane(Pane):
    """Of the selected call."""

    help_text = (
        "What kind of call it is, whether the agent may speak, who listens, and what it costs (– = not known, "
        "+ = at least). With a language model: its tokens in → out, and the turns that it answered; the scripted "
        "brain answered the others."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Call", id="about")
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        call = store.call
        width = self.scrollable_content_region.width
        self.set_class(bool(call and call.brain.turns), "-model")
        self.set_titles(f"Call {call.number}" if call else "Call")
        self.set_lines(about_lines(call, store, width, self._glyphs) if call else [])

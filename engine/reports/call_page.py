"""The report of calls: `call_page` makes the whole file, `article` one call for a page that has several."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from engine import journal
from engine.protocol import RecordingConsent
from engine.records.past import PastCall, past_call
from engine.records.sound import read_sound, sound_file
from engine.reports.call_head import head
from engine.reports.call_turns import turns_table
from engine.reports.chart import legend, waterfalls
from engine.reports.clocks import Step, media_began_ms
from engine.reports.frame import page
from engine.reports.markup import Markup, data, joined, tag
from engine.reports.parts import CallPicture, Fact
from engine.reports.peaks import peaks
from engine.reports.sound_inside import MEDIA_TYPE, as_opus
from engine.reports.timeline import timeline


class DrawnCall(NamedTuple):
    """A call, ready to be put into a page."""

    picture: CallPicture
    sound: bytes  # Ogg; empty = none
    sound_began_ms: float


def call_page(folder: Path, *, audio: bool = True) -> str:
    """The report of one call. Raises StateError when its journal cannot be read."""
    return calls_page([past_call(folder, datetime.now(UTC))], audio=audio)


def calls_page(calls: Sequence[PastCall], *, audio: bool = True) -> str:
    """Of several, with a list to choose from. Raises StateError when one of the journals cannot be read."""
    drawn = [draw(call, audio=audio) for call in calls]
    articles = [article(call, number) for number, call in enumerate(drawn, 1)]
    title = (
        f"{drawn[0].picture.restaurant or drawn[0].picture.name}"
        if len(drawn) == 1
        else f"{len(drawn)} calls"
    )
    body = joined(_list(drawn) if len(drawn) > 1 else "", *articles)
    return page(f"{title} · Call-Thing", body, made_by())


def made_by() -> str:
    """For the foot of a page."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        which = version("call-thing")
    except PackageNotFoundError:
        which = "of the source tree"
    return f"Call-Thing {which} · made {datetime.now(UTC):%Y-%m-%d %H:%M} UTC · one file, opens without a network"


def draw(call: PastCall, *, audio: bool = True) -> DrawnCall:
    """Read its journal and its recording. Raises StateError."""
    steps = list(journal.read(call.folder))
    picture = timeline(call.name, call.header, call.summary, steps)
    path = sound_file(call.folder)
    sound = b""
    began_ms = media_began_ms(call.summary, steps)
    if path is not None:
        pcm = _wanted(read_sound(path).pcm, steps)
        picture.waveform = peaks(pcm, began_ms)
        sound = as_opus(pcm) if audio and pcm else b""
        if not audio:
            picture.notes.append("The recording was left out of this report.")
    elif picture.meter is not None:
        picture.notes.append("No recording: the voices are drawn by the meters' levels.")
    return DrawnCall(picture, sound, began_ms)


def _wanted(pcm: bytes, steps: Sequence[Step]) -> bytes:
    """The recording without the far end's voice, where they did not want it kept and an engine was killed over it."""
    if not any(
        isinstance(said, RecordingConsent) and said.state in ("refused", "stopped") for _, _, said in steps
    ):
        return pcm
    import numpy as np

    samples = np.frombuffer(pcm, "<i2").reshape(-1, 2).copy()
    samples[:, 0] = 0
    return samples.tobytes()


def article(call: DrawnCall, number: int, *, back: bool = False) -> Markup:
    """One call. number: of it in its page, from 1. back: with a link to the table of runs above it."""
    picture = call.picture
    return tag(
        "article",
        tag("a", "↑ every run", href="#runs", class_="back") if back else "",
        head(picture),
        tag("div", class_="stage", hidden=True),
        _player(call),
        tag(
            "div",
            tag("section", tag("h2", "Turn by turn"), turns_table(picture), class_="card turns"),
            tag(
                "aside",
                class_="card detail",
                aria_live="polite",
                aria_label="The selected moment",
                hidden=True,
            ),
            class_="two",
        ),
        _latencies(picture),
        _facts(picture),
        tag("script", data(picture), type="application/json", class_="call-data"),
        class_="call",
        id=f"call-{number}",
        aria_label=f"Call to {picture.restaurant or picture.name}",
    )


def _player(call: DrawnCall) -> Markup:
    if not call.sound:
        return Markup("")
    source = f"data:{MEDIA_TYPE};base64,{base64.b64encode(call.sound).decode()}"
    player = tag("audio", controls=True, preload="metadata", src=Markup(source))
    about = "left the restaurant, right what was sent to it"
    return tag(
        "div",
        player,
        tag("p", about, class_="faint"),
        class_="player",
        data_began_ms=f"{call.sound_began_ms:.0f}",
    )


def _latencies(picture: CallPicture) -> Markup:
    chart = waterfalls(picture.turns)
    if not chart:
        return Markup("")
    about = "From the end of their speech to the first sound of the answer, and what of it was spent on what."
    return tag(
        "section",
        tag("h2", "How long each answer took"),
        tag("p", about, class_="faint"),
        legend(),
        chart,
        class_="card",
    )


def _facts(picture: CallPicture) -> Markup:
    lists = [
        tag("div", tag("h2", title), _fact_list(shown), class_="card")
        for title, shown in (("What it was to bring", picture.goal), ("What came of it", picture.result))
        if shown
    ]
    notes = [tag("p", note, class_="note") for note in picture.notes]
    return joined(tag("div", *lists, class_="facts") if lists else "", *notes)


def _fact_list(shown: Sequence[Fact]) -> Markup:
    return tag("dl", *(joined(tag("dt", fact.name), tag("dd", fact.value)) for fact in shown))


def _list(drawn: Sequence[DrawnCall]) -> Markup:
    links = [
        tag(
            "li",
            tag(
                "a",
                tag("b", call.picture.restaurant or call.picture.name),
                " ",
                tag("span", call.picture.outcome or "unfinished"),
                href=f"#call-{number}",
            ),
        )
        for number, call in enumerate(drawn, 1)
    ]
    return tag("nav", tag("h1", f"{len(drawn)} calls"), tag("ol", *links), class_="calls", aria_label="Calls")

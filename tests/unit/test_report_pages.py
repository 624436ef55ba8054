"""The files that reports are: closed against what strangers said, bounded, of use without a script."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import av
import numpy as np
import pytest

from engine.evaluation.results import Comparison, Difference, Run
from engine.evaluation.shares import evaluation_of
from engine.journal import EVENTS
from engine.protocol import (
    CacheVerdict,
    Flag,
    LineState,
    RecordingConsent,
    Sentence,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
    TurnEnded,
)
from engine.records.past import past_call
from engine.reports import run_page as run_pages
from engine.reports.distribution import bin_width, distribution, histogram, ticks
from engine.reports.markup import data, escaped, tag
from engine.reports.page import call_page, calls_page, run_page
from engine.reports.peaks import MOST_STEPS, peaks
from tests.console.journals import sample_journal
from tests.fakes.kept_calls import kept_call
from tests.fakes.recorded_calls import write_journal

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'><!--<b onclick=x>\u202egnp.\x1b[2J&amp;"


class Page(HTMLParser):
    """What a browser would make of it: the elements, and the text that is seen."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.seen = ""
        self._in = ""
        self.feed(text)

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        self._in = name if name in ("script", "style") else self._in
        if name == "script":
            self.scripts.append((dict(attributes), ""))

    def handle_endtag(self, name):
        self._in = "" if name == self._in else self._in

    def handle_data(self, text):
        if self._in == "script":
            self.scripts[-1] = self.scripts[-1][0], self.scripts[-1][1] + text
        elif self._in == "style":
            self.styles.append(text)
        else:
            self.seen += text

    def attributes(self) -> set[str]:
        return {name for _, given in self.elements for name in given}


def hostile_call(state: Path) -> Path:
    """A call in which everything that somebody else chooses is an attack."""
    spoken = [
        LineState("answered", HOSTILE, HOSTILE),
        TurnEnded(1, 100, 900, 1_000, 100, HOSTILE),
        Transcript(1, HOSTILE, True, "en", 0.9, 100, 900, dropped=HOSTILE),
        CacheVerdict(1, False, 0.5, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        Sentence(1, 0, True, 1, HOSTILE, "en"),
        Spoken(1, 0, HOSTILE, True, True),
        ToolCalled("book", {HOSTILE: HOSTILE}, HOSTILE, True),
    ]
    task = Task(
        restaurant=HOSTILE, today="2026-01-01", date="2026-01-02", time="19:00", party_size=2, name=HOSTILE
    )
    steps = [(number * 500_000, Flag.NONE, message) for number, message in enumerate(spoken)]
    return write_journal(state, "20260101-000000-1-1", task, steps, HOSTILE, outcome="failed", reason=HOSTILE)


def test_nothing_that_was_said_becomes_markup_or_script(tmp_path):
    page = Page(call_page(hostile_call(tmp_path)))
    kinds = [given.get("type") for given, _ in page.scripts]
    assert kinds == ["application/json", None]  # the call, and our own
    assert not {"onerror", "onclick", "onload"} & page.attributes() and "img" not in {
        name for name, _ in page.elements
    }
    assert "<script>alert(1)</script>" in page.seen  # as text
    assert "\u202e" not in page.seen and "\x1b" not in page.seen
    kept = json.loads(page.scripts[0][1])
    assert kept["turns"][0]["text"] == kept["utterances"][0]["said"] == HOSTILE


def test_only_its_own_style_and_script_may_run_and_nothing_may_be_fetched(tmp_path):
    text = call_page(sample_journal(tmp_path, sound=True))
    page = Page(text)
    [policy] = [
        given["content"]
        for name, given in page.elements
        if given.get("http-equiv") == "Content-Security-Policy"
    ]
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    own = {"script-src": page.scripts[-1][1], "style-src": page.styles[0]}
    for directive, source in own.items():
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert allowed[directive] == f"'sha256-{digest}'"
    assert allowed["default-src"] == "'none'" and "unsafe" not in policy and "http" not in policy
    assert "style" not in page.attributes()  # the policy would refuse it
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)
    assert "innerHTML" not in own["script-src"] and "eval(" not in own["script-src"]


def test_the_conversation_can_be_read_without_a_script(tmp_path):
    page = Page(call_page(sample_journal(tmp_path)))
    for words in (
        "Eight is fine. And the name?",
        "The name is Brandt.",
        "over after 350 ms: sentence complete",
        "booked",
    ):
        assert words in page.seen
    assert not any(
        given.get("hidden") is None and "hidden" in given and name == "article"
        for name, given in page.elements
    )


def test_the_recording_travels_inside_and_can_be_left_out(tmp_path):
    folder = kept_call(tmp_path, 2.0)
    sources = [
        [given["src"] for name, given in Page(call_page(folder, audio=audio)).elements if name == "audio"]
        for audio in (True, False)
    ]
    [[source], without] = sources
    assert without == [] and source.startswith("data:audio/ogg")
    assert base64.b64decode(source.partition("base64,")[2])[:4] == b"OggS"


def test_a_finished_recording_is_heard_and_drawn_as_before(tmp_path):
    from engine.records.finishing import finish

    folder = kept_call(tmp_path, 2.0)
    before = json.loads(Page(call_page(folder)).scripts[0][1])["waveform"]
    finished = finish(folder)
    assert finished is not None and finished.suffix == ".flac" and not (folder / "audio.wav").exists()
    page = Page(call_page(folder))
    assert json.loads(page.scripts[0][1])["waveform"] == before
    assert any(name == "audio" for name, _ in page.elements)


@pytest.mark.parametrize(("told", "silent"), [("refused", True), ("stopped", True), ("given", False)])
def test_a_voice_that_was_not_to_be_kept_is_in_no_report(tmp_path, told, silent):
    from engine.recorder import wav_head

    task = Task(restaurant="X", today="2026-01-01", date="2026-01-02", time="19:00", party_size=2, name="Y")
    steps = [(500_000, Flag.NONE, RecordingConsent(told))]
    folder = write_journal(tmp_path, "20260101-000000-1-1", task, steps)  # whose engine was killed
    noise = np.random.default_rng(2).integers(-4000, 4000, (16_000, 2), np.int16)
    (folder / "audio.wav").write_bytes(wav_head(len(noise)) + noise.tobytes())
    page = Page(call_page(folder))
    drawn = json.loads(page.scripts[0][1])["waveform"]
    assert (max(base64.b64decode(drawn["far"])) == 0) is silent and max(base64.b64decode(drawn["agent"])) > 0
    [source] = [given["src"] for name, given in page.elements if name == "audio"]
    far, agent = heard(base64.b64decode(source.partition("base64,")[2]))
    assert (far < 60) is silent and agent > 1_000


def heard(ogg: bytes) -> tuple[float, float]:
    """How loud both channels are, as int16."""
    with av.open(io.BytesIO(ogg)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    samples = np.concatenate(frames, axis=1)[:, 2_000:]
    return tuple(float(np.sqrt(np.mean(channel**2))) * 32_768 for channel in samples)  # type: ignore[return-value]


def test_the_sound_is_as_long_as_the_recording(tmp_path):
    from engine.reports.sound_inside import as_opus

    noise = np.random.default_rng(1).integers(-4000, 4000, (16_000 * 3, 2), np.int16)
    with av.open(io.BytesIO(as_opus(noise.tobytes()))) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
        rate = container.streams.audio[0].rate
    assert samples / rate == pytest.approx(3.0, abs=0.03)


def test_a_call_of_three_minutes_stays_far_below_five_megabytes(tmp_path):
    assert len(call_page(kept_call(tmp_path, 180.0)).encode()) < 3_000_000  # of noise, the worst to compress


def test_a_call_that_lasts_for_hours_is_drawn_more_coarsely(tmp_path):
    pcm = np.zeros((16_000 * 3600, 2), np.int16).tobytes()
    drawn = peaks(pcm, 0.0)
    assert drawn is not None and len(base64.b64decode(drawn.far)) <= MOST_STEPS * 4
    assert drawn.step_ms * len(base64.b64decode(drawn.far)) / 4 == pytest.approx(3_600_000, rel=0.001)


def test_peaks_are_the_lowest_and_the_loudest_of_each_stretch():
    samples = np.zeros((320, 2), np.int16)
    samples[10], samples[200] = (-5, 7), (300, -400)
    drawn = peaks(samples.tobytes() + b"\x01", 40.0)
    assert drawn is not None and (drawn.start_ms, drawn.step_ms) == (40.0, 10.0)
    assert np.frombuffer(base64.b64decode(drawn.far), "<i2").tolist() == [-5, 0, 0, 300]
    assert np.frombuffer(base64.b64decode(drawn.agent), "<i2").tolist() == [0, 7, -400, 0]
    assert peaks(b"", 0.0) is None


def test_several_calls_are_one_file_with_a_list(tmp_path):
    from datetime import UTC, datetime

    folders = [sample_journal(tmp_path, f"20260511-184012-77-{number}") for number in (1, 2)]
    page = Page(calls_page([past_call(folder, datetime.now(UTC)) for folder in folders]))
    links = [given["href"] for name, given in page.elements if name == "a"]
    articles = [given["id"] for name, given in page.elements if name == "article"]
    assert links == ["#call-1", "#call-2"] and articles == ["call-1", "call-2"]


def test_a_damaged_journal_is_shown_as_far_as_it_goes(tmp_path):
    folder = sample_journal(tmp_path)
    events = folder / EVENTS
    events.write_bytes(events.read_bytes()[:6_000] + b'\x00{"n":')
    assert "Osteria Lina" in call_page(folder)


def run(scenario="en/accepts", verdict="passed", **more) -> Run:
    fields = {
        "kinds": ["plain"],
        "run": 1,
        "turns": 4,
        "words": 20,
        "word_errors": 1,
        "latency_ms": [300.0, 500.0],
        "seconds": 30.0,
    }
    return Run(scenario, scenario[:2], verdict=verdict, **{**fields, **more})  # type: ignore[arg-type]


def test_an_evaluation_shows_its_runs_their_differences_and_the_failed_calls(tmp_path):
    folder = sample_journal(tmp_path, sound=True)
    failed = run(
        "de/lehnt_ab", "failed", differences=[HOSTILE, "time: 20:00, not 19:30"], journal=str(folder)
    )
    gone = run("es/acepta", "failed", differences=["no answer"], journal=str(tmp_path / "purged"))
    page = Page(run_page(evaluation_of([run(), failed, gone], brain="scripted", began="2026-11-23T08:00:00")))
    assert [given["href"] for name, given in page.elements if name == "a" and given["href"] != "#runs"] == [
        "#call-1"
    ]
    assert [given["id"] for name, given in page.elements if name == "article"] == ["call-1"]
    for words in (
        "1 of 3 as expected",
        "time: 20:00, not 19:30",
        str(tmp_path / "purged"),
        "By language",
        "By kind",
    ):
        assert words in page.seen
    assert "img" not in {name for name, _ in page.elements}


def test_failed_calls_have_a_bound_and_the_others_are_named(tmp_path, monkeypatch):
    folder = sample_journal(tmp_path)
    monkeypatch.setattr(run_pages, "MOST_CALLS", 2)
    page = Page(run_page(evaluation_of([run(verdict="failed", journal=str(folder))] * 5)))
    assert sum(name == "article" for name, _ in page.elements) == 2
    assert "3 more failed calls have no room here" in page.seen
    monkeypatch.setattr(run_pages, "MOST_BYTES", 1)
    assert not any(
        name == "article"
        for name, _ in Page(run_page(evaluation_of([run(verdict="failed", journal=str(folder))]))).elements
    )


def test_a_comparison_says_what_chance_explains():
    from msgspec.structs import replace

    differences = [
        Difference("all", "success", 0.9, 0.95, -0.02, 0.12, "chance"),
        Difference("de", "latency p50", 400.0, 350.0, -80.0, -20.0, "better"),
        Difference("en/accepts", "success", 1.0, 1.0),
    ]
    whole = replace(
        evaluation_of([run()]), comparison=Comparison("2026-11-20T10:00:00", "0.1", differences, ["en/old"])
    )
    seen = Page(run_page(whole)).seen
    assert "no more than chance explains" in seen and "-80 to -20 ms" in seen and "en/old" in seen
    assert "too few runs to say" not in seen  # of a single scenario: told only where it differs


def test_an_evaluation_of_nothing_is_a_page_as_well():
    assert "0 of 0 as expected" in Page(run_page(evaluation_of([]))).seen


@pytest.mark.parametrize(
    "values", [[5.0], [0.0, 0.0], [200.0, 310.0, 290.0, 1_900.0], [0.001, 0.002], list(range(500))]
)
def test_every_value_is_in_one_bar_and_the_axis_is_round(values):
    step = bin_width(values)
    first = min(values) // step * step
    counts = histogram(values, first, step)
    assert sum(counts) == len(values) and len(counts) <= 32
    assert "NaN" not in distribution(values, "ms", "x") and "<path" in distribution(values, "ms", "x")
    marks = ticks(0.0, max(values) or 1.0)
    assert 2 <= len(marks) <= 8


def test_no_values_are_no_picture():
    assert distribution([], "ms", "x") == ""


def test_markup_escapes_once_and_json_cannot_end_its_script():
    assert tag("a", "x<y", href='"&') == '<a href="&quot;&amp;">x&lt;y</a>'
    assert tag("b", tag("i", "&")) == "<b><i>&amp;</i></b>"
    assert escaped("a\x00b\u2066") == "a b "
    assert json.loads(data({"x": "</script>&\ud800"})) == {"x": "</script>&\ud800"}
    assert "<" not in data("<!--") and "&" not in data("&lt;")

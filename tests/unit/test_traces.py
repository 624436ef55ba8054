"""Calls as traces: spans out of a journal, nothing personal in them, and what becomes of them outside."""

import asyncio
import http.server
import importlib.util
import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from engine.errors import StateError
from engine.journal import JournalWriter
from engine.protocol import (
    BargeIn,
    BrainUse,
    CacheVerdict,
    CallClosed,
    CallState,
    EngineEvent,
    Flag,
    Header,
    LineState,
    MicState,
    PlaybackStarted,
    Sentence,
    SoundKept,
    Spoken,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
    TurnEnded,
    TurnLatency,
)
from engine.settings import TelemetrySettings
from engine.traces.sending import NOT_INSTALLED, spans_of_folder, traces, wanted
from engine.traces.spans import ROOT, Span, spans_of

CLOCK_US = 4_000_000_000  # near its end: times of a header wrap during the call
PERSONAL = ("Nora Brandt", "The Copper Kettle", "+441632960471", "half past seven", "kitchen", "secret")
ABOUT = {
    "journal": 2,
    "wall": "2026-05-11T18:40:00.000+00:00",
    "clock_us": CLOCK_US,
    "call": "20260511-184000-77-1",
    "job": "20260511-183901120-00a1b2",
    "line": "sip",
    "scenario": "en/secret",
    "task": {"restaurant": "The Copper Kettle", "name": "Nora Brandt", "phone": "+441632960471"},
}
LATENCY = TurnLatency(1, 350.0, 40.0, 1.0, 200.0, 30.0, 9.0, 20.0, 650.0, "wire")
BRAIN = BrainUse("some-model", 900, 40, 0.002, first_token_us=180_000, turn=1, reason="secret")


def told(ms: int, message) -> tuple[int, Flag, object]:
    return ms * 1000, Flag.NONE, message


def clock(ms: int) -> int:
    """A moment of the call by the header's clock."""
    return (CLOCK_US + ms * 1000) % (1 << 32)


CALL = [
    told(3, CallState("dialling", "The Copper Kettle", "en", "sip", reason="secret")),
    told(400, LineState("ringing", detail="secret 180")),
    told(2500, LineState("answered")),
    told(2600, SoundKept(16, "", 2_600_000)),
    told(4500, TurnEnded(1, 400, 1500, 1850, 350, "secret", 1490)),
    told(4540, Transcript(1, "Golden half past seven", True, "en", 0.9, 400, 1500)),
    told(4541, CacheVerdict(1, True, 0.987654, template="secret", nearest="half past seven")),
    told(4600, Sentence(1, 0, False, 1, "For Nora Brandt.", "en", from_cache=True)),
    told(4801, PlaybackStarted(1, 1, clock(4800), 9000, 30_000)),
    told(4802, LATENCY),
    told(4900, BRAIN),
    told(5000, BargeIn("duck", 2400, "secret")),
    told(6000, Spoken(1, 0, "For Nora Brandt.", True)),
    told(7000, Spoken(1, 1, "At half past", True, cut=True)),
    told(7100, ToolPending(1, "approval", "book", 9, "secret", {"name": "Nora Brandt"}, {"name": "secret"})),
    told(9100, ToolDecided(1, True, "anna", "secret")),
    told(9101, ToolCalled("book", {"name": "Nora Brandt"}, "secret", False, 1)),
    told(9500, MicState("armed", "anna")),
    told(9600, MicState("full", "anna", True)),
    told(11_000, MicState("off", "anna", why="secret")),
    told(11_500, EngineEvent("warning", "room tts ended (secret)", "tts")),
    told(12_000, LineState("ended", "far_end", "secret")),
    told(12_050, CallClosed("booked", "secret", 2, 1, 3)),
]


def named(spans: list[Span], name: str) -> Span:
    [found] = [span for span in spans if span.name == name]
    return found


def ms(span: Span) -> tuple[float, float]:
    return span.start_us / 1000, span.end_us / 1000


def test_the_call_is_the_first_span_and_knows_its_job_and_its_end():
    root, *others = spans_of(ABOUT, CALL)
    assert (root.name, root.parent, ms(root)) == ("call", None, (0, 12_050))
    assert root.attributes["job.id"] == "20260511-183901120-00a1b2"
    assert root.attributes["call.outcome"] == "booked" and root.attributes["line.ended"] == "far_end"
    assert root.attributes["rooms.restarts"] == 1 and not root.failed
    assert all(span.parent is not None and 0 <= span.start_us <= span.end_us <= 12_050_000 for span in others)


def test_a_call_without_a_job_has_no_such_attribute():
    about = {key: value for key, value in ABOUT.items() if key != "job"}
    assert "job.id" not in spans_of(about, CALL)[ROOT].attributes


def test_dialling_ringing_and_talking_follow_one_another():
    spans = spans_of(ABOUT, CALL)
    assert [ms(named(spans, name)) for name in ("dialling", "ringing", "talking")] == [
        (0, 400),
        (400, 2500),
        (2500, 12_000),
    ]


def test_a_line_on_hold_interrupts_the_talking():
    held = [*CALL[:3], told(3000, LineState("held")), told(3500, LineState("resumed")), *CALL[-2:]]
    talks = [ms(span) for span in spans_of(ABOUT, held) if span.name in ("talking", "on hold")]
    assert talks == [(2500, 3000), (3000, 3500), (3500, 12_000)]


def test_a_call_that_is_waited_for_was_never_dialled():
    waited = [told(5, LineState("waiting", "127.0.0.1:5060")), *CALL[1:3], *CALL[-2:]]
    names = [span.name for span in spans_of(ABOUT, waited)]
    assert names == ["call", "waiting", "ringing", "talking"]


def test_an_answer_has_a_span_for_each_room_and_the_gap_between_them_are_the_hops():
    spans = spans_of(ABOUT, CALL)
    answer = named(spans, "answer")
    assert ms(answer) == (4150, 4800)  # it ends with our first frame, by the header's clock
    stages = {span.name: span for span in spans if span.parent == spans.index(answer)}
    assert {name: ms(span) for name, span in stages.items()} == {
        "endpoint": (4150, 4500),
        "asr": (4500, 4540),
        "cache": (4540, 4541),
        "llm": (4541, 4741),
        "tts": (4761, 4791),
        "playback": (4791, 4800),
    }
    assert stages["asr"].attributes["room"] == "transcribe" and stages["llm"].attributes["room"] == "agent"


def test_a_stage_is_told_what_the_brain_took_and_the_cache_found_also_when_that_comes_late():
    spans = spans_of(ABOUT, CALL)
    llm, cache = named(spans, "llm").attributes, named(spans, "cache").attributes
    assert (llm["brain.model"], llm["brain.tokens_in"], llm["brain.first_token_ms"]) == (
        "some-model",
        900,
        180,
    )
    assert (cache["cache.hit"], cache["cache.similarity"], cache["cache.served"]) == (True, 0.988, True)


def test_what_each_side_said_is_a_span_without_a_word():
    spans = spans_of(ABOUT, CALL)
    assert ms(named(spans, "far end speaks")) == (3000, 4100)  # media time, which began after 2.6 s
    ours = named(spans, "agent speaks")
    assert ms(ours) == (4800, 7000) and ours.attributes["sentences"] == 2 and ours.attributes["cut"] is True


def test_what_operators_were_asked_and_did_is_there():
    spans = spans_of(ABOUT, CALL)
    asked = named(spans, "operator asked")
    assert ms(asked) == (7100, 9100) and asked.attributes["approved"] is True
    assert named(spans, "tool").attributes == {"tool": "book", "refused": False}
    assert ms(named(spans, "operator")) == (9500, 11_000)
    assert [event[1] for event in spans[ROOT].events] == ["barge-in", "engine event"]


def test_nothing_personal_is_in_any_span():
    words = json.dumps([vars(span) for span in spans_of(ABOUT, CALL)])
    assert not [secret for secret in (*PERSONAL, "anna", "Golden") if secret in words]


def test_a_reason_that_is_none_of_the_fixed_ones_is_not_told():
    ended = [*CALL[:3], told(4000, LineState("ended", "Nora Brandt is not here"))]
    assert spans_of(ABOUT, ended)[ROOT].attributes["line.ended"] == "other"


def test_what_a_killed_engine_left_open_ends_with_the_last_event():
    spans = spans_of(ABOUT, CALL[:9])
    assert ms(named(spans, "talking"))[1] == ms(named(spans, "agent speaks"))[1] == 4801
    assert "call.outcome" not in spans[ROOT].attributes


@pytest.mark.parametrize(("outcome", "failed"), [("failed", True), ("line_lost", True), ("no_table", False)])
def test_a_call_is_an_error_only_where_it_is_ours_to_mend(outcome, failed):
    closed = [*CALL[:-1], told(12_050, CallClosed(outcome))]
    assert spans_of(ABOUT, closed)[ROOT].failed is failed


# --- outside -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "environment", "sent"),
    [
        ("", {}, False),
        ("http://127.0.0.1:4318", {}, True),
        ("", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ("", {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ("http://127.0.0.1:4318", {"OTEL_SDK_DISABLED": "true"}, False),
        ("http://127.0.0.1:4318", {"OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_traces_are_sent_where_a_setting_or_opentelemetrys_own_variables_ask_for_it(
    endpoint, environment, sent
):
    assert wanted(TelemetrySettings(otlp_endpoint=endpoint), environment) is sent


def test_an_engine_without_the_package_says_so_once_and_goes_on(caplog):
    beside = traces(TelemetrySettings(otlp_endpoint="http://127.0.0.1:4318"), {}, lambda: False)
    beside.add(Path("nowhere"))
    assert caplog.messages == [NOT_INSTALLED]


def journal(folder: Path) -> Path:
    about = {key: value for key, value in ABOUT.items() if key not in ("journal", "wall", "clock_us")}
    writer = JournalWriter(folder, about, CLOCK_US)
    for us, flags, message in CALL:
        writer.append(Header(0, 1, flags, 0, clock(us // 1000)), message)
    writer.close({"call": ABOUT["call"]})
    return folder


def test_spans_are_made_of_the_journal_on_the_disk(tmp_path):
    call, began, spans = spans_of_folder(journal(tmp_path / "one"))
    assert call == ABOUT["call"] and abs((datetime.now(UTC) - began).total_seconds()) < 60
    expected = spans_of(ABOUT, [(us, flags, msgspec.convert(m, type(m))) for us, flags, m in CALL])
    assert [(s.name, s.parent, ms(s)) for s in spans] == [(s.name, s.parent, ms(s)) for s in expected]


def test_a_folder_without_a_journal_is_told(tmp_path):
    with pytest.raises(StateError, match="no journal"):
        spans_of_folder(tmp_path)


def _there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


needs_otel = pytest.mark.skipif(
    not _there("opentelemetry.sdk") or not _there("opentelemetry.exporter.otlp.proto.http"),
    reason="OpenTelemetry is not installed: pip install 'call-thing[otel]'",
)


@needs_otel
def test_one_trace_with_every_span_below_the_call(tmp_path):
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from engine.traces.otel import trace_id
    from engine.traces.sending import send

    memory, folder = InMemorySpanExporter(), journal(tmp_path / "one")
    assert send(memory, [folder, tmp_path / "none"]) == [
        f"{tmp_path / 'none'}: no journal can be read there "
        f"([Errno 2] No such file or directory: '{tmp_path / 'none' / 'events.jsonl'}')."
    ]
    sent = memory.get_finished_spans()
    ours = spans_of_folder(folder)[2]
    assert [span.name for span in sent] == [span.name for span in ours]
    assert {span.context.trace_id for span in sent} == {trace_id(ABOUT["call"])}
    assert len({span.context.span_id for span in sent}) == len(sent)
    root = sent[0]
    assert root.parent is None and root.resource.attributes["service.name"] == "call-thing"
    assert root.end_time - root.start_time == 12_050_000_000
    for ours_span, theirs in zip(ours[1:], sent[1:], strict=True):
        assert theirs.parent.span_id == sent[ours_span.parent].context.span_id


@needs_otel
def test_the_services_name_may_be_another_one(monkeypatch):
    from engine.traces.otel import resource

    monkeypatch.setenv("OTEL_SERVICE_NAME", "night-shift")
    assert resource().attributes["service.name"] == "night-shift"


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes what comes, and keeps it."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words):
        pass


@needs_otel
async def test_an_ended_call_reaches_a_collector_by_a_process_beside_the_engine(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.taken = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        settings = TelemetrySettings(otlp_endpoint=f"http://127.0.0.1:{server.server_port}")
        beside = traces(settings, {})
        beside.add(journal(tmp_path / "one"))
        await asyncio.wait_for(beside.stop(40), 45)
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()
    [(path, body)] = server.taken
    assert path == "/v1/traces" and b"agent speaks" in body and ABOUT["job"].encode() in body
    assert not [secret for secret in PERSONAL if secret.encode() in body]

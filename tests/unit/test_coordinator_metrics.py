"""What Prometheus is told of a coordinator, and the page it reads it from."""

import asyncio
import contextlib
import re
import socket
from math import inf

import msgspec
import pytest

from engine.coordinator.metric_values import Histogram, Histograms, added, families, text
from engine.coordinator.metrics import Metrics, serve_metrics
from engine.coordinator.room import Coordinator
from engine.coordinator.spawner import SpawnError
from engine.errors import StateError
from engine.settings import CoordinatorSettings, Settings
from tests.fakes.coordinator import ENGINES, NOW, RINGING, STATUS, TALKING

SAMPLE = re.compile(r'^([a-z_]+)(?:\{([a-z_]+)="([^"\\]*)"\})? (-?[0-9.e+-]+)$')


def changed(**more):
    return msgspec.structs.replace(STATUS, **more)


def page(status=STATUS) -> str:
    return Metrics(lambda: status, lambda: status.at).answer("GET", "/metrics")[2]


def values(words: str) -> dict[tuple[str, str], float]:
    """Each sample by its name and the value of its label."""
    rows = [SAMPLE.match(line) for line in words.splitlines() if not line.startswith("#")]
    assert all(rows), "a line is no sample"
    return {(row[1], row[3] or ""): float(row[4]) for row in rows}


def test_engines_slots_calls_and_jobs_are_counted():
    told = values(page())
    assert told["call_thing_engines", "busy"] == told["call_thing_engines", "lost"] == 1
    assert (
        told["call_thing_engines", "draining"] == 0
    )  # told all the same: a series that is missing alarms nobody
    assert told["call_thing_slots", ""] == 4 and told["call_thing_slots_free", ""] == 2
    assert (told["call_thing_calls_in_hand", "talking"], told["call_thing_calls_in_hand", "reserved"]) == (
        1,
        0,
    )
    assert told["call_thing_jobs", "queued"] == 212 and told["call_thing_jobs", "unknown"] == 1
    assert told["call_thing_dialled_total", ""] == 61 and told["call_thing_ended_total", "booked"] == 49
    assert told["call_thing_engines_lost_total", ""] == 1
    assert told["call_thing_spawns_failed_total", ""] == 2
    assert told["call_thing_queue_overdue_seconds", ""] == 90


def test_engines_that_start_drain_or_are_lost_have_no_free_slots():
    drained = tuple(msgspec.structs.replace(e, phase="draining") for e in ENGINES[1:2])
    assert values(page(changed(engines=(*drained, *ENGINES[2:]))))["call_thing_slots_free", ""] == 0


def test_nothing_is_overdue_where_the_first_job_is_due_later():
    assert values(page(changed(next_due=NOW + 60)))["call_thing_queue_overdue_seconds", ""] == 0
    assert values(page(changed(next_due=None)))["call_thing_queue_overdue_seconds", ""] == 0


def test_no_label_names_a_restaurant_a_job_a_call_or_a_problem():
    words = page(changed(ended={"booked": 1, "The Copper Kettle 555 0100": 3}))
    for secret in (TALKING.restaurant, TALKING.job, TALKING.call, RINGING.restaurant, "555", "engine-4"):
        assert secret not in words
    assert values(words)["call_thing_ended_total", "other"] == 3


def test_a_bucket_counts_all_that_took_at_most_so_long():
    kept = Histogram((0.01, 0.1))
    for value in (0.01, 0.05, 0.5):
        kept.add(value)
    samples = {labels.get("le", ending): value for ending, labels, value in kept.samples()}
    assert samples == {"0.01": 1, "0.1": 2, "+Inf": 3, "_sum": 0.56, "_count": 3}


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ((), (1.0, 2.0), (1.0, 2.0)),
        ((1.0, 2.0), (1.0, 2.0), ()),
        ((1.0, 2.0), (2.0, 3.0), (3.0,)),  # the oldest one was forgotten
        ((1.0, 2.0), (3.0, 4.0), (3.0, 4.0)),
        ((5.0, 5.0), (5.0, 5.0, 5.0), (5.0,)),
        ((1.0, 2.0), (), ()),
    ],
)
def test_what_was_added_to_the_last_values(before, after, new):
    assert added(before, after) == new


def test_each_waiting_time_is_counted_once_however_often_it_is_looked_at():
    kept = Histograms()
    for status in (STATUS, STATUS, changed(enqueue_to_dial_ms=(12.5, 31.0, 400.0)), STATUS):
        kept.take(status) if status is not STATUS or not kept.to_dial.count else None
    kept.take(changed(enqueue_to_dial_ms=(12.5, 31.0, 400.0)))
    assert kept.to_dial.count == 4 and kept.to_dial.sum_s == pytest.approx(0.4515)
    assert kept.ready.count == 3 and kept.handover.count == 3


def test_the_time_to_ready_of_an_engine_that_comes_later_is_added():
    kept = Histograms()
    kept.take(STATUS)
    late = msgspec.structs.replace(ENGINES[2], ready_s=4.0)
    kept.take(changed(engines=(*ENGINES[:2], late)))
    kept.take(changed(engines=(*ENGINES[:2], late)))
    assert kept.ready.count == 4 and kept.ready.sum_s == pytest.approx(2.4 + 3.1 + 9.0 + 4.0)


def test_every_metric_is_explained_before_its_samples_and_buckets_only_grow():
    lines = page().splitlines()
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)) == sum(line.startswith("# HELP") for line in lines)
    counts = [value for (name, _), value in values(page()).items() if name.endswith("dial_seconds_bucket")]
    assert counts == sorted(counts) and counts[-1] == 3


def test_prometheus_own_parser_reads_the_same_page():
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")
    read = {family.name: family for family in parser.text_string_to_metric_families(page())}
    ours = {family.name: family for family in [*families(STATUS), *_histograms().families()]}
    assert read.keys() == ours.keys()
    for name, family in ours.items():
        assert read[name].type == family.kind
        assert [sample.value for sample in read[name].samples] == [value for *_, value in family.samples]
    (bounds,) = ({s.labels.get("le") for s in read["call_thing_handover_seconds"].samples},)
    assert "+Inf" in bounds and float("+Inf") == inf


def _histograms() -> Histograms:
    kept = Histograms()
    kept.take(STATUS)
    return kept


def test_a_quote_in_a_label_does_not_end_it():
    words = text(families(changed(spawner='a"b\\c\nd')))
    assert 'call_thing_info{spawner="a\\"b\\\\c\\nd"} 1' in words


@pytest.mark.parametrize(
    ("age_s", "draining", "code", "words"),
    [(0, False, 200, "ok"), (0, True, 200, "draining"), (31, False, 503, "nothing for 31 s")],
)
def test_the_health_check_fails_only_when_the_status_is_no_longer_renewed(age_s, draining, code, words):
    metrics = Metrics(lambda: changed(draining=draining), lambda: NOW + age_s)
    answered = metrics.answer("GET", "/healthz")
    assert answered[0] == code and words in answered[2]


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


async def test_the_page_is_served_on_this_machine_until_it_is_closed():
    server = await serve_metrics("", 0, lambda: STATUS, lambda: NOW)
    port = server.port
    answer = await ask(port, b"GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK") and b"version=0.0.4" in head
    assert f"Content-Length: {len(body)}".encode() in head and body.decode() == page()
    assert (await ask(port, b"HEAD /healthz HTTP/1.0\r\n\r\n")).endswith(b"\r\n\r\n")
    assert (await ask(port, b"GET / HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 404")
    assert (await ask(port, b"POST /metrics HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 405")
    assert (await ask(port, b"nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400")
    assert await ask(port, b"G" * 20_000) == b""  # no request has a head of that size
    await server.close()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")


async def test_a_port_that_is_taken_is_told_with_its_setting():
    server = await serve_metrics("", 0, lambda: STATUS)
    with pytest.raises(StateError, match=r"coordinator\.metrics_port"):
        await serve_metrics("", server.port, lambda: STATUS)
    await server.close()


class NoEngines:
    """A spawner that nobody asks for an engine."""

    kind = "none"

    async def spawn(self, name):
        raise SpawnError("there are none")

    async def running(self):
        return []

    async def is_gone(self, name):
        return True

    async def stop(self, name, grace_s):
        pass

    async def close(self):
        pass


async def test_a_coordinator_serves_what_it_does_until_it_has_drained(tmp_path):
    settings = Settings(
        state_dir=str(tmp_path), coordinator=CoordinatorSettings(min_idle=0, metrics_port=_free_port())
    )
    coordinator = Coordinator(settings, NoEngines())
    running = asyncio.create_task(coordinator.run())
    port = settings.coordinator.metrics_port
    try:
        async with asyncio.timeout(30):
            while not running.done():
                with contextlib.suppress(OSError):
                    answer = await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")
                    break
                await asyncio.sleep(0.02)
        assert b"call_thing_dialled_total 0" in answer and b"call_thing_draining 0" in answer
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    with pytest.raises(OSError, match=r"refused|Connect"):
        await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")


def _free_port() -> int:
    with socket.socket() as lent:
        lent.bind(("127.0.0.1", 0))
        return lent.getsockname()[1]

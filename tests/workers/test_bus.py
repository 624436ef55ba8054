"""The bus over real sockets on loopback: who is heard, who is not, and what survives."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable

import msgspec
import pytest
import zmq

from engine.bus import TICK, WOKEN, Bus, Delivery, now_us
from engine.numbering import LossCounter, Sequencer
from engine.protocol import (
    ROOMS,
    CallClosed,
    CallOpened,
    FarFrame,
    Flag,
    Header,
    Heartbeat,
    LineFrame,
    Shutdown,
    SpeechStarted,
    Task,
    pack,
    topic,
    unpack,
)
from engine.settings import Settings
from engine.wiring import ROOM_ZAP_DOMAIN, House, Keys, LinePlan, bind_to, connect_to, listening_socket

PATIENCE_US = 10_000_000
FRAME = FarFrame(pcm=bytes(640))
TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna"
)


class Street:
    """The listening sockets of a whole house, lent to whoever moves in."""

    def __init__(self) -> None:
        self.keys = Keys.generate()
        self.sockets: dict[str, socket.socket] = {
            name: listening_socket() for name in (*ROOMS, "supervisor", "lines", "truth")
        }
        self.ports = {name: sock.getsockname()[1] for name, sock in self.sockets.items()}
        self.end = contextlib.ExitStack()

    def lent(self, name: str) -> int:
        return os.dup(self.sockets[name].fileno())

    def room(self, name: str, *hears: type, incarnation: int = 1, keys: Keys | None = None) -> Bus:
        fds = {"pub": self.lent(name)} | ({"lines": self.lent("lines")} if name == "capture" else {})
        return self._open(House(name, incarnation, self.ports, fds, keys or self.keys, Settings()), *hears)

    def line(self, call: int, *hears: type) -> Bus:
        return self._open(
            House("line", call, self.ports, {}, self.keys, Settings(), LinePlan("simulated", call)), *hears
        )

    def _open(self, house: House, *hears: type) -> Bus:
        bus = Bus(house, *hears)
        bus.closed = False  # type: ignore[attr-defined]
        self.end.callback(close, bus)
        return bus


def close(bus: Bus) -> None:
    if not bus.closed:  # type: ignore[attr-defined]
        bus.closed = True  # type: ignore[attr-defined]
        bus.close()


@pytest.fixture
def street():
    built = Street()
    yield built
    built.end.close()
    for sock in built.sockets.values():
        sock.close()


def hear(
    bus: Bus, count: int = 1, meanwhile: Callable[[], object] = lambda: None, patience_us: int = PATIENCE_US
):
    """The next `count` messages; `meanwhile` is done every few milliseconds. Fewer when patience ends."""
    got: list[Delivery] = []
    until, bus.wake_at_us = now_us() + patience_us, now_us()
    for delivery in bus:
        if delivery is not TICK:
            got.append(delivery)
        elif now_us() > until:
            break
        else:
            meanwhile()
            bus.wake_at_us = now_us() + 3000
        if len(got) >= count:
            break
    return got


def meet(speaker: Bus, hearer: Bus) -> None:
    """Until the hearer hears the speaker; what was said meanwhile is drained."""
    assert hear(hearer, 1, lambda: speaker.send(9, SpeechStarted(0, 0)))
    hear(hearer, 10_000, patience_us=20_000)


def test_what_a_room_says_is_heard_with_call_flags_and_number(street):
    vad, agent = street.room("vad"), street.room("agent", SpeechStarted)
    meet(vad, agent)
    sent_at = [vad.send(7, SpeechStarted(turn, 20 * turn), Flag.AGAIN) for turn in (1, 2)]
    got = hear(agent, 2)
    assert [delivery.message for delivery in got] == [SpeechStarted(1, 20), SpeechStarted(2, 40)]
    assert [(d.header.call, d.header.flags, d.header.sequence) for d in got] == [
        (7, Flag.AGAIN, 0),
        (7, Flag.AGAIN, 1),
    ]
    assert [d.header.time_us for d in got] == [at % 2**32 for at in sent_at]


def test_only_what_was_asked_for_arrives(street):
    capture, vad = street.room("capture"), street.room("vad", FarFrame)
    assert hear(vad, 1, lambda: capture.send(1, FRAME))
    hear(vad, 10_000, patience_us=20_000)
    capture.send(1, SpeechStarted(1, 0))
    capture.send(2, FRAME)
    assert [delivery.header.call for delivery in hear(vad)] == [2]


def test_a_client_with_a_wrong_key_hears_nothing(street):
    stranger_keys = msgspec.structs.replace(
        Keys.generate(), server_public=street.keys.server_public, server_secret=street.keys.server_secret
    )
    capture, friend = street.room("capture"), street.room("vad", FarFrame)
    stranger = street.room("transcribe", FarFrame, keys=stranger_keys)
    impostor_keys = msgspec.structs.replace(street.keys, server_public=Keys.generate().server_public)
    wrong_house = street.room("agent", FarFrame, keys=impostor_keys)
    assert hear(friend, 1, lambda: capture.send(1, FRAME))
    assert len(hear(friend, 50, lambda: capture.send(1, FRAME))) == 50
    assert hear(stranger, 1, lambda: capture.send(1, FRAME), patience_us=100_000) == []
    assert hear(wrong_house, 1, lambda: capture.send(1, FRAME), patience_us=100_000) == []


def test_a_client_without_a_key_hears_nothing(street):
    capture, friend = street.room("capture"), street.room("vad", FarFrame)
    context = zmq.Context()
    naked = context.socket(zmq.SUB)
    naked.linger = 0
    naked.subscribe(b"")
    naked.connect(f"tcp://127.0.0.1:{street.ports['capture']}")
    assert len(hear(friend, 30, lambda: capture.send(1, FRAME))) == 30
    assert naked.poll(50) == 0
    naked.close()
    context.term()


def raw_publisher(street: Street, name: str) -> tuple[zmq.Context, zmq.Socket]:
    context = zmq.Context()
    sock = context.socket(zmq.PUB)
    bind_to(sock, street.lent(name), street.ports[name], street.keys, ROOM_ZAP_DOMAIN)
    street.end.callback(context.term)
    street.end.callback(sock.close, 0)
    return context, sock


GARBAGE = [
    [topic(FarFrame)],
    [topic(FarFrame), b"x"],
    [topic(FarFrame) + bytes(9), b"not 640 bytes"],
    [topic(FarFrame) + bytes(9), bytes(640), b"a third frame"],
    [topic(SpeechStarted) + bytes(9), b"\xc1"],
    [topic(SpeechStarted) + bytes(9), b"\x81\xa1z" + b"\x91" * 50_000 + b"\x00"],
    [topic(CallOpened) + bytes(9), b"\x80"],
    [topic(Heartbeat) + bytes(9), b"\xff" * 1000],
]


def test_garbage_is_counted_dropped_logged_once_and_stops_nothing(street, caplog):
    _, publisher = raw_publisher(street, "capture")
    vad = street.room("vad", FarFrame, SpeechStarted)
    good = pack(FRAME, 1, 0, now_us())
    assert hear(vad, 1, lambda: publisher.send_multipart(good))
    hear(vad, 10_000, patience_us=20_000)
    context = zmq.Context()
    watcher = context.socket(zmq.SUB)
    watcher.subscribe(topic(Heartbeat))
    connect_to(watcher, street.ports["vad"], street.keys)
    for frames in GARBAGE * 5:
        publisher.send_multipart(frames)
    publisher.send_multipart(good)
    assert [delivery.message for delivery in hear(vad)] == [FRAME]
    beats: list[Heartbeat] = []

    def watch() -> None:
        while watcher.poll(0):
            beats.append(unpack(watcher.recv_multipart())[1])
        vad._next_heartbeat_us = 0

    hear(vad, 1, lambda: watch() if not beats else publisher.send_multipart(good))
    watcher.close(0)
    context.term()
    assert beats[-1].malformed == len(GARBAGE) * 5
    assert beats[-1].room == "vad"
    assert len([record for record in caplog.records if "malformed" in record.message]) == 1


def test_a_publisher_that_was_restarted_is_heard_again_and_its_incarnation_known(street):
    vad = street.room("vad", FarFrame)
    for incarnation in (1, 2):
        capture = street.room("capture", incarnation=incarnation)

        def speak(capture: Bus = capture) -> None:
            capture._beat(now_us())
            capture.send(1, FRAME)

        for _ in range(1000):
            assert hear(vad, 1, speak)
            if vad._heard.get("capture") == incarnation:
                break
        assert vad._heard["capture"] == incarnation
        close(capture)
        hear(vad, 10_000, patience_us=20_000)
    assert vad._gaps.lost == 0


def test_a_hearer_that_was_restarted_hears_again(street):
    capture, vad = street.room("capture"), street.room("vad", FarFrame)
    assert hear(vad, 1, lambda: capture.send(1, FRAME))
    close(vad)
    assert hear(street.room("vad", FarFrame, incarnation=2), 1, lambda: capture.send(1, FRAME))


def test_a_line_reaches_capture_and_hears_its_own_call_alone(street):
    capture, playback = street.room("capture", LineFrame), street.room("playback")
    line = street.line(7, SpeechStarted)
    line.push_to("lines")
    (frame,) = hear(capture, 1, lambda: line.push("lines", 7, LineFrame(pcm=bytes(1920)), 5))
    assert (frame.header.call, frame.header.sequence) == (7, 5)
    assert hear(line, 1, lambda: [playback.send(call, SpeechStarted(1, 0)) for call in (6, 7, 8)])
    got = hear(line, 10_000, lambda: playback.send(6, SpeechStarted(1, 0)), patience_us=50_000)
    assert {delivery.header.call for delivery in got} <= {7}


def test_a_call_opened_again_for_a_neighbour_is_not_heard(street):
    supervisor, vad = street.room("supervisor"), street.room("vad", SpeechStarted)
    assert hear(vad, 1, lambda: supervisor.send(9, SpeechStarted(0, 0)))
    hear(vad, 10_000, patience_us=20_000)
    for number, room in enumerate(("", "agent", "vad"), 1):
        supervisor.send(number, CallOpened(TASK, "id", "simulated", 0, room))
    assert [delivery.header.call for delivery in hear(vad, 2)] == [1, 3]


def test_a_shutdown_ends_the_room(street):
    supervisor, vad = street.room("supervisor"), street.room("vad", SpeechStarted)
    assert hear(vad, 1, lambda: supervisor.send(9, SpeechStarted(0, 0)))
    supervisor.send(0, Shutdown())
    for delivery in vad:
        assert delivery is TICK or isinstance(delivery.message, SpeechStarted)


def test_numbers_are_counted_per_kind_and_call_and_forgotten_with_the_call():
    numbers = Sequencer()
    assert [numbers.number(SpeechStarted, call) for call in (1, 1, 2, 1)] == [0, 1, 0, 2]
    assert numbers.number(FarFrame, 1) == 0
    numbers.forget(1)
    assert [numbers.number(SpeechStarted, call) for call in (1, 2)] == [0, 1]


def losses(*sequences: int, flags: Flag = Flag.NONE, message=FRAME) -> int:
    counter = LossCounter()
    for number in sequences:
        counter.count(Header(2, 1, flags, number % 65536, 0), message)
    return counter.lost


def test_a_gap_is_a_loss_and_a_sender_that_begins_anew_is_none():
    assert losses(0, 1, 2) == 0
    assert losses(7, 8, 12) == 3
    assert losses(65_534, 65_535, 65_536, 65_538) == 1
    assert losses(500, 501, 0, 1) == 0
    assert losses(500, 501, 300, flags=Flag.AGAIN) == 0
    assert losses(0, 1, 4, flags=Flag.AGAIN, message=SpeechStarted(1, 0)) == 2


def test_losses_of_calls_do_not_mix_and_are_kept_when_a_call_is_closed():
    counter = LossCounter()
    for call, number in ((1, 0), (2, 50), (1, 1), (2, 52)):
        counter.count(Header(2, call, Flag.NONE, number, 0), FRAME)
    counter.forget(2)
    counter.count(Header(2, 2, Flag.NONE, 99, 0), CallClosed("booked"))
    assert counter.lost == 1


def test_another_thread_of_a_room_wakes_it_at_once(street):
    agent = street.room("agent", SpeechStarted)
    wake = agent.waker()
    threading.Timer(0.02, lambda: [wake() for _ in range(1000)]).start()
    agent.wake_at_us = now_us() + PATIENCE_US
    assert next(iter(agent)) is WOKEN
    vad = street.room("vad")
    meet(vad, agent)
    close(agent)
    wake()  # nobody is there any more, and nothing is said of it


class Sleeper:
    """A clock in which only sleeping takes time."""

    def __init__(self) -> None:
        self.now_us = 1_000_000
        self.slept_us: list[int] = []

    def now(self) -> int:
        return self.now_us

    def sleep(self, seconds: float) -> None:
        self.slept_us.append(round(seconds * 1_000_000))
        self.now_us += self.slept_us[-1]


def test_what_comes_close_together_is_gathered_and_what_comes_alone_is_not(street, monkeypatch):
    capture, vad = street.room("capture"), street.room("vad", FarFrame)
    meet_frames(capture, vad)
    clock = Sleeper()
    monkeypatch.setattr("engine.bus.time.sleep", clock.sleep)
    monkeypatch.setattr("engine.bus.now_us", clock.now)
    vad.gather_us = 10_000
    vad._looked_us = clock.now_us
    clock.now_us += 4000
    assert vad._gather(clock.now_us) == 1_010_000
    assert vad._gather(clock.now_us) == 1_010_000
    assert clock.slept_us == [6000]
    vad.wake_at_us = clock.now_us + 1000  # what a room has to do itself does not wait
    vad._looked_us = clock.now_us
    vad._gather(clock.now_us)
    vad.gather_us = 0
    vad._gather(clock.now_us)
    assert clock.slept_us == [6000, 1000]


def test_what_was_gathered_comes_whole_and_in_order(street):
    capture, vad = street.room("capture"), street.room("vad", FarFrame)
    meet_frames(capture, vad)
    vad.gather_us = 3000
    calls = list(range(1, 30))
    for call in calls:
        capture.send(call, FRAME)
    assert [delivery.header.call for delivery in hear(vad, len(calls))] == calls


def test_messages_that_are_sent_together_arrive_each_by_itself(street):
    capture, vad = street.room("capture"), street.room("vad", FarFrame)
    meet_frames(capture, vad)
    at_us = capture.send_together([(call, FRAME, 7 * call) for call in (1, 2, 3)])
    got = hear(vad, 3)
    assert [(d.header.call, d.header.sequence) for d in got] == [(1, 7), (2, 14), (3, 21)]
    assert {d.header.time_us for d in got} == {at_us % 2**32}
    assert all(d.message == FRAME for d in got)


def meet_frames(speaker: Bus, hearer: Bus) -> None:
    assert hear(hearer, 1, lambda: speaker.send(1, FRAME))
    hear(hearer, 10_000, patience_us=20_000)

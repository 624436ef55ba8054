"""Real line processes with everything around them played by the test: supervisor, playback and capture.

with LineHouse() as house, house.line("sip:peer@127.0.0.1:5060") as line:
    line.until_state("answered")
    line.say(tone(600, 1.0, LINE_RATE_HZ))
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import zmq
import zmq.auth.thread

from engine.bus import now_us
from engine.protocol import ROOMS, Heartbeat, Message, pack, unpack
from engine.settings import CallSettings, Settings, SipAccount, SipSettings
from engine.wiring import (
    ROOM_ZAP_DOMAIN,
    AllowList,
    House,
    Keys,
    LinePlan,
    SipPlan,
    bind_to,
    listening_socket,
)
from engine.workers.__main__ import plan as as_bytes
from tests.fakes.sip.line_heard import Line

OURS = ("supervisor", "playback")
PULLS = ("lines", "played", "truth")
BEAT_S = 0.05  # a line starts once it has heard one of each; the rooms themselves give one every 0.25 s
PLAIN = SipAccount(user="call-thing", transport="udp", encryption="off")
G711 = ("pcmu",)
SETTINGS = Settings(sip=SipSettings(codecs=("opus", "pcmu", "pcma")), call=CallSettings(no_answer_s=10))


class LineHouse:
    """The sockets that lines connect to, and a thread that listens and gives signs of life."""

    def __init__(self, settings: Settings = SETTINGS, beat_s: float = BEAT_S) -> None:
        self.settings, self._beat_s = settings, beat_s
        self.keys = Keys.generate()
        self.lines: dict[int, Line] = {}
        self._numbers = itertools.count(1)
        self._listeners = {name: listening_socket() for name in (*OURS, *PULLS)}
        self.ports = dict.fromkeys(ROOMS, 0) | {
            name: sock.getsockname()[1] for name, sock in self._listeners.items()
        }
        self._context = zmq.Context()
        self._gate = zmq.auth.thread.ThreadAuthenticator(self._context)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> LineHouse:
        self._gate.start()
        self._gate.configure_curve_callback(ROOM_ZAP_DOMAIN, AllowList(self.keys.client_public))
        self._pubs = {name: self._bound(zmq.PUB, name) for name in OURS}
        self._pulls = {name: self._bound(zmq.PULL, name) for name in PULLS}
        self._thread.start()
        return self

    def _bound(self, kind: int, name: str) -> zmq.Socket[Any]:
        sock = self._context.socket(kind)
        bind_to(sock, self._listeners[name].fileno(), self.ports[name], self.keys, ROOM_ZAP_DOMAIN)
        return sock

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for sock in (*self._pubs.values(), *self._pulls.values()):
            sock.close(linger=0)
        self._gate.stop()
        self._context.term()
        for listener in self._listeners.values():
            with contextlib.suppress(OSError):
                listener.close()

    @contextlib.contextmanager
    def line(
        self,
        to: str = "",
        account: SipAccount = PLAIN,
        sip: dict[str, Any] | None = None,
        no_answer_s: int = 10,
        password: str = "",
    ) -> Iterator[Line]:
        """A line process that dials `to`, or waits to be called. sip: settings that differ. Ends with the block."""
        changed = msgspec.structs.replace(self.settings.sip, **(sip or {}))
        settings = msgspec.structs.replace(
            self.settings,
            sip=changed,
            call=msgspec.structs.replace(self.settings.call, no_answer_s=no_answer_s),
        )
        call = next(self._numbers)
        what = LinePlan("sip", call, sip=SipPlan(to=to, account=account, password=password))
        house = House("line", call, self.ports, {}, self.keys, settings, what)
        with tempfile.NamedTemporaryFile(prefix=f"line-{call}-", suffix=".err") as words:
            process = subprocess.Popen(
                [sys.executable, "-m", "engine.workers", "line"],
                stdin=subprocess.PIPE,
                stderr=words,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            line = self.lines[call] = Line(self, call, process, Path(words.name))
            try:
                assert process.stdin is not None
                process.stdin.write(as_bytes(house))
                process.stdin.flush()
                yield line
            finally:
                self._end(line)

    def more(self, first: Line, to: str = "", account: SipAccount = PLAIN) -> Line:
        """One more call in the process of the first; it ends with that process."""
        call = next(self._numbers)
        what = LinePlan("sip", call, sip=SipPlan(to=to, account=account))
        line = self.lines[call] = Line(self, call, first.process, first.words_file)
        assert first.process.stdin is not None
        first.process.stdin.write(as_bytes(what))
        first.process.stdin.flush()
        return line

    @staticmethod
    def _end(line: Line) -> None:
        process = line.process
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()  # for the line this is the supervisor's end: it hangs up and goes
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def send(self, name: str, call: int, message: Message, sequence: int = 0) -> None:
        """Publish as the supervisor or as playback."""
        with self._lock:
            self._pubs[name].send_multipart(pack(message, call, sequence, now_us()))

    def _run(self) -> None:
        poller = zmq.Poller()
        for pull in self._pulls.values():
            poller.register(pull, zmq.POLLIN)
        due_s = 0.0
        while not self._ended.is_set():
            if time.monotonic() >= due_s:
                due_s = time.monotonic() + self._beat_s
                for name in OURS:
                    self.send(name, 0, Heartbeat(name, 1, os.getpid(), ready=True))
            for pull, _ in poller.poll(20):
                self._drain(pull)

    def _drain(self, pull: zmq.Socket[Any]) -> None:
        with contextlib.suppress(zmq.Again):
            while True:
                header, message = unpack(pull.recv_multipart(zmq.NOBLOCK))
                line = self.lines.get(header.call)
                if line is not None:
                    line.take(header.sequence, message)

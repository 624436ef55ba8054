"""The SIP stack of this process: Baresip through baresip-python, in a thread with an event loop of its own.

One process has one stack; it is young, has known memory defects, and therefore shares its process with nothing but the
few lines around it. What is said here from other threads goes through `run`; what the stack does goes to the calls.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import re
import threading
import traceback
from collections.abc import Coroutine
from typing import Any

from baresip import Account, BaresipError, Call, Config, Runtime, StackEvent, UserAgent

from engine.errors import EngineError
from engine.lines import socket_filter
from engine.settings import SipAccount, SipSettings

log = logging.getLogger(__name__)
CODECS = {"opus": "opus/48000/1", "g722": "G722/16000/1", "pcmu": "PCMU/8000/1", "pcma": "PCMA/8000/1"}
ENCRYPTION = {"sdes": "srtp-mand", "dtls": "dtls_srtp"}
PTIME_MS = 20
JITTER_BUFFER_MOST_MS = 200
EXPECTED_LOSS_PERCENT = 5  # how much redundancy Opus sends along
START_TIMEOUT_S = 10.0
CODEC_LINE = re.compile(r"[Ss]et audio decoder: (\S+) (\d+)\s?Hz")

CONFIG = """\
sip_listen {listen}
sip_transports {transport}
sip_verify_server yes
dns_getaddrinfo yes
rtp_ports {rtp_ports}
audio_jitter_buffer_type fixed
audio_jitter_buffer_ms {jitter_ms}-{most_ms}
audio_jitter_buffer_size 50
ausrc_srate 48000
opus_stereo no
opus_sprop_stereo no
opus_bitrate 32000
opus_inbandfec yes
opus_packet_loss {loss}
opus_application voip
opus_complexity 1
"""


class Stack:
    """The one stack of this process. It is never taken down in order, see engine/lines/baresip.py."""

    def __init__(self, settings: SipSettings, account: SipAccount) -> None:
        """Raises EngineError when the stack cannot be started. account: the process's SIP transport is its own."""
        self._settings = settings
        self._networks = _networks(settings)
        self.address = f"{_host(settings.listen)}:{settings.port}".removesuffix(":0")
        self._agents: dict[tuple[SipAccount, str], UserAgent] = {}
        self.codecs: list[str] = []  # as the stack settled on them, newest last
        self._audio_ports: set[int] = set()
        self.dialling = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="sip", daemon=True).start()
        self.run(self._start(account)).result(START_TIMEOUT_S)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Have the stack's thread do something; a concurrent future. What fails there is told, should nobody ask."""
        return asyncio.run_coroutine_threadsafe(_told(work), self._loop)

    async def _start(self, account: SipAccount) -> None:
        own, settings = _host(self._settings.listen), self._settings
        text = CONFIG.format(
            listen=f"{own}:{settings.port}",
            transport=account.transport,
            rtp_ports=settings.rtp_ports,
            jitter_ms=settings.jitter_buffer_ms,
            most_ms=max(JITTER_BUFFER_MOST_MS, 2 * settings.jitter_buffer_ms),
            loss=EXPECTED_LOSS_PERCENT,
        )
        if settings.ca_file:
            text += f"sip_cafile {settings.ca_file}\n"
        _listen_for_codecs(self.codecs)
        config = Config(
            net_interface=settings.listen,
            max_concurrent_calls=settings.calls_per_process
            + 1,  # one more to consult somebody before a transfer
            rtp_timeout=settings.rtp_timeout_s,
            native_log_level="info",
            extra_config_text=text,
        )
        self.runtime = Runtime()
        try:
            await self.runtime.start(config)
        except BaresipError as error:
            raise EngineError(
                f"The SIP stack cannot start on {settings.listen}, port {settings.port or 'any'} ({error}). "
                "Is the port taken? --await, --sip, or sip.listen and sip.port in the settings choose another."
            ) from None
        self.guard()

    def guard(self) -> None:
        """Filter our sockets; again after each call has got its own.

        Where the system has no such filters only loopback is allowed, which the settings have seen to.
        """
        if socket_filter.available():
            for kind in ("udp", "tcp"):
                for fd, port in socket_filter.sockets_of_this_process(kind).items():
                    try:
                        socket_filter.attach(fd, self._networks)
                    except OSError:
                        if socket_filter.sockets_of_this_process(kind).get(fd) == port:
                            raise  # else it was closed meanwhile: another call has ended

    def new_audio_port(self) -> int | None:
        """The audio port of a call that has just begun: the newest that was not there when this was last asked."""
        sockets = self._audio_sockets()
        new, self._audio_ports = sockets.keys() - self._audio_ports, set(sockets)
        return max(new, key=lambda port: sockets[port], default=None)

    def audio_socket(self, port: int | None) -> int | None:
        """The socket at one of our audio ports, while it is open."""
        return self._audio_sockets().get(port) if port is not None else None

    def _audio_sockets(self) -> dict[int, int]:
        """By port: an even one of our range; RTCP has the odd ones."""
        low, _, high = self._settings.rtp_ports.partition("-")
        sockets = socket_filter.sockets_of_this_process("udp")
        return {port: fd for fd, port in sockets.items() if int(low) <= port <= int(high) and port % 2 == 0}

    async def agent(self, account: SipAccount, password: str, codecs: tuple[str, ...] = ()) -> UserAgent:
        """The user agent of an account, made when it is first needed."""
        key = (account, password)
        if key not in self._agents:
            extra = [f"ptime={PTIME_MS}", "catchall=yes"]  # whoever is called here, it is us
            if account.encryption != "off":
                extra.append(f"mediaenc={ENCRYPTION[account.encryption]}")
            self._agents[key] = await UserAgent.create(
                self.runtime,
                Account(
                    user=account.user,
                    domain=account.provider or self.address,
                    password=password,
                    registrar=account.proxy or None,
                    reg_interval=0,  # a process of its own per call: nobody could call it back there
                    transport=account.transport,
                    audio_codecs=tuple(CODECS[name] for name in codecs or self._settings.codecs),
                    auth_user=account.auth_user or None,
                    extra_params=tuple(extra),
                ),
                transfer_policy="reject",  # whom we call is decided behind the dial guard, never by the far end
            )
        return self._agents[key]


class Early:
    """Events of calls whose number in the stack is not known yet: a fast refusal comes before `dial` returns."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._events: dict[int, list[StackEvent]] = {}
        self._calls: set[int] = set()
        stack.runtime.subscribe(self._note)

    def _note(self, event: StackEvent) -> None:
        if event.call and event.call not in self._calls:
            self._events.setdefault(event.call, []).append(event)

    def of(self, call: Call) -> list[StackEvent]:
        """What happened to a call until now; nothing more is kept of it."""
        self._calls.add(call.handle)
        return self._events.pop(call.handle, [])


async def _told(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await work
    except Exception as error:
        where = "".join(traceback.format_tb(error.__traceback__))  # its text may name whom we call
        log.error("in the line's thread: %s\n%s", type(error).__name__, where)
        raise


def _listen_for_codecs(codecs: list[str]) -> None:
    """The stack tells the codec that was agreed in its log alone; nothing else of the log is kept: it names people."""

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage()
            found = CODEC_LINE.search(text)
            if found:
                codecs.append(f"{found[1]}/{found[2]}")

    for name in ("baresip.native", "baresip"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.INFO)
    logging.getLogger("baresip.native").addHandler(Listener())
    logging.getLogger("baresip").addHandler(logging.NullHandler())


def _networks(settings: SipSettings) -> tuple[socket_filter.Network, ...]:
    allowed = tuple(ipaddress.ip_network(peer, strict=False) for peer in settings.allowed_peers)
    return (*socket_filter.LOOPBACK, *allowed)


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def own_descriptors() -> int:
    """How many files and sockets this process has open; 0 where it cannot be known."""
    try:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    except OSError:
        return 0

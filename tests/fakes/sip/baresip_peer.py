"""Debian's baresip 1.0.0 as the far end: other code than the line's, with Opus and with encryption.

It answers by itself, sends a tone from a file, writes down what it hears, and is told what to do over its
JSON port (ctrl_tcp: netstrings of JSON).
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.fakes.sip.certificates import NAME
from tests.fakes.sip.programs import Program, free_port, needed, until
from tests.fakes.sip.tones import tone

MODULES = Path("/usr/lib/baresip/modules")
RATE_HZ = 48_000
WAV_HEADER_BYTES = 44
TONE_SECONDS = 20.0  # of the file it plays; longer than any test

CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{port}
{certificate}
net_interface 127.0.0.1
call_local_timeout 60
call_max_calls 4
audio_path {folder}
audio_player aubridge,nobody
audio_source aufile,{folder}/said.wav
audio_alert aubridge,alert
snd_path {folder}
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
ausrc_format s16
auplay_format s16
audio_buffer 20-160
rtp_ports 16000-19998
rtp_stats yes
jitter_buffer_delay 1-10
rtp_timeout {rtp_timeout_s}
ctrl_tcp_listen 127.0.0.1:{control}
opus_stereo no
opus_sprop_stereo no
opus_bitrate 32000
opus_inbandfec yes
opus_packet_loss 5
opus_application voip
statmode_default off
ringback_disabled yes
menu_bell no
module_path {modules}
module opus.so
module g711.so
module g722.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module dtls_srtp.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""


@dataclass(frozen=True)
class Manners:
    """What kind of far end it is."""

    codecs: str = "opus/48000/1,PCMU/8000/1"
    encryption: str = ""  # baresip's own word: srtp, srtp-mand, dtls_srtp; "" = none
    certificate: Path | None = None  # with it, it speaks TLS
    answers: bool = True
    frequency_hz: float = 1000.0
    rtp_timeout_s: int = 10  # it hangs up when nothing comes for so long


class BaresipPeer:
    """One baresip of Debian's."""

    def __init__(self, program: Program, port: int, control: int, folder: Path, manners: Manners) -> None:
        self.program = program
        self.events: list[dict[str, Any]] = []
        self.port, self._folder, self._manners = port, folder, manners
        self._control = socket.create_connection(("127.0.0.1", control), timeout=5)
        self._control.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def uri(self) -> str:
        """Whom to call; by its name on TLS, since a name is what a certificate proves."""
        if self._manners.certificate is not None:
            return f"sip:peer@{NAME}:{self.port + 1};transport=tls"
        return f"sip:peer@127.0.0.1:{self.port}"

    @property
    def heard(self) -> np.ndarray:
        """What it has heard so far, at the rate of the codec; complete once the call is over."""
        files = sorted(self._folder.glob("dump-*-dec.wav"))
        heard = [
            file.read_bytes()[WAV_HEADER_BYTES:] for file in files
        ]  # a header is finished at the end alone
        return np.frombuffer(b"".join(each[: len(each) // 2 * 2] for each in heard), np.int16)

    @property
    def keys(self) -> str:
        """The keys that were pressed for it."""
        return "".join(event["param"] for event in self.events if event["type"] == "CALL_DTMF_START")

    def saw(self, kind: str) -> bool:
        """Whether there was an event of this kind, such as CALL_ESTABLISHED."""
        return any(event["type"] == kind for event in self.events)

    def tell(self, command: str, parameters: str = "") -> None:
        """A command, such as `hold` or `sndcode`. Parameters are always text: anything else crashes it."""
        body = json.dumps({"command": command, "params": parameters, "token": "x"}).encode()
        self._control.sendall(b"%d:%b," % (len(body), body))

    def close(self) -> None:
        self._control.close()

    def _read(self) -> None:
        buffer = b""
        with contextlib.suppress(OSError):
            while received := self._control.recv(65536):
                buffer += received
                while b":" in buffer:
                    length, _, rest = buffer.partition(b":")
                    if len(rest) <= int(length):
                        break
                    message = json.loads(rest[: int(length)])
                    buffer = rest[int(length) + 1 :]
                    if message.get("event"):
                        self.events.append(message)


@contextlib.contextmanager
def baresip_peer(folder: Path, manners: Manners | None = None) -> Iterator[BaresipPeer]:
    """A far end of its own program. Ends with the block; skips the test where baresip is not installed."""
    path = needed("baresip", "baresip-core")
    manners = manners or Manners()
    port, control = free_port(), free_port()
    folder = folder / f"baresip-{port}"
    folder.mkdir()
    _write_config(folder, port, control, manners)
    program = Program([path, "-f", str(folder)], folder, "baresip")
    try:
        until(lambda: _accepts(control) or program.process.poll() is not None, "baresip listens")
        peer = BaresipPeer(program, port, control, folder, manners)
        try:
            yield peer
        finally:
            peer.close()
    finally:
        program.end()


def _write_config(folder: Path, port: int, control: int, manners: Manners) -> None:
    certificate = f"sip_certificate {manners.certificate}" if manners.certificate else ""
    values = {"port": port, "control": control, "folder": folder, "rate": RATE_HZ, "modules": MODULES}
    values["rtp_timeout_s"] = manners.rtp_timeout_s
    (folder / "config").write_text(CONFIG.format(certificate=certificate, **values))
    parameters = f"regint=0;answermode={'auto' if manners.answers else 'manual'};ptime=20;audio_codecs={manners.codecs}"
    parameters += f";mediaenc={manners.encryption}" if manners.encryption else ""
    transport = ";transport=tls" if manners.certificate else ""
    own_port = port + 1 if manners.certificate else port
    (folder / "accounts").write_text(f"<sip:peer@127.0.0.1:{own_port}{transport}>;{parameters}\n")
    (folder / "contacts").write_text("")
    with wave.open(str(folder / "said.wav"), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(tone(manners.frequency_hz, TONE_SECONDS, RATE_HZ).tobytes())


def _accepts(port: int) -> bool:
    """Whether something listens on this TCP port; without connecting: baresip serves one client alone."""
    wanted = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(wanted) and line.split()[3] == "0A" for line in lines)

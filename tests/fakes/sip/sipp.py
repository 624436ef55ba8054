"""SIPp (Debian's sip-tester) as the far end: a program that knows nothing of ours, with a verdict of its own."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.sip.programs import Program, free_port, needed, until

TIMEOUT_S = 40  # SIPp's own: then its verdict is that the scenario was not carried out
EXIT_OK = 0


class Sipp:
    """One far end that carries out one scenario, for a given number of calls."""

    def __init__(self, program: Program, port: int, folder: Path) -> None:
        self.program = program
        self.port = port
        self._folder = folder

    @property
    def uri(self) -> str:
        """Whom to call."""
        return f"sip:peer@127.0.0.1:{self.port}"

    @property
    def messages(self) -> str:
        """Every SIP message that came and went so far."""
        return self._read("messages.log")

    @property
    def log(self) -> str:
        """What the scenario's own log steps have written."""
        return self._read("steps.log")

    def received(self, method: str) -> int:
        """How many requests of this method came in, as SIPp has written them down."""
        blocks = self.messages.split("-----------------------------------------------")
        return sum(" message received " in block and f"\n{method} sip:" in block for block in blocks)

    def verdict(self, patience_s: float = 10.0) -> str:
        """ "" when every step was carried out as written, else what SIPp has to say about it."""
        try:
            code = self.program.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            return f"the scenario is not over\n{self._read('errors.log')}"
        return (
            ""
            if code == EXIT_OK
            else f"exit code {code}\n{self._read('errors.log')}{self.program.output[-2000:]}"
        )

    def _read(self, name: str) -> str:
        path = self._folder / name
        return path.read_text(errors="replace") if path.exists() else ""


@contextlib.contextmanager
def sipp(xml: str, folder: Path, *options: str, calls: int = 1) -> Iterator[Sipp]:
    """A far end that carries out this scenario so many times. Ends with the block.

    options: more of SIPp's own, such as `-rtp_echo`. Skips the test where SIPp is not installed.
    """
    path = needed("sipp", "sip-tester")
    port = free_port()
    folder = folder / f"sipp-{port}"
    folder.mkdir()
    (folder / "scenario.xml").write_text(xml)
    media = ["-mi", "127.0.0.1", "-mp", str(free_port())]
    logs = [
        option
        for trace, file in (("err", "error"), ("msg", "message"), ("logs", "log"))
        for option in (
            f"-trace_{trace}",
            f"-{file}_file",
            {"err": "errors", "msg": "messages", "logs": "steps"}[trace] + ".log",
        )
    ]
    command = [
        path,
        "-sf",
        "scenario.xml",
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        *media,
        "-m",
        str(calls),
        "-nostdin",
    ]
    command += ["-timeout", str(TIMEOUT_S), "-timeout_error", *logs, *options]
    program = Program(command, folder, "sipp")
    try:
        until(lambda: _listens(port) or program.process.poll() is not None, "SIPp listens")
        yield Sipp(program, port, folder)
    finally:
        program.end()


def _listens(port: int) -> bool:
    """Whether a UDP socket is bound to this port of ours."""
    wanted = f":{port:04X}"
    return any(
        line.split()[1].endswith(wanted) for line in Path("/proc/net/udp").read_text().splitlines()[1:]
    )

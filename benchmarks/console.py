"""What the console costs and how fast it is.

    python benchmarks/console.py [--json] [--calls 32] [--probe-s 65] [--simulated-s 600] [--repeat 10]

cpu_percent            of one core: the console in a terminal of 160x45, which watches 32 calls of 30 messages a second
message_to_screen_ms   from the moment a message is published to the moment its words are read from that terminal
rss_mib                after the first seconds, and after ten minutes of these calls. Only the first 65 s pass in real
                       time, the rest six times as fast, so that the same number of messages has gone through
command_ack_ms         from a key (m) to the act on the engine's events, which tells it once it is in the journal
arm_to_live_ms         from the key (p) on an armed microphone to the agent's silence; a real engine, a simulated line
mic_off_to_silence_ms  from the key (F9) to the last 20 ms of the operator on that line, 0 when none came after it; the
                       longest of all take-overs

The calls of the first three come from a process of their own over the same encrypted sockets as an engine's. The last
two have a microphone without a sound card: what a sound card adds is on its own side of the switch. Run it on a quiet
machine; it takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(
    0, str(Path(__file__).parents[1])
)  # before this folder, in which this file has the console's name

from benchmarks.console_operating import OPERATOR, acting, shares_of
from benchmarks.console_pty import Terminal

ROOT = Path(__file__).parents[1]
WARM_UP_S = 5


def watching(calls: int, probe_s: int, simulated_s: int, faster: float) -> dict[str, Any]:
    """The first three figures."""
    with tempfile.TemporaryDirectory(prefix="ct-") as folder:
        command = [
            sys.executable,
            str(ROOT / "benchmarks" / "console_load.py"),
            folder,
            "--calls",
            str(calls),
        ]
        command += ["--probe-s", str(probe_s), "--then-s", str(max(0, simulated_s - probe_s))]
        load = subprocess.Popen([*command, "--faster", str(faster)], stdout=subprocess.PIPE, text=True)
        terminal = Terminal(["--state-dir", folder, "--operator", OPERATOR])
        try:
            terminal.until("Restaurant")
            time.sleep(1)
            terminal.type("1")  # the call that has the probes
            terminal.until("probe00")
            process = psutil.Process(terminal.process.pid)
            time.sleep(WARM_UP_S)
            start_mib, began, cpu_s = _rss_mib(process), time.monotonic(), _cpu_s(process)
            first = max(terminal.seen_us)
            said = dict(_probes(load))
            cpu_percent = 100 * (_cpu_s(process) - cpu_s) / (time.monotonic() - began)
            assert load.stdout is not None
            if load.stdout.readline().strip() != "played":
                raise SystemExit("the load ended too soon; see above")
            time.sleep(1)
            end_mib = _rss_mib(process)
        finally:
            terminal.close()
            load.kill()
            load.wait()
    waited = [
        (seen_us - said[number]) / 1000
        for number, seen_us in terminal.seen_us.items()
        if number > first and number in said
    ]
    return {
        "cpu_percent": round(cpu_percent, 1),
        "message_to_screen_ms": shares_of(waited),
        "rss_mib": {"start": round(start_mib, 1), "end": round(end_mib, 1)},
    }


def _probes(load: subprocess.Popen[str]) -> list[tuple[int, int]]:
    """(number, µs) of all probes, once the last has been said."""
    said = []
    assert load.stdout is not None
    for line in load.stdout:
        if line.strip() == "probed":
            return said
        number, at_us = line.split()
        said.append((int(number), int(at_us)))
    raise SystemExit("the load ended too soon; see above")


def _rss_mib(process: psutil.Process) -> float:
    return process.memory_info().rss / (1 << 20)


def _cpu_s(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="only the figures, for programs")
    parser.add_argument("--calls", type=int, default=32)
    parser.add_argument("--probe-s", type=int, default=65, help="seconds in real time, at least 20")
    parser.add_argument("--simulated-s", type=int, default=600, help="seconds of the calls in all")
    parser.add_argument("--faster", type=float, default=6.0)
    parser.add_argument("--repeat", type=int, default=10, help="take-overs")
    options = parser.parse_args()
    figures = watching(options.calls, options.probe_s, options.simulated_s, options.faster)
    figures |= acting(options.repeat)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(
                f"{name:<24}{value if not isinstance(value, dict) else '  '.join(f'{k} {v}' for k, v in value.items())}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The SIP benchmark starts, ends, and says what the documentation takes from it; how fast it is, is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
def test_the_sip_benchmark_measures_real_calls():
    pytest.importorskip("baresip", reason="baresip-python has no wheel for this machine: no SIP line here")
    command = [sys.executable, "benchmarks/sip.py", "--json", "--bursts", "5", "--calls", "3"]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=55
    )
    assert "Traceback" not in done.stderr, done.stderr
    figures = json.loads(done.stdout)
    for name in ("one_way_ms", "round_trip_ms", "barge_in_ms", "dial_to_established_ms"):
        assert 0 < figures[name]["p50"] <= figures[name]["p95"] < 2000, name
    assert figures["cpu_percent_per_call"] > 0 < figures["rss_mib_per_call"]
    assert (figures["calls"], figures["lost"]) == (3, 0)
    assert done.returncode == (1 if figures["bursts_lost"] else 0)

"""Packets that are lost, late and out of order: the call goes on, and its figures say what the network does."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.protocol import LINE_RATE_HZ
from tests.fakes.sip.baresip_peer import RATE_HZ, baresip_peer
from tests.fakes.sip.line_harness import LineHouse
from tests.fakes.sip.programs import until
from tests.fakes.sip.relay import Weather, relay
from tests.fakes.sip.tones import seconds_of, tone

pytestmark = pytest.mark.long

SECONDS = 6.0  # the stack reports on the network every five seconds
WEATHERS = {
    "fine": Weather(delay_ms=10),
    "loss 1 %": Weather(loss_percent=1, delay_ms=10),
    "loss 3 %": Weather(loss_percent=3, delay_ms=10),
    "loss 5 %": Weather(loss_percent=5, delay_ms=10),
    "jitter": Weather(delay_ms=40, jitter_ms=30),
}


def test_calls_survive_loss_and_jitter_and_their_figures_show_it(house: LineHouse, tmp_path: Path):
    with ExitStack() as all_calls:
        far_ends, relays, lines = {}, {}, {}
        for name, weather in WEATHERS.items():
            far_ends[name] = all_calls.enter_context(baresip_peer(tmp_path))
            relays[name] = all_calls.enter_context(relay(far_ends[name].port, weather))
            sip = {"jitter_buffer_ms": 40}
            lines[name] = all_calls.enter_context(house.line(relays[name].uri, sip=sip))
        for line in lines.values():
            line.until_state("answered")
            line.say(tone(600, SECONDS, LINE_RATE_HZ))
        until(lambda: all(line.quality and line.quality[-1].received for line in lines.values()), "reports")
        time.sleep(0.7)
        for name, line in lines.items():
            assert line.hang_up().reason == "near_end", name
            until(lambda name=name: far_ends[name].saw("CALL_CLOSED"), "the far end knows that it is over")
    for name, line in lines.items():
        heard = line.heard()
        assert seconds_of(heard, 1000, LINE_RATE_HZ) > 0.85 * (len(heard) / LINE_RATE_HZ - 0.2) > 3.0, name
        assert seconds_of(far_ends[name].heard, 600, RATE_HZ) > 0.75 * SECONDS, name
    figures = {name: line.quality[-1] for name, line in lines.items()}
    assert figures["fine"].lost == 0
    assert relays["loss 1 %"].lost < relays["loss 3 %"].lost < relays["loss 5 %"].lost
    assert figures["loss 5 %"].lost > 0 < figures["loss 5 %"].far_lost
    assert figures["loss 5 %"].lost + figures["loss 5 %"].far_lost > figures["loss 1 %"].lost
    assert figures["jitter"].jitter_ms > 10 > figures["fine"].jitter_ms
    assert figures["jitter"].far_jitter_ms > 10 > figures["fine"].far_jitter_ms

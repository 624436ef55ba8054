"""Line processes: one for a call or shared, watched, and cleaned up after; with children that are told when to end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine import line_processes
from engine.line_processes import LineProcesses
from engine.protocol import LineState
from engine.settings import Settings, SipAccount, SipSettings
from engine.wiring import House, Keys, LinePlan, SipPlan
from tests.fakes.fake_child import FakeChild


class Lines:
    """Line processes as calls see them, and what was said to be lost."""

    def __init__(self, calls_per_process: int = 1, **sip: Any) -> None:
        self.lost: list[tuple[int, LineState]] = []
        settings = Settings(sip=SipSettings(calls_per_process=calls_per_process, **sip))
        self.processes = LineProcesses(
            settings.sip,
            lambda plan: House("line", plan.call, {}, {}, Keys(b"", b"", b"", b""), settings, plan),
            lambda call, state: self.lost.append((call, state)),
        )

    def open(self, call: int, transport: str = "udp", kind: str = "sip", to: str = "sip:a@127.0.0.1") -> None:
        account = SipAccount(transport=transport)  # type: ignore[arg-type]
        sip = SipPlan(to=to, account=account) if kind == "sip" else None
        self.processes.open(LinePlan(kind, call, sip=sip))


@pytest.fixture(autouse=True)
def children(monkeypatch):
    monkeypatch.setattr(line_processes, "Child", FakeChild)
    monkeypatch.setattr(line_processes, "LAST_WORDS_S", 0)
    monkeypatch.setattr(FakeChild, "made", [])
    return FakeChild


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_each_call_has_a_process_of_its_own():
    lines = Lines()
    lines.open(1)
    lines.open(2)
    await settled()
    assert [child.told[0].line.call for child in FakeChild.made] == [1, 2]


async def test_a_process_that_dies_ends_its_own_call_and_no_other():
    lines = Lines()
    lines.open(1)
    lines.open(2)
    await settled()
    FakeChild.made[0].end(-11)
    await settled()
    state = LineState("ended", "line_lost", "the line's process ended by signal 11 (SIGSEGV)")
    assert lines.lost == [(1, state)]
    assert not FakeChild.made[1].code.done()


@pytest.mark.parametrize(
    ("code", "last_line", "detail"),
    [
        (0, "", "the line's process ended (exit code 0)"),
        (1, "ValueError: x", "the line's process ended (exit code 1)"),
        (3, "Is the port taken?", "Is the port taken?"),
        (3, "", "the line's process ended (exit code 3)"),
        (-6, "", "the line's process ended by signal 6 (SIGABRT)"),
        (-200, "", "the line's process ended by signal 200"),
    ],
)
async def test_why_a_process_ended_is_told_in_words(code: int, last_line: str, detail: str):
    lines = Lines()
    lines.open(1)
    await settled()
    FakeChild.made[0].end(code, last_line)
    await settled()
    assert lines.lost == [(1, LineState("ended", "line_lost", detail))]


async def test_a_process_that_cannot_be_started_loses_its_call(monkeypatch):
    async def fail(child: FakeChild, house: House) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(FakeChild, "start", fail)
    lines = Lines()
    lines.open(1)
    await settled()
    [(call, state)] = lines.lost
    assert call == 1 and "could not be started (Resource temporarily unavailable)" in state.detail


async def test_calls_share_a_process_up_to_the_limit_of_the_settings():
    lines = Lines(calls_per_process=2)
    for call in (1, 2, 3):
        lines.open(call)
    await settled()
    first, second = FakeChild.made
    assert [part.line.call if isinstance(part, House) else part.call for part in first.told] == [1, 2]
    assert [part.line.call for part in second.told] == [3]


async def test_simulated_calls_and_other_transports_share_nothing():
    lines = Lines(calls_per_process=4)
    lines.open(1, kind="simulated")
    lines.open(2, kind="simulated")
    lines.open(3, "udp")
    lines.open(4, "tls")
    await settled()
    assert len(FakeChild.made) == 4


async def test_a_line_that_waits_to_be_called_shares_nothing():
    lines = Lines(calls_per_process=4)
    for call, to in ((1, "sip:a@127.0.0.1"), (2, ""), (3, ""), (4, "sip:a@127.0.0.1")):
        sip = SipPlan(to=to, port=0 if to else 5080, account=SipAccount(transport="udp"))
        lines.processes.open(LinePlan("sip", call, sip=sip))
    await settled()
    told = [[p.line.call if isinstance(p, House) else p.call for p in child.told] for child in FakeChild.made]
    assert told == [[1, 4], [2], [3]]


async def test_a_shared_process_that_dies_loses_all_of_its_calls_and_is_given_no_more():
    lines = Lines(calls_per_process=3)
    lines.open(1)
    lines.open(2)
    await settled()
    lines.processes.closed(1)  # that one had ended properly
    FakeChild.made[0].end(-11)
    await settled()
    assert [call for call, _ in lines.lost] == [2]
    lines.open(3)
    await settled()
    assert len(FakeChild.made) == 2


async def test_a_call_that_comes_as_its_shared_process_dies_is_told_so():
    lines = Lines(calls_per_process=3)
    lines.open(1)
    await settled()
    FakeChild.made[0].end(-11)
    lines.open(2)
    await settled()
    assert sorted(call for call, _ in lines.lost) == [1, 2]


async def test_a_shared_process_ends_with_its_last_call():
    lines = Lines(calls_per_process=2)
    lines.open(1)
    lines.open(2)
    await settled()
    lines.processes.closed(1)
    await settled()
    assert not FakeChild.made[0].input_closed
    lines.processes.closed(2)
    await settled()
    assert FakeChild.made[0].input_closed and lines.lost == []


async def test_a_call_that_comes_while_the_process_starts_waits_for_it(monkeypatch):
    lines = Lines(calls_per_process=2)
    lines.open(1)
    FakeChild.made[0].may_start.clear()
    lines.open(2)
    await settled()
    assert FakeChild.made[0].told == []
    FakeChild.made[0].may_start.set()
    await settled()
    assert [type(part) for part in FakeChild.made[0].told] == [House, LinePlan]


async def test_a_call_that_ended_before_its_process_began_leaves_no_process():
    lines = Lines()
    lines.open(1)
    FakeChild.made[0].may_start.clear()
    await settled()
    lines.processes.closed(1)
    await settled()
    FakeChild.made[0].may_start.set()
    await settled()
    assert FakeChild.made[0].code.done() and lines.lost == []


async def test_a_process_whose_call_ended_before_it_began_is_told_to_go_before_it_dials():
    lines = Lines(calls_per_process=2)
    lines.open(1)
    FakeChild.made[0].may_start.clear()
    await settled()
    lines.processes.closed(1)
    await settled()
    FakeChild.made[0].input_closed = False  # there was none to close
    FakeChild.made[0].may_start.set()
    await settled()
    assert FakeChild.made[0].input_closed


async def test_a_call_that_ended_while_its_shared_process_started_is_not_dialled_afterwards():
    lines = Lines(calls_per_process=2)
    lines.open(1)
    FakeChild.made[0].may_start.clear()
    lines.open(2)
    await settled()
    lines.processes.kill(2)
    FakeChild.made[0].may_start.set()
    await settled()
    assert [type(part) for part in FakeChild.made[0].told] == [House]


async def test_a_line_that_does_not_hang_up_is_killed():
    lines = Lines()
    lines.open(1)
    await settled()
    lines.processes.kill(1)
    lines.processes.kill(77)  # is none of ours
    await settled()
    assert [(call, state.reason) for call, state in lines.lost] == [(1, "line_lost")]
    assert "SIGKILL" in lines.lost[0][1].detail


async def test_a_line_that_does_not_hang_up_takes_no_other_call_with_it():
    lines = Lines(calls_per_process=2)
    lines.open(1)
    lines.open(2)
    await settled()
    lines.processes.kill(1)
    await settled()
    assert [call for call, _ in lines.lost] == [1] and not FakeChild.made[0].code.done()
    lines.open(3)  # not into a process that has shown itself to be ill
    await settled()
    assert len(FakeChild.made) == 2


async def test_nothing_is_left_when_the_engine_stops():
    lines = Lines()
    lines.open(1)
    lines.open(2)
    FakeChild.made[1].may_start.clear()
    await settled()
    stopping = asyncio.create_task(lines.processes.stop(1))
    await settled()
    FakeChild.made[1].may_start.set()
    await stopping
    assert all(child.code.done() for child in FakeChild.made)


async def test_the_line_process_is_told_which_certificates_to_verify_with():
    lines = Lines()
    lines.open(1)
    await settled()
    assert FakeChild.made[0].told[0].settings.sip.ca_file.endswith((".crt", ".pem"))


async def test_a_peer_on_this_machine_is_called_from_this_machine_whatever_address_real_calls_have():
    lines = Lines(listen="192.0.2.1", port=5060, allowed_peers=("203.0.113.0/28",))
    for call, to in enumerate(
        ("sip:a@127.0.0.1:5070;transport=udp", "sip:a@[::1]", "sip:a@example.net", ""), 1
    ):
        lines.open(call, to=to)
    await settled()
    told = [(child.told[0].settings.sip.listen, child.told[0].settings.sip.port) for child in FakeChild.made]
    assert told == [("127.0.0.1", 0), ("::1", 0), ("192.0.2.1", 5060), ("192.0.2.1", 5060)]


async def test_an_address_of_this_machine_that_the_settings_name_is_kept_with_its_port():
    lines = Lines(listen="127.0.0.2", port=5060)
    lines.open(1)
    await settled()
    sip = FakeChild.made[0].told[0].settings.sip
    assert (sip.listen, sip.port) == ("127.0.0.2", 5060)


async def test_calls_to_this_machine_and_to_others_share_nothing():
    lines = Lines(calls_per_process=4, listen="192.0.2.1", allowed_peers=("203.0.113.0/28",))
    for call, host in enumerate(("127.0.0.1", "example.net", "127.0.0.1", "example.org"), 1):
        lines.open(call, to=f"sip:a@{host};transport=udp")
    await settled()
    told = [[p.line.call if isinstance(p, House) else p.call for p in child.told] for child in FakeChild.made]
    assert told == [[1, 3], [2, 4]]

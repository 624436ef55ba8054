"""A call's signalling against a stack that is slow, fast, or interrupted: what it is told, and what it is asked."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

baresip = pytest.importorskip(
    "baresip", reason="baresip-python has no wheel for this machine: no SIP line here"
)

from engine.lines import sip_call  # noqa: E402
from engine.lines.sip_call import SipCall  # noqa: E402
from engine.protocol import LineAction, LineState, Message  # noqa: E402
from engine.settings import SipAccount  # noqa: E402
from engine.wiring import SipPlan  # noqa: E402

PLAIN = SipAccount(transport="udp", encryption="off")


class FakeCall:
    """Notes what it is asked; closes when it is hung up."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.asked: list[str] = []
        self.in_flight = 0  # refusals of a re-INVITE still to come
        self.established = asyncio.Event()
        self.transferred = asyncio.Event()
        self._listeners: list[Any] = []
        self._last = "resume"

    def on(self, listener: Any) -> None:
        self._listeners.append(listener)

    def on_dtmf(self, listener: Any) -> None: ...

    def on_rtcp(self, listener: Any) -> None: ...

    def happens(self, name: str, text: str = "") -> None:
        for listener in self._listeners:
            listener(SimpleNamespace(event=SimpleNamespace(name=name), text=text, call=self.handle))

    async def hangup(self) -> None:
        self.asked.append("hangup")
        self.happens("CALL_CLOSED", "Rejected by user")

    async def _refresh(self, what: str) -> None:
        if self.in_flight:
            self.in_flight -= 1
            raise baresip.BaresipError(
                f"{what} not sent: a session refresh is already in flight; retry shortly"
            )
        if what != self._last:  # a call that is held is not held again
            self.asked.append(what)
        self._last = what
        await asyncio.sleep(0)

    async def hold(self) -> None:
        await self._refresh("hold")

    async def resume(self) -> None:
        await self._refresh("resume")

    async def send_dtmf(self, digits: str) -> None:
        for digit in digits:
            self.asked.append(digit)
            await asyncio.sleep(0)

    async def wait_established(self, timeout: float) -> None:
        await self.established.wait()

    async def transfer(self, to: str) -> None:
        await self.transferred.wait()


class House:
    """A call of ours, the stack it lives in, and everything it has said."""

    def __init__(self, to: str = "sip:a@127.0.0.1") -> None:
        self.said: list[Message] = []
        self.calls: list[FakeCall] = []
        self.may_dial = asyncio.Event()
        self.may_dial.set()
        self.guard_fails: Exception | None = None
        self.dialling = asyncio.Lock()
        early: Any = SimpleNamespace(of=lambda call: [])
        stack: Any = self
        self.line = SipCall(stack, early, SipPlan(to=to, account=PLAIN), self.said.append)

    async def agent(self, account: SipAccount, password: str) -> Any:
        return self

    async def dial(self, to: str) -> FakeCall:
        await self.may_dial.wait()
        self.calls.append(FakeCall(len(self.calls) + 1))
        return self.calls[-1]

    def new_audio_port(self) -> int | None:
        return 20000 + 2 * len(self.calls) if self.calls else None

    def guard(self) -> None:
        if self.guard_fails is not None:
            raise self.guard_fails

    async def answered(self) -> FakeCall:
        await self.line.dial(30)
        self.calls[0].happens("CALL_ESTABLISHED")
        return self.calls[0]

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(each.state, each.reason) for each in self.said if isinstance(each, LineState)]

    @property
    def actions(self) -> list[tuple[str, bool]]:
        return [(each.action, each.done) for each in self.said if isinstance(each, LineAction)]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip_call, "REFRESH_RETRY_S", 0)
    monkeypatch.setattr(sip_call, "HANG_UP_TIMEOUT_S", 0.05)
    monkeypatch.setattr(sip_call, "REACHED_WITHIN_S", 0.0)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_hangs_up_while_it_is_being_dialled_leaves_no_telephone_ringing():
    house = House()
    house.may_dial.clear()
    dialling = asyncio.create_task(house.line.dial(30))
    await settled()
    hanging_up = asyncio.create_task(house.line.hang_up())
    await settled()
    house.may_dial.set()
    await asyncio.gather(dialling, hanging_up)
    assert house.calls[0].asked == ["hangup"]
    assert house.states == [("dialling", ""), ("ended", "near_end")]


async def test_nothing_is_cancelled_before_the_far_end_has_said_a_word(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sip_call, "REACHED_WITHIN_S", 30.0)
    house = House()
    await house.line.dial(30)
    hanging_up = asyncio.create_task(house.line.hang_up())
    await settled()
    assert house.calls[0].asked == []
    house.calls[0].happens("CALL_RINGING")
    await hanging_up
    assert house.calls[0].asked == ["hangup"]
    assert house.states[-1] == ("ended", "near_end")


async def test_a_stack_that_never_comes_back_from_dialling_is_not_waited_for():
    house = House()
    house.may_dial.clear()
    dialling = asyncio.create_task(house.line.dial(30))
    await settled()
    await house.line.hang_up()
    assert house.states[-1] == ("ended", "near_end")
    house.may_dial.set()
    await dialling
    assert house.calls[0].asked == ["hangup"]  # it came back after all


async def test_a_fault_that_nobody_expects_ends_the_call_and_is_told():
    house = House()
    house.guard_fails = OSError("no filter")
    with pytest.raises(OSError, match="no filter"):
        await house.line.dial(30)
    assert house.calls[0].asked == ["hangup"]
    assert house.said[-1] == LineState("ended", "line_lost", "a fault of the line's own: OSError")


async def test_a_caller_who_gives_up_before_we_pick_up_has_hung_up():
    house = House(to="")
    caller: Any = FakeCall(1)
    house.line.adopt_incoming(caller)
    caller.happens("CALL_CLOSED", "Connection reset by peer [104]")
    assert house.states == [("ringing", ""), ("ended", "far_end")]


async def test_a_playout_point_is_not_set_anew_while_the_operator_holds_the_far_end():
    house = House()
    call = await house.answered()
    await house.line.hold(True)
    assert not await house.line.re_anchor()
    assert call.asked == ["hold"]
    await house.line.hold(False)
    assert await house.line.re_anchor()
    assert call.asked == ["hold", "resume", "hold", "resume"]


async def test_a_hold_that_is_asked_for_in_the_middle_of_setting_anew_is_a_hold_in_the_end():
    house = House()
    call = await house.answered()
    setting = asyncio.create_task(house.line.re_anchor())
    await asyncio.sleep(0)
    await asyncio.gather(setting, house.line.hold(True))
    assert call.asked == ["hold", "resume", "hold"]
    assert house.states[-1] == ("held", "near_end")


async def test_a_far_end_that_is_slow_to_answer_is_taken_back_however_long_it_takes():
    house = House()
    call = await house.answered()
    setting = asyncio.create_task(house.line.re_anchor())
    while "hold" not in call.asked:
        await asyncio.sleep(0)
    call.in_flight = 5 * sip_call.REFRESH_RETRIES
    assert await setting
    assert call.asked == ["hold", "resume"]


async def test_a_far_end_that_hangs_up_during_a_consultation_leaves_no_telephone_ringing():
    house = House()
    call = await house.answered()
    transfer = asyncio.create_task(house.line.transfer("sip:b@127.0.0.1", attended=True))
    await settled()
    call.happens("CALL_CLOSED", "Connection reset by peer [104]")
    await settled()
    assert house.calls[1].asked == ["hangup"]
    assert house.states[-1] == ("ended", "far_end")
    transfer.cancel()


async def test_a_far_end_that_hangs_up_while_the_third_party_is_dialled_leaves_no_telephone_ringing():
    house = House()
    call = await house.answered()
    house.may_dial.clear()
    transfer = asyncio.create_task(house.line.transfer("sip:b@127.0.0.1", attended=True))
    await settled()
    call.happens("CALL_CLOSED", "Connection reset by peer [104]")
    house.may_dial.set()
    await transfer
    assert house.calls[1].asked == ["hangup"]
    assert house.actions == [("transfer", False)]


async def test_a_second_transfer_at_the_same_time_is_refused_and_disturbs_nothing():
    house = House()
    call = await house.answered()
    first = asyncio.create_task(house.line.transfer("sip:b@127.0.0.1", attended=False))
    await settled()
    await house.line.transfer("sip:c@127.0.0.1", attended=True)
    assert house.actions == [("transfer", False)]
    assert (len(house.calls), call.asked) == (1, [])
    call.transferred.set()
    await first
    assert house.actions[-1] == ("transfer", True)


async def test_keys_that_are_asked_for_at_the_same_time_are_pressed_one_after_the_other():
    house = House()
    call = await house.answered()
    await asyncio.gather(house.line.send_digits("12"), house.line.send_digits("34"))
    assert call.asked == ["1", "2", "3", "4"]

"""One call's signalling: dial or be called, hold, digits, the end.

Its audio is in sip_media.py, handing the far end over in sip_transfer.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine

from baresip import BaresipError, Call, CallStats, NoLocalAddressError, StackEvent

from engine.lines.sip_ends import End, end_of
from engine.lines.sip_stack import Early, Stack
from engine.lines.sip_transfer import SipTransfer
from engine.protocol import DigitHeard, LineAction, LineState, Message
from engine.wiring import SipPlan

log = logging.getLogger(__name__)
HANG_UP_TIMEOUT_S = 2.0  # for the far end to confirm; it is gone for us after that
IN_FLIGHT = "in flight"  # the stack's words: a re-INVITE has not been answered yet
REACHED_WITHIN_S = 1.0  # a far end's first word; what is hung up before it is never cancelled by the stack
REFRESH_RETRIES = 10  # a hold that crosses another re-INVITE is tried again
REFRESH_RETRY_S = 0.2
ENCRYPTED_WITHIN_S = 3.0  # DTLS needs some round trips after the answer
HEARD_FROM = ("CALL_RINGING", "CALL_PROGRESS", "CALL_RTPESTAB", "CALL_ESTABLISHED", "CALL_CLOSED")
NAMES = {"sdes": "SDES", "dtls": "DTLS-SRTP"}


class SipCall:
    """One call of ours in the stack. All methods belong to the stack's thread, the plain fields to everybody."""

    def __init__(self, stack: Stack, early: Early, plan: SipPlan, say: Callable[[Message], None]) -> None:
        """say: told every LineState, DigitHeard and LineAction, in order."""
        self._stack, self._early, self._plan, self._say = stack, early, plan, say
        self._answered = False
        self._early_media = False
        self._ringing = False
        self._hung_up: End | None = None  # by us, and why
        self.ended = False
        self._dialling = False
        self._cancellable_s = (
            0.0  # by the loop's clock: from then on we need not wait for the far end's first word
        )
        self._reached = asyncio.Event()  # it has come
        self._held = False  # by the operator
        self._parked = False  # while a third party is asked, before a transfer
        self._transfer = SipTransfer(stack, early, plan, self, say)
        self._renegotiating = asyncio.Lock()  # who takes back must not undo what another has just asked for
        self._pressing = asyncio.Lock()  # keys go one after the other
        self._timers: set[asyncio.Task[None]] = set()
        self.call: Call | None = None
        self.audio_port: int | None = None
        self.encryption = ""
        self.stats: CallStats | None = None

    async def dial(self, no_answer_s: float) -> None:
        """INVITE, and all that follows until the call has ended."""
        self._say(LineState("dialling"))
        self._dialling = True
        try:
            agent = await self._stack.agent(self._plan.account, self._plan.password)
            async with self._stack.dialling:  # of two at once nobody could tell whose audio port is whose
                self._stack.new_audio_port()
                self._cancellable_s = asyncio.get_running_loop().time() + REACHED_WITHIN_S
                call = await agent.dial(self._plan.to)
                self._adopt(call)
        except NoLocalAddressError:
            self._end(End("network_away", "no network of this machine leads there"))
            return
        except (BaresipError, ValueError) as error:
            self._end(self._hung_up or end_of(str(error).removeprefix("dial failed: "), False, False))
            return
        except Exception as error:
            await self.hang_up(End("line_lost", f"a fault of the line's own: {type(error).__name__}"))
            raise
        finally:
            self._dialling = False
        if self._hung_up is not None:  # meanwhile
            await self._cancel(call)
        else:
            self._later(self._give_up(no_answer_s))

    def adopt_incoming(self, call: Call) -> None:
        """Somebody calls us; it rings until `answer`."""
        self._adopt(call)
        self._ring()

    def _adopt(self, call: Call) -> None:
        self.call = call
        call.on(self._event)
        call.on_dtmf(lambda key: self._say(DigitHeard(key.digit, key.duration_ms)))
        call.on_rtcp(self._rtcp)
        for event in self._early.of(call):
            self._event(event)
        self._stack.guard()
        self.audio_port = self._stack.new_audio_port()

    def _rtcp(self, stats: CallStats) -> None:
        self.stats = stats

    def _event(self, event: StackEvent) -> None:
        if event.event.name in HEARD_FROM:
            self._reached.set()
        if self.ended:
            return
        match event.event.name:
            case "CALL_RINGING":
                self._ring()
            case "CALL_PROGRESS" | "CALL_RTPESTAB":
                self._media_before_the_answer()
            case "CALL_ESTABLISHED":
                self._established()
            case "CALL_MENC":
                self.encryption = NAMES.get(self._plan.account.encryption, "SRTP")
            case "CALL_HOLD":
                self._say(LineState("held", "far_end"))
            case "CALL_RESUME":
                self._say(LineState("resumed", "far_end"))
            case "CALL_CLOSED":
                reached = self._answered or not self._plan.to  # whoever calls us is there
                self._end(self._hung_up or end_of(event.text or "", reached, False))

    def _ring(self) -> None:
        if not self._ringing and not self._answered and not self.ended:
            self._ringing = True
            self._say(LineState("ringing"))

    def _media_before_the_answer(self) -> None:
        if not self._answered and not self._early_media and self._plan.to:
            self._early_media = True
            self._say(LineState("early_media"))

    def _established(self) -> None:
        if self._answered:
            return
        self._answered = True
        self._say(LineState("answered"))
        if self._plan.account.encryption != "off":
            self._later(self._must_be_encrypted())

    async def _must_be_encrypted(self) -> None:
        await asyncio.sleep(ENCRYPTED_WITHIN_S)
        if not self.encryption:
            await self.hang_up(End("rejected", "the other side does not encrypt, and encryption is required"))

    async def _give_up(self, no_answer_s: float) -> None:
        await asyncio.sleep(no_answer_s)
        if not self._answered:
            heard = self._ringing or self._early_media
            silent = End("unreachable", f"nothing answered there within {no_answer_s:.0f} s")
            await self.hang_up(End("no_answer", "") if heard else silent)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._timers.add(task)
        task.add_done_callback(self._timers.discard)

    async def answer(self) -> None:
        """Pick up."""
        if self.call is None or self._answered:
            return
        try:
            await self.call.answer()
        except BaresipError as error:
            log.info("the caller is gone: %s", error)

    async def hang_up(self, end: End | None = None) -> None:
        """BYE, CANCEL or a refusal, whatever fits; `end` says why when it is not just ours."""
        if self.ended or self._hung_up is not None:
            return
        self._hung_up = end or End("near_end", "")
        if self.call is not None:
            await self._cancel(self.call)
        if self.call is not None or self._dialling:  # then `dial` cancels it, once it is there
            await asyncio.sleep(HANG_UP_TIMEOUT_S)  # its closing ends us before that
        self._end(self._hung_up)

    async def _cancel(self, call: Call) -> None:
        wait_s = self._cancellable_s - asyncio.get_running_loop().time()
        try:
            if call is self.call and wait_s > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._reached.wait(), wait_s)
            await call.hangup()
        except BaresipError as error:
            log.info("hanging up: %s", error)

    def _end(self, end: End) -> None:
        if self.ended:
            return
        self.ended = True
        current = asyncio.current_task()
        for timer in self._timers:
            if timer is not current:
                timer.cancel()
        if self._transfer.consulted is not None and end.reason != "transferred":
            self._later(self._cancel(self._transfer.consulted))  # a telephone must not go on ringing there
        self._say(LineState("ended", end.reason, end.detail))

    async def hold(self, hold: bool) -> None:
        """Put the far end on hold, or take it back."""
        async with self._renegotiating:
            wrong = await self._refresh(hold)
            if not wrong:
                self._held = hold
                self._say(LineState("held" if hold else "resumed", "near_end"))
        self._say(LineAction("hold" if hold else "resume", not wrong, wrong))

    async def re_anchor(self) -> bool:
        """Renegotiate, so that the stack's jitter buffer starts anew. The far end hears a gap of some 50 ms.

        Not while the far end is on hold: taking it back would let it hear what it must not.
        """
        async with self._renegotiating:
            if self._held or self._transfer.under_way or await self._refresh(True):
                return False
            return not await self._end_hold()

    async def _end_hold(self) -> str:
        """End a hold that was not the operator's; the words of what went wrong, or nothing."""
        wrong = await self._refresh(False)
        while (
            IN_FLIGHT in wrong and not self.ended
        ):  # a far end that is slow to answer is not left in silence
            wrong = await self._refresh(False)
        if wrong and not self.ended:
            self._held = True
            self._say(LineState("held", "near_end"))
        return wrong

    async def _refresh(self, hold: bool) -> str:
        """Re-INVITE; the words of what went wrong, or nothing."""
        if self.call is None or not self._answered or self.ended:
            return "nobody has picked up"
        wrong = ""
        for _ in range(REFRESH_RETRIES):
            try:
                await (self.call.hold() if hold else self.call.resume())
                return ""
            except BaresipError as error:
                wrong = str(error)
                if IN_FLIGHT not in wrong:
                    break
            await asyncio.sleep(REFRESH_RETRY_S)
        return wrong

    def connected(self) -> Call:
        """The call, once somebody has picked up. Raises ValueError before that."""
        if self.call is None or not self._answered:
            raise ValueError("nobody has picked up")
        return self.call

    async def send_digits(self, digits: str) -> None:
        """Press keys, one after the other."""
        try:
            call = self.connected()
            async with self._pressing:
                await call.send_dtmf(digits)
        except (BaresipError, ValueError) as error:
            self._say(LineAction("digits", False, str(error)))
        else:
            self._say(LineAction("digits", True, digits))

    async def transfer(self, to: str, attended: bool) -> None:
        """Hand the far end over. to: an address that was checked like every other."""
        await self._transfer.begin(to, attended)

    async def park(self) -> None:
        """Put the far end on hold while a third party is asked; the operator may have done so already."""
        async with self._renegotiating:
            self._parked = not await self._refresh(True) and not self._held
            if self._parked:
                self._say(LineState("held", "near_end"))

    async def take_back(self) -> None:
        """A transfer came to nothing: end whatever hold it has left the far end in, but not the operator's."""
        async with self._renegotiating:
            if self._answered and not self.ended and not self._held:
                wrong = await self._end_hold()
                if self._parked and not wrong:
                    self._say(LineState("resumed", "near_end"))

    def handed_over(self) -> None:
        """Somebody else goes on with the far end."""
        end = End("transferred", "")
        self._hung_up = self._hung_up or end
        self._end(end)

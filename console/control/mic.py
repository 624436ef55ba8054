"""The microphone: does what the take-over asks for, and tells it what happens. Decides nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Literal

import numpy as np

from console.audio.base import Microphone, NoSound, Sound
from console.control.desk import Desk
from console.screens.take_over import ArmModal, Choice, HandBackModal
from console.state.mic_steps import AskAgreed, CloseDevice, Effect, OpenDevice, Say, Send
from console.state.takeover import TakeOver
from engine.audio.levels import level_dbfs
from engine.errors import CallRefused, CallThingError
from engine.protocol import Accepted, ArmMic, LeaseGranted, MicFrame, MicMode

TAKE_EVERY_S = 0.01  # half a block
IN_A_BROWSER = (
    "There is no microphone in the browser: it would be the one of the machine that serves this page."
)


class MicControl:
    """One console's. `sound`: None = it may not use a microphone, `why_not` says so."""

    def __init__(
        self,
        desk: Desk,
        sound: Sound | None,
        *,
        on_blur: Literal["mute", "keep"] = "mute",
        talk_keys: str = "space",
        why_not: str = IN_A_BROWSER,
    ) -> None:
        """talk_keys: by Textual's names, separated by commas."""
        self._desk, self._sound, self._why_not = desk, sound, why_not
        desk.store.mic.on_blur = on_blur
        self._talk_keys = talk_keys.split(",")
        self._asked: Literal["", "key", "pointer"] = (
            ""  # what the next wish to talk came by, while it still stands
        )
        self._device: tuple[int, Microphone] | None = None  # with the number of its attempt
        self._last_block = b""
        self._box: ArmModal | None = None
        self._losses = desk.store.losses
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _mic(self) -> TakeOver:
        return self._desk.store.mic

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {
            "mic.arm": self._arm,
            "mic.push_to_talk": lambda: self._go_live("ptt"),
            "mic.full": lambda: self._go_live("full"),
            "mic.talk": self._talk,
            "mic.off": self._off,
            "mic.hand_back": lambda: self._do(self._mic.hand_back()),
        }

    def _now(self) -> int:
        return self._desk.clock.now_us()

    # --- what the operator does -----------------------------------------------------------------------

    def _arm(self) -> None:
        call = self._desk.store.call
        assert call is not None  # else refused before
        if self._sound is None:
            self._desk.tell(self._why_not, "warning")
            return
        effects = self._mic.arm(call.number, self._now())
        if self._mic.stage == "arming":
            self._box = ArmModal(call.number, call.restaurant, self._desk.glyphs)
            self._desk.open(self._box, self._chosen)
        self._do(effects)

    def _chosen(self, choice: Choice | None) -> None:
        self._box = None
        if choice in ("ptt", "full"):
            self._go_live(choice)
        elif choice != "look" and self._mic.stage in ("arming", "armed"):
            self._do(self._mic.mic_off())

    def _go_live(self, mode: MicMode) -> None:
        self._do(self._mic.go_live(mode))

    def _talk(self) -> None:
        """A key takes its way through the widgets; what was let go or switched off meanwhile stays so."""
        held = self._mic.releases and self._mic.mode == "ptt"
        if self._asked == "key" or (self._asked == "pointer" and not held):
            self._do(self._mic.talk_pressed(self._now()))
        elif held:
            self._desk.tell(f"Hold {self._talk_keys[0]} as long as you talk.")

    def _off(self) -> None:
        self._asked = ""
        self._do(self._mic.mic_off())

    def pressed(self, key: str) -> None:
        """A key went down, before it goes its way; "" = the pointer's."""
        if not key:
            self._asked = "pointer"
        elif key in self._talk_keys:
            self._asked = "key"

    def released(self, key: str) -> None:
        """The terminal reports that a key was let go."""
        if key in self._talk_keys:
            self._asked = ""
            self._do(self._mic.talk_released())

    # --- what happens around it -------------------------------------------------------------------------

    def reports_releases(self) -> None:
        """The terminal tells when keys are let go: push to talk is held."""
        self._mic.releases = True

    def blurred(self) -> None:
        self._asked = ""
        self._do(self._mic.blurred())

    def focused(self) -> None:
        self._do(self._mic.focused())

    def modal(self, is_open: bool) -> None:
        self._do(self._mic.modal(is_open))

    def suspended(self) -> None:
        self._do(self._mic.suspended())

    def leave(self) -> None:
        """The console ends: the lease is given up where that still gets out, else it lapses."""
        for effect in self._mic.leave():
            if isinstance(effect, Send):
                self._desk.link.send(effect.command, effect.call)
        if self._device is not None:
            self._device[1].close()
            self._device = None
        for task in self._tasks:
            task.cancel()

    def frame(self, now_us: int) -> None:
        """Once a frame, after the store has taken in what came."""
        store, mic = self._desk.store, self._mic
        if not mic.held:
            self._losses = store.losses
            return
        call = store.calls.get(mic.call)
        if store.link != "live" or store.losses != self._losses:
            self._do(mic.engine_lost())
        elif call is None or not call.live:
            self._do(mic.call_over())
        else:
            self._do(mic.told(call.mic, store.me))
            self._look_at_device()
            self._do(mic.tick(now_us))

    def _look_at_device(self) -> None:
        if self._device is None or self._device[0] != self._mic.attempt or not self._mic.device:
            return
        attempt, device = self._device
        if self._last_block:
            self._mic.level_dbfs = level_dbfs(np.frombuffer(self._last_block, np.int16))
        troubles = device.troubles()
        if troubles.lost_blocks:
            self._do(self._mic.xrun())
        if troubles.gone:
            self._do(self._mic.device_failed(attempt, troubles.gone))

    # --- doing --------------------------------------------------------------------------------------------

    def _do(self, effects: Iterable[Effect]) -> None:
        words = ""
        for effect in effects:
            match effect:
                case Send():
                    self._begin(self._ask(effect))
                case OpenDevice(attempt=attempt):
                    self._begin(self._open(attempt))
                case CloseDevice(attempt=attempt):
                    self._close(attempt)
                case AskAgreed(call=number):
                    self._ask_agreed(number)
                case Say(words=words, severity=severity):
                    if self._box is None:
                        self._desk.tell(words, severity)
        if self._box is not None and not self._mic.held:
            self._leave_box(words)

    def _leave_box(self, words: str) -> None:
        """The take-over ended while its box was open: it says why, or goes."""
        box = self._box
        if box is None:
            return
        if words:
            box.failed(words)
        elif box.is_current and not box.has_failed:
            self._box = None
            box.dismiss("off")

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, sent: Send) -> None:
        wants = LeaseGranted if isinstance(sent.command, ArmMic) else Accepted
        try:
            answer = await self._desk.link.request(sent.command, sent.call, wants)
        except CallThingError as error:
            self._do(self._mic.refused(sent, str(error), isinstance(error, CallRefused)))
            return
        if isinstance(answer, LeaseGranted):
            self._do(self._mic.granted(sent, answer, self._now()))
        else:
            self._do(self._mic.accepted(sent, self._now()))

    def _ask_agreed(self, number: int) -> None:
        call = self._desk.store.calls.get(number)
        self._desk.open(HandBackModal(number, call.restaurant if call else ""), self._agreed)

    def _agreed(self, words: str | None) -> None:
        if words is not None and self._mic.stage != "handing_back":
            self._desk.tell("The call was not yours any more; nothing was handed back.", "warning")
        self._do(self._mic.agreed(words))

    # --- the device ---------------------------------------------------------------------------------------

    async def _open(self, attempt: int) -> None:
        """Opening takes long and may hang, so it happens in a thread; then the pump runs until it is closed."""
        assert self._sound is not None
        device = self._sound.microphone()
        try:
            probe = await asyncio.to_thread(self._sound.probe)
            if not probe.ok:
                raise NoSound(probe.words)
            if self._box is not None:
                self._box.hint = probe.hint
            await asyncio.to_thread(device.open)
        except NoSound as error:
            self._do(self._mic.device_failed(attempt, str(error)))
            return
        if self._mic.attempt != attempt or not self._mic.held:
            await asyncio.to_thread(device.close)
            return
        self._device = (attempt, device)
        self._do(self._mic.device_opened(attempt, device.name, self._now()))
        await self._pump(attempt, device)

    async def _pump(self, attempt: int, device: Microphone) -> None:
        """Send what comes, where it may go; else it is only measured."""
        while self._device == (attempt, device):
            self.pass_on(device.take())
            await asyncio.sleep(TAKE_EVERY_S)

    def pass_on(self, blocks: list[bytes]) -> None:
        """blocks: 20 ms each, as they came from the microphone."""
        goes_to = self._mic.sends_to(self._now())
        for block in blocks:
            self._last_block = block
            if goes_to is not None:
                call, lease = goes_to
                self._desk.link.send(MicFrame(lease, block), call)

    def _close(self, attempt: int) -> None:
        self._last_block = b""
        if self._device is not None and self._device[0] == attempt:
            device, self._device = self._device[1], None
            self._begin(asyncio.to_thread(device.close))  # the sound system takes its time

"""The take-over of a call by this console's microphone. Pure: inputs and the time in, what is to be done out.

    off ──arm──► arming ──lease and device──► armed ──go live──► live ──H──► handing_back ──words──► off
                    └────── esc, 30 s, refused, no device ──► off  ▲──────── cancelled ───┘

Sound leaves this console only while it is `live` and `talking`, and only for the call that was armed. esc and F9 are
"microphone off": while it is armed that gives the lease up; while it is live they end talking and nothing else, since
the far end must not be left to itself by a key. Once it talks no more they do nothing: the call stays taken until H.
"""

from __future__ import annotations

from typing import Literal

from console.state.mic_steps import AskAgreed, CloseDevice, Effect, OpenDevice, Say, Send
from engine.protocol import (
    ArmMic,
    GoLive,
    HandBack,
    LeaseGranted,
    MicMode,
    MicState,
    ReleaseMic,
    RenewLease,
    Talk,
)

Stage = Literal["off", "arming", "armed", "live", "handing_back"]
ARMED_FOR_US = 30_000_000  # as in the engine
TALK_FOR_US = 30_000_000  # push to talk; a key that is let go may be lost on its way
RENEW_EVERY_US = 500_000
STALLED_US = 1_000_000  # without a frame of the screen for so long nothing is sent: whoever talks must see it


class TakeOver:
    """OFF → ARMED(call, device) → LIVE(push to talk | open) → HANDBACK → OFF. Nothing else changes it."""

    def __init__(self, on_blur: Literal["mute", "keep"] = "mute") -> None:
        """on_blur: what becomes of an open microphone when the terminal loses the focus."""
        self.on_blur = on_blur
        self.releases = False  # the terminal reports when a key is let go: space is held; else it toggles
        self.attempt = 0
        self._clear()

    def _clear(self) -> None:
        self.stage: Stage = "off"
        self.call = 0  # the armed one; selecting another call only looks
        self.mode: MicMode = "ptt"
        self.talking = False
        self.device = ""  # name of the microphone; "" while it is not open
        self.level_dbfs: float | None = None  # what it picks up; shown, not sent, while armed
        self.lease = 0
        self.muted_why = ""  # why it was switched off, when it was not the operator's key
        self._ttl_us = 0
        self._going: MicMode | None = None  # asked for, not answered yet
        self._since_us = self._renewed_us = self._talks_since_us = self._ticked_us = 0
        self._seen = False  # the engine has shown this lease to all consoles
        self._away = self._modal = False
        self._vetoed = False  # "microphone off" came between asking to be live and the answer

    def sends_to(self, now_us: int) -> tuple[int, int] | None:
        """Call and lease that a frame of sound goes to now; None = it goes nowhere."""
        fresh = now_us - self._ticked_us <= STALLED_US
        return (self.call, self.lease) if self.stage == "live" and self.talking and fresh else None

    def armed_left_us(self, now_us: int) -> int:
        """How long it stays armed without being used."""
        return max(0, self._since_us + ARMED_FOR_US - now_us)

    @property
    def held(self) -> bool:
        return self.stage != "off"

    @property
    def may_be_open(self) -> bool:
        """Whether there is anything that "microphone off" could end: talking, or what has just been asked for."""
        return self.talking or self._going is not None

    # --- arming -----------------------------------------------------------------------------------------

    def arm(self, call: int, now_us: int) -> list[Effect]:
        """The operator asks for this call."""
        if self.held:
            return [Say(f"The microphone is already held for call {self.call}.")]
        self._clear()
        self.attempt += 1
        self.stage, self.call = "arming", call
        self._since_us = self._ticked_us = now_us
        return [Send(self.attempt, call, ArmMic()), OpenDevice(self.attempt)]

    def granted(self, sent: Send, answer: LeaseGranted, now_us: int) -> list[Effect]:
        """The engine's answer to ArmMic; one that comes too late is given back at once."""
        if not self._current(sent) or self.stage != "arming":
            return [Send(sent.attempt, sent.call, ReleaseMic(answer.lease, "not wanted any more"))]
        self.lease, self._ttl_us, self._renewed_us = answer.lease, answer.ttl_ms * 1000, now_us
        return self._armed(now_us)

    def device_opened(self, attempt: int, name: str, now_us: int) -> list[Effect]:
        """The microphone delivers."""
        if attempt != self.attempt or self.stage != "arming":
            return [CloseDevice(attempt)]
        self.device = name
        return self._armed(now_us)

    def _armed(self, now_us: int) -> list[Effect]:
        if self.lease and self.device:
            self.stage, self._since_us = "armed", now_us
        return []

    def device_failed(self, attempt: int, reason: str) -> list[Effect]:
        """There is no microphone, or it is gone. A live call stays taken, muted, until it is handed back."""
        if attempt != self.attempt or not self.held:
            return []
        if self.stage in ("arming", "armed"):
            return self._end(reason, ReleaseMic(self.lease, "no microphone"), "error")
        words = f"The microphone is gone: {reason} H hands call {self.call} back."
        effects = [*self._mute("the microphone is gone"), CloseDevice(attempt), Say(words, "error")]
        self.device, self.level_dbfs = "", None
        return effects

    # --- live -------------------------------------------------------------------------------------------

    def go_live(self, mode: MicMode) -> list[Effect]:
        """The operator asks to be live, or changes between push to talk and open; it is when the engine has agreed."""
        if self._going or self.stage not in ("armed", "live") or (self.stage == "live" and mode == self.mode):
            return []
        self._going, self._away, self._vetoed = mode, False, False
        quiet = self._mute() if mode == "ptt" else []
        return [*quiet, Send(self.attempt, self.call, GoLive(self.lease, mode))]

    def accepted(self, sent: Send, now_us: int) -> list[Effect]:
        """The engine has done what was asked; only of GoLive does anything follow."""
        if not self._current(sent) or not isinstance(sent.command, GoLive) or self._going is None:
            return []
        self.mode, self._going = self._going, None
        unwanted = "the focus was lost" if self._away and self.on_blur == "mute" else ""
        if self.stage != "handing_back":
            self.stage, self.muted_why = "live", ""
        self.talking, self._talks_since_us = self.mode == "full", now_us
        if unwanted or self._vetoed or not self.device or self.stage == "handing_back":
            return self._mute(unwanted)
        return []

    def refused(self, sent: Send, reason: str, answered: bool = True) -> list[Effect]:
        """The engine has not, or (answered=False) does not answer, and nobody knows what it has done.

        Not being let live yet, as before they have picked up, changes nothing; anything else ends the take-over.
        """
        if isinstance(sent.command, HandBack):
            return [Say(f"Call {sent.call} was not handed back: {reason}", "error")]
        if not self._current(sent) or isinstance(sent.command, ReleaseMic):
            return []
        if isinstance(sent.command, GoLive) and answered:
            self._going = None
            return [Say(reason)]
        return self._end(reason if self.stage == "arming" else self._lost(reason), None, "error")

    def talk_pressed(self, now_us: int) -> list[Effect]:
        """The talk key goes down: held where the terminal reports its release, else on and off."""
        if self.stage != "live" or self._going or (self._modal and self.mode == "ptt"):
            return []
        if self.talking:
            return [] if self.releases and self.mode == "ptt" else self._mute()  # a held key repeats
        if not self.device:
            return [Say("There is no microphone any more. H hands the call back.")]
        self.talking, self._talks_since_us, self._away, self.muted_why = True, now_us, False, ""
        return [Send(self.attempt, self.call, Talk(self.lease, True))]

    def talk_released(self) -> list[Effect]:
        """The talk key comes up, where the terminal tells."""
        return self._mute() if self.releases and self.mode == "ptt" else []

    def mic_off(self) -> list[Effect]:
        """Esc or F9, see the top."""
        if self.stage in ("arming", "armed"):
            # asked to be live already, it is a live take-over to the engine: that one is handed back
            last = HandBack(self.lease) if self._going else ReleaseMic(self.lease)
            return self._end("", last)
        self._vetoed = True
        return self._mute()

    def _mute(self, why: str = "") -> list[Effect]:
        """Talk off, at once. why: when it was not the operator's key."""
        if not self.talking:
            return []
        self.talking, self.muted_why = False, why
        return [Send(self.attempt, self.call, Talk(self.lease, False, why))]

    # --- what happens around it -------------------------------------------------------------------------

    def blurred(self) -> list[Effect]:
        """The terminal has lost the focus: keys go elsewhere, so nobody could switch it off."""
        self._away = True
        keeps = self.mode == "full" and self.on_blur == "keep"
        return [] if keeps else self._mute("the focus was lost")

    def focused(self) -> list[Effect]:
        """The focus is back; the microphone stays off until it is asked for."""
        self._away = False
        return []

    def modal(self, is_open: bool) -> list[Effect]:
        """A box has opened, which takes the talk key, or closed. An open microphone stays open."""
        self._modal = is_open
        return self._mute("a box was opened") if is_open and self.mode == "ptt" else []

    def xrun(self) -> list[Effect]:
        """Sound was lost between the microphone and here."""
        return self._mute("sound was lost; the machine is busy") if self.mode == "ptt" else []

    def suspended(self) -> list[Effect]:
        """The console is about to be stopped, or its screen was not painted for a while."""
        return self._mute("the console stood still")

    def engine_lost(self) -> list[Effect]:
        """Nothing can be told to anybody; the engine ends the lease by itself."""
        return self._end("The engine is lost: the microphone is off.") if self.held else []

    def call_over(self) -> list[Effect]:
        """The armed call has ended."""
        return self._end(f"Call {self.call} has ended: the microphone is off.") if self.held else []

    def told(self, state: MicState, me: str) -> list[Effect]:
        """What the engine shows everybody of the armed call. Of the time before this lease nothing counts."""
        if not self.lease:
            return []
        if state.mode != "off" and state.operator == me:
            self._seen = True
            return []
        return (
            self._end(self._lost(state.why or f"taken by {state.operator}"), None, "error")
            if self._seen
            else []
        )

    def tick(self, now_us: int) -> list[Effect]:
        """Once a frame of the screen: a console that hangs loses its lease for want of this."""
        if not self.held:
            return []
        still_us, self._ticked_us = now_us - self._ticked_us, now_us
        if self.lease and still_us > self._ttl_us:
            return self._end(self._lost("this console stood still"), ReleaseMic(self.lease), "error")
        if self.stage in ("arming", "armed") and now_us - self._since_us > ARMED_FOR_US:
            last = ReleaseMic(self.lease, "armed and not used")
            return self._end(f"Armed for {ARMED_FOR_US // 1_000_000} s and not used: microphone off.", last)
        effects = self.suspended() if still_us > STALLED_US else []
        if self.mode == "ptt" and now_us - self._talks_since_us > TALK_FOR_US:
            effects += self._mute(f"push to talk ends after {TALK_FOR_US // 1_000_000} s")
        if self.lease and now_us - self._renewed_us >= RENEW_EVERY_US:
            self._renewed_us = now_us
            effects.append(Send(self.attempt, self.call, RenewLease(self.lease)))
        return effects

    # --- its end ----------------------------------------------------------------------------------------

    def hand_back(self) -> list[Effect]:
        """The operator is done. Of a microphone that was only armed there is nothing to hand back."""
        if self.stage == "armed":
            return self.mic_off()
        if self.stage != "live":
            return []
        quiet = self._mute()
        self.stage = "handing_back"
        return [*quiet, AskAgreed(self.call)]

    def agreed(self, words: str | None) -> list[Effect]:
        """What was agreed; None = not handed back after all."""
        if self.stage != "handing_back":
            return []
        if words is None:
            self.stage = "live"
            return []
        return self._end("", HandBack(self.lease, words))

    def leave(self) -> list[Effect]:
        """The console ends."""
        return self._end("", ReleaseMic(self.lease, "the console was closed")) if self.held else []

    def _lost(self, reason: str) -> str:
        return f"Microphone off, call {self.call} is not yours any more: {reason.rstrip('.')}."

    def _end(
        self,
        words: str,
        last: HandBack | ReleaseMic | None = None,
        severity: Literal["information", "warning", "error"] = "warning",
    ) -> list[Effect]:
        """Off. last: the word to the engine, where it has granted anything."""
        effects: list[Effect] = [Send(self.attempt, self.call, last)] if last and self.lease else []
        effects.append(CloseDevice(self.attempt))
        self._clear()
        return [*effects, Say(words, severity)] if words else effects

    def _current(self, sent: Send) -> bool:
        return self.held and sent.attempt == self.attempt

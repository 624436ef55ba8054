"""All controls of one console, and what they need each frame and at its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from console.actions import action
from console.audio.base import Sound
from console.control.approvals import ApprovalControl
from console.control.calls import CallControl
from console.control.coordinating import Coordinated, CoordinatorControl
from console.control.dialling import DialControl
from console.control.listening import ListenControl
from console.control.mic import MicControl
from console.control.replay import ReplayControl
from console.control.reporting import ReportControl
from console.control.saying import SayControl
from console.control.trials import TrialControl
from console.control.view import LookingDesk, ViewControl
from engine.settings import ConsoleSettings


class Hands:
    """Handlers by the ids of the action table."""

    def __init__(
        self,
        desk: LookingDesk,
        view: ViewControl,
        settings: ConsoleSettings,
        sound: Sound | None,
        dialling: DialControl,
        journals: Path,
        coordinated: Coordinated,
    ) -> None:
        """sound: None = this console has none. journals: where the recorded calls are."""
        talk = settings.keys.get("mic.talk", action("mic.talk").keys)
        self.mic = MicControl(desk, sound, on_blur=settings.on_blur, talk_keys=talk)
        self.listening = ListenControl(desk, sound)
        self.replay = ReplayControl(desk, journals, sound)
        self.reports = ReportControl(desk, lambda: self.replay.folder)
        self.coordinating = CoordinatorControl(desk, coordinated)
        self._controls = (
            view,
            dialling,
            CallControl(desk),
            SayControl(desk),
            ApprovalControl(desk),
            TrialControl(desk),
            self.mic,
            self.listening,
            self.replay,
            self.reports,
            self.coordinating,
        )
        self._desk = desk
        self._modal = False

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Of all of them."""
        return {id_: done for control in self._controls for id_, done in control.handlers().items()}

    def modal(self, is_open: bool) -> None:
        """A box has opened, or the last one has closed."""
        if is_open != self._modal:
            self._modal = is_open
            self.mic.modal(is_open)

    def frame(self) -> None:
        """Once a frame, after the store has taken in what came."""
        self.mic.frame(self._desk.clock.now_us())
        self.listening.frame()
        self.coordinating.frame(self._desk.clock.now_us())

    def leave(self) -> None:
        """The console ends."""
        self.mic.leave()
        self.listening.leave()

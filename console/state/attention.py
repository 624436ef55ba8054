"""How an operator who looks elsewhere is called: the terminal's bell, and the words in its title. Pure."""

from __future__ import annotations

from console.state.store import Store
from engine.protocol import elapsed_us

BELL_EVERY_US = 5_000_000


class Attention:
    """One bell for each new alert, at most one in five seconds; those that came meanwhile share it."""

    def __init__(self, bell: bool = True) -> None:
        self._bell = bell
        self._known: set[int] = set()
        self._owed = False
        self._rang_us: int | None = None
        self._epoch = ""

    def rings(self, store: Store, now_us: int) -> bool:
        """Whether to ring now."""
        if store.epoch != self._epoch:
            self._epoch, self._known = store.epoch, set()  # a new engine counts its alerts from 1
        raised = {alert.alert for alert in store.open_alerts() if alert.state == "raised"}
        self._owed = (self._owed and bool(raised)) or bool(raised - self._known)
        self._known |= raised
        recently = self._rang_us is not None and elapsed_us(self._rang_us, now_us) < BELL_EVERY_US
        if not self._owed or recently:
            return False
        self._owed, self._rang_us = False, now_us
        return self._bell


def title_of(store: Store, name: str) -> str:
    """What stands in the terminal's title: the live microphone, who needs you, then the name."""
    mic = store.mic
    live = f"● LIVE call {mic.call} " if mic.stage in ("live", "handing_back") else ""
    needing = len(store.needing_you())
    return f"{live}{f'!{needing} ' if needing else ''}{name}"

"""Numbers what is said over the bus, and counts what of it is missed or malformed."""

from __future__ import annotations

import logging
import time

from engine.protocol import PCM_BYTES, SEQUENCE_MODULUS, Flag, Header, MalformedMessage, Message

log = logging.getLogger(__name__)

MALFORMED_LOG_EVERY_S = 60.0
UNFLAGGED = (
    Flag.NONE
)  # `is` costs nothing; a flag's `&` costs more than the rest of what is done with a header


class Sequencer:
    """Numbers what one sender says, per kind and call."""

    def __init__(self) -> None:
        self._next: dict[tuple[type[Message], int], int] = {}

    def number(self, message: type[Message], call: int) -> int:
        """The number of the next message of this kind and call."""
        number = self._next.get((message, call), 0)
        self._next[message, call] = number + 1
        return number

    def forget(self, call: int) -> None:
        """The call is closed."""
        self._next = {key: number for key, number in self._next.items() if key[1] != call}


class LossCounter:
    """Counts the gaps in what one hearer hears, per kind and call. Every kind has one sender."""

    def __init__(self) -> None:
        self.lost = 0
        self._last: dict[tuple[int, int], int] = {}

    def count(self, header: Header, message: Message) -> None:
        """One more message. A number that goes back is that of a sender that began anew."""
        if header.flags is not UNFLAGGED and header.flags & Flag.AGAIN and type(message) in PCM_BYTES:
            return
        key = (header.kind, header.call)
        last, self._last[key] = self._last.get(key), header.sequence
        if last is not None:
            step = (header.sequence - last) % SEQUENCE_MODULUS
            if 1 < step < SEQUENCE_MODULUS // 2:
                self.lost += step - 1

    def forget(self, call: int) -> None:
        """The call is closed."""
        self._last = {key: number for key, number in self._last.items() if key[1] != call}


class Malformed:
    """Counts the malformed messages of one hearer, and says so once a minute."""

    def __init__(self, hearer: str) -> None:
        self.count = 0
        self._hearer = hearer
        self._logged_s = -MALFORMED_LOG_EVERY_S

    def drop(self, error: MalformedMessage) -> None:
        """One more."""
        self.count += 1
        if time.monotonic() - self._logged_s > MALFORMED_LOG_EVERY_S:
            self._logged_s = time.monotonic()
            log.warning("%s: dropped a malformed message (%d so far): %s", self._hearer, self.count, error)

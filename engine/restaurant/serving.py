"""A restaurant that answers one call after the other, each on a line process of its own."""

from __future__ import annotations

import threading

from engine.bus import now_us
from engine.errors import EngineError
from engine.protocol import HangUp, Message
from engine.recognizers.whisper import WhisperRecognizer, folder_of
from engine.restaurant.desk import Desk
from engine.restaurant.ears import Hearing
from engine.restaurant.line_process import LineProcess, check_free, receives
from engine.restaurant.visit import Room, Tell, Visit
from engine.scenario import Scenario
from engine.settings import Settings, SipAccount
from engine.wiring import LinePlan, SipPlan

LOOK_MS = 5
LAST_CALL = 0xFFFF  # call numbers have 16 bits on the wire
PATIENCE = 3  # line processes in a row that end with an error before a call
ACCOUNT = SipAccount(user="restaurant", transport="udp", encryption="off")


def serve(scenario: Scenario, settings: Settings, calls: int, tell: Tell, ending: threading.Event) -> None:
    """Answer `calls` calls (0 = any number) where settings.sip says, or until `ending` is set: then it hangs up.

    tell: an event by name, with its fields. Raises EngineError when the line cannot be had, ModelError without a
    recogniser.
    """
    house = _House(scenario, settings, tell, ending)
    answered, failed, number = 0, 0, 0
    try:
        while not ending.is_set() and (not calls or answered < calls):
            number = number % LAST_CALL + 1
            visit, code = house.one_call(number)
            answered += visit.rang
            failed = failed + 1 if code and not visit.rang else 0
            if failed == PATIENCE:
                raise EngineError(
                    f"The line ended with an error (exit code {code}) {PATIENCE} times before a call; "
                    "its own words stand above."
                )
    finally:
        house.close()


class _House:
    """What all calls of a restaurant share."""

    def __init__(self, scenario: Scenario, settings: Settings, tell: Tell, ending: threading.Event) -> None:
        check_free(settings.sip.listen, settings.sip.port)
        folder = folder_of(settings.recognizer, settings.state_path / "models")
        self._hearing = Hearing(WhisperRecognizer(settings.recognizer, folder))
        self._desk = Desk(settings)
        self._scenario, self._sip, self._tell, self._ending = scenario, settings.sip, tell, ending

    def one_call(self, number: int) -> tuple[Visit, int]:
        """Wait for a call and stay to its end, or to that of a line that nobody called: the call, the exit code."""

        def say(room: Room, message: Message, sequence: int | None) -> None:
            self._desk.say(room, number, message, sequence)

        visit = Visit(self._scenario, self._hearing, say, self._tell)
        line = LineProcess(self._desk.house(LinePlan("sip", number, sip=SipPlan(account=ACCOUNT))))
        try:
            self._stay(number, visit, line)
            if visit.rang and not visit.ended:
                self._tell("ended", reason="near_end" if self._ending.is_set() else "line_lost")
        finally:
            if line.code is None:
                self._desk.say("supervisor", number, HangUp())
                line.end()
            self._desk.forget(number)
        return visit, line.code or 0

    def _stay(self, number: int, visit: Visit, line: LineProcess) -> None:
        waiting = False
        while line.code is None and not self._ending.is_set():
            for header, message in self._desk.hear(LOOK_MS):
                if header.call == number:
                    visit.take(message, now_us())
            visit.step(now_us())
            if not waiting and receives(self._sip.listen, self._sip.port):
                waiting = True
                self._tell("waiting", address=f"sip:{ACCOUNT.user}@{self._sip.listen}:{self._sip.port}")

    def close(self) -> None:
        """Give everything back."""
        self._desk.close()
        self._hearing.close()

"""A restaurant that answers one call after the other, each on a line process of its own."""

from __future__ import annotations

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


def serve(scenario: Scenario, settings: Settings, calls: int, tell: Tell) -> None:
    """Answer `calls` calls (0 = until interrupted) where settings.sip says.

    tell: an event by name, with its fields. Raises EngineError when the line cannot be had, ModelError without a
    recogniser; KeyboardInterrupt passes through once the call has been hung up.
    """
    check_free(settings.sip.listen, settings.sip.port)
    recognizer = WhisperRecognizer(
        settings.recognizer, folder_of(settings.recognizer, settings.state_path / "models")
    )
    hearing, desk = Hearing(recognizer), Desk(settings)
    answered, failed, number = 0, 0, 0
    try:
        while not calls or answered < calls:
            number = number % LAST_CALL + 1
            visit, code = _one_call(number, scenario, settings, desk, hearing, tell)
            answered += visit.rang
            failed = failed + 1 if code and not visit.rang else 0
            if failed == PATIENCE:
                raise EngineError(
                    f"The line ended with an error (exit code {code}) {PATIENCE} times before a call; "
                    "its own words stand above."
                )
    finally:
        desk.close()
        hearing.close()


def _one_call(
    number: int, scenario: Scenario, settings: Settings, desk: Desk, hearing: Hearing, tell: Tell
) -> tuple[Visit, int]:
    """Wait for a call and stay to its end, or to the end of a line that was not called: the call, and the exit code."""

    def say(room: Room, message: Message, sequence: int | None) -> None:
        desk.say(room, number, message, sequence)

    visit = Visit(scenario, hearing, say, tell)
    sip = SipPlan(account=ACCOUNT)
    line = LineProcess(desk.house(LinePlan("sip", number, sip=sip)))
    waiting = False
    try:
        while line.code is None:
            for header, message in desk.hear(LOOK_MS):
                if header.call == number:
                    visit.take(message, now_us())
            visit.step(now_us())
            if not waiting and receives(settings.sip.listen, settings.sip.port):
                waiting = True
                tell("waiting", address=f"sip:{ACCOUNT.user}@{settings.sip.listen}:{settings.sip.port}")
        if visit.rang and not visit.ended:
            tell("ended", reason="line_lost")
    finally:
        if line.code is None:
            desk.say("supervisor", number, HangUp())
            line.end()
        desk.forget(number)
    return visit, line.code or 0

"""What an operator may ask of a line in a call, and when. Pure."""

from __future__ import annotations

import re

from engine.call import UNANSWERED
from engine.errors import CallRefused
from engine.lines.placing import RECORDED, SIMULATED
from engine.protocol import HoldLine, SendDigits, TransferLine

Order = HoldLine | SendDigits | TransferLine
DIGITS = re.compile(r"[0-9A-D*#]{1,32}")
AFTERWARDS = ("ending", "ended")


def may_order(order: Order, line: str, state: str, hanging_up: bool) -> CallRefused | None:
    """Why this cannot be done in a call on this line and in this state, or None."""
    what = _what(order)
    if line == RECORDED or (line == SIMULATED and not isinstance(order, SendDigits)):
        return CallRefused(f"A {line} line cannot {what}; a line sip can.")
    if state in UNANSWERED:
        return CallRefused(f"The line can {what} once somebody has picked up.")
    if hanging_up or state in AFTERWARDS:
        return CallRefused(f"The call is about to end; the line cannot {what} any more.")
    if isinstance(order, SendDigits) and not DIGITS.fullmatch(order.digits):
        return CallRefused("Keys are 1 to 32 of 0-9 A-D * #.")
    return None


def told(order: Order) -> str:
    """What was asked, for the record. Keys and addresses are left to what the line says of them."""
    match order:
        case HoldLine(hold=hold):
            return "hold" if hold else "resume"
        case SendDigits(digits=digits):
            return f"press {len(digits)} {'key' if len(digits) == 1 else 'keys'}"
        case TransferLine(attended=attended):
            return "attended transfer" if attended else "transfer"


def _what(order: Order) -> str:
    match order:
        case HoldLine(hold=hold):
            return "be put on hold" if hold else "be taken back"
        case SendDigits():
            return "press keys"
        case TransferLine():
            return "be transferred"

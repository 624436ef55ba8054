"""How long a silence has to be before a turn is over, and by what that was weighed. Pure.

The words say most; without words, what was asked does. On top comes what is known of the person: how long the pauses
inside their turns are, and how often they were taken for finished and went on.
"""

from __future__ import annotations

from engine.protocol import Weight
from engine.settings import TurnSettings
from engine.turns.completeness import Verdict

FIRST_GUESS_MS = 150  # of somebody's pauses, before any is known
SHARE_OF_NEW = 0.3  # of a new pause in the moving average: three pauses are most of it
OVER_OWN_PAUSES = 1.25  # a silence has to be so much longer than the person's usual pause
SOUNDS_FINISHED, SOUNDS_UNFINISHED = 0.8, 0.3  # of the turn model; in between it says nothing
DOUBTED_MS = 200  # what is waited for longer where the voice sounds as if it went on
FALSE_END_WITHIN_MS = 700  # who speaks again so soon after the decision had not finished
FORGIVEN = 0.5  # of what a false end adds, with each turn that ends well


class Patience:
    """What one far end's way of speaking has taught us. One per call."""

    def __init__(self, settings: TurnSettings) -> None:
        self._false_end_ms = settings.false_end_ms
        self.usual_pause_ms = float(FIRST_GUESS_MS)  # moving average of the pauses inside turns
        self.false_ends_ms = 0.0
        self._ended_ms: int | None = None  # when the last end was decided, while it may still prove false

    def paused(self, pause_ms: int) -> None:
        """A pause was over and the same turn went on."""
        self.usual_pause_ms += SHARE_OF_NEW * (pause_ms - self.usual_pause_ms)

    def ended(self, decided_ms: int, asked_to_wait: bool) -> None:
        """A turn was judged over. Who asked us to wait comes back, and was not cut off."""
        if self._ended_ms is not None:
            self.false_ends_ms *= FORGIVEN
        self._ended_ms = None if asked_to_wait else decided_ms

    def began(self, start_ms: int) -> None:
        """Speech after the end of a turn: was that end false?"""
        if self._ended_ms is None or start_ms - self._ended_ms > FALSE_END_WITHIN_MS:
            return
        self.false_ends_ms += self._false_end_ms
        self._ended_ms = None


def hangover_for(expects: str, settings: TurnSettings) -> tuple[int, str]:
    """How long a silence ends a turn of which no words are known yet, in ms, and why."""
    if expects == "yes_no":
        return settings.hangover_yes_no_ms, "a yes or no was asked"
    return settings.hangover_ms, "their words are not known yet"


def weigh(
    verdict: Verdict | None,
    expects: str,
    settings: TurnSettings,
    patience: Patience,
    finished: float | None = None,
) -> tuple[Weight, ...]:
    """The reasons of a hangover; it is the sum of their `ms`.

    verdict: on the words, None = none are known. finished: how surely the turn model takes the voice for finished.
    """
    base_ms, why = hangover_for(expects, settings)
    weights = [Weight(why, base_ms)]
    sum_ms = base_ms
    if verdict is not None:
        wanted_ms = _after_words(verdict, settings)
        weights.append(Weight(verdict.reason, wanted_ms - base_ms))
        sum_ms = wanted_ms
    sound = _after_sound(verdict, finished, sum_ms, settings)
    if sound is not None:
        weights.append(sound)
        sum_ms += sound.ms
    surely_over = verdict is not None and verdict.kind in ("complete", "answer")
    own_ms = round(OVER_OWN_PAUSES * patience.usual_pause_ms)
    if not surely_over and own_ms > sum_ms:
        weights.append(Weight(f"pauses of {patience.usual_pause_ms:.0f} ms are usual here", own_ms - sum_ms))
        sum_ms = own_ms
    false_ms = round(patience.false_ends_ms)
    if false_ms:
        weights.append(Weight("was cut off before", false_ms))
        sum_ms += false_ms
    if sum_ms > settings.longest_ms:
        weights.append(Weight("no silence is waited for longer", settings.longest_ms - sum_ms))
    return tuple(weights)


def _after_sound(
    verdict: Verdict | None, finished: float | None, sum_ms: int, settings: TurnSettings
) -> Weight | None:
    """What the sound adds to the words. It does not overrule words that want something after them."""
    if finished is None or (verdict is not None and verdict.kind in ("open", "hold")):
        return None
    if finished <= SOUNDS_UNFINISHED:
        return Weight(f"the voice sounds as if it went on ({finished:.2f})", DOUBTED_MS)
    sooner_ms = settings.hangover_yes_no_ms - sum_ms
    if finished >= SOUNDS_FINISHED and sooner_ms < 0:
        return Weight(f"the voice sounds finished ({finished:.2f})", sooner_ms)
    return None


def _after_words(verdict: Verdict, settings: TurnSettings) -> int:
    match verdict.kind:
        case "complete":
            return settings.whole_ms
        case "answer":
            return settings.hangover_yes_no_ms
        case "open":
            return settings.open_ms
        case "hold":
            return settings.hold_ms
        case _:
            return settings.fragment_ms

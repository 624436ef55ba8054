"""A made-up call over a SIP line, message by message: ringback, a phone menu, hold, loss, a drifted playout point."""

from __future__ import annotations

from engine.protocol import (
    CallState,
    DigitHeard,
    Echo,
    LineAction,
    LineQuality,
    LineState,
    Message,
    Sentence,
    SpeechStarted,
    Spoken,
    Transcript,
    TurnEnded,
    TurnLatency,
)

RESTAURANT = "Trattoria Bellini"
NOW_MS = 42_000  # in the middle of it
Step = tuple[int, Message]  # ms since the call began
_OPENING = "Hello, this is an AI assistant calling for Nora Brandt."
_WISH = "I would like to book a table for two on Saturday at seven."
_WONDERFUL = "Wonderful, then a table for two on Saturday at seven, for Brandt."
_THANKS = "Take your time, I will wait."


def sip_state(state: str, restaurant: str = RESTAURANT, **more: str) -> CallState:
    """A state of a call over a real line."""
    return CallState(state, restaurant, "en", "sip", **more)  # type: ignore[arg-type]


def quality(second: int, *, playout_ms: float = 42.0, encryption: str = "") -> LineQuality:
    """The report of one second of media: 50 packets each way, some of the far end's lost after the twentieth."""
    packets = 50 * second
    return LineQuality(
        codec="opus/48000",
        encryption=encryption,
        frame=packets,
        playout_ms=playout_ms,
        queued_ms=20.0,
        received=packets - max(0, second - 20) * 2,
        lost=max(0, second - 20) * 2,
        late=second // 6,
        sent=packets,
        far_lost=second // 5,
        starved=second // 12,
        jitter_ms=3.4,
        far_jitter_ms=5.1 if second >= 5 else 0.0,
        round_trip_ms=38.0 if second >= 5 else 0.0,
        re_anchored=1 if second > 25 else 0,
    )


def _heard(at_ms: int, turn: int, text: str) -> list[Step]:
    end_ms = at_ms + 260 * len(text.split())
    return [
        (at_ms, SpeechStarted(turn, at_ms)),
        (at_ms, sip_state("listening")),
        (end_ms + 352, TurnEnded(turn, at_ms, end_ms, end_ms + 352, 350, "sentence complete")),
        (end_ms + 360, Transcript(turn, text, True, "en", 0.93, at_ms, end_ms)),
    ]


def _said(at_ms: int, utterance: int, turn: int, *sentences: str) -> list[Step]:
    latency = TurnLatency(turn, 402.0, 61.0, 3.0, 40.0, 55.0, 12.0, 7.0, 580.0, "wire")
    steps: list[Step] = [(at_ms, sip_state("speaking")), (at_ms + 20, latency)]
    for index, text in enumerate(sentences):
        last = index == len(sentences) - 1
        steps.append((at_ms, Sentence(utterance, index, last, turn, text, "en")))
        at_ms += 240 * len(text.split())
        steps.append((at_ms, Spoken(utterance, index, text, True, last)))
    return [*steps, (at_ms, sip_state("listening"))]


def sip_conversation(encryption: str = "") -> list[Step]:
    """To the end of the call, which a lost network makes."""
    steps: list[Step] = [(0, sip_state("dialling")), (600, LineState("ringing")), (610, sip_state("ringing"))]
    steps += [(900, LineState("early_media", detail="183 Session Progress")), (4_000, LineState("answered"))]
    steps += _heard(4_200, 1, "Welcome to Trattoria Bellini. For reservations press one.")
    steps.append((7_400, LineAction("digits", True, "1")))
    steps += _heard(8_500, 2, "Trattoria Bellini, good evening.")
    steps += _said(10_600, 1, 2, _OPENING, _WISH)
    steps += [(17_000 + 300 * n, DigitHeard(digit, 120)) for n, digit in enumerate("47#")]
    steps += _heard(18_500, 3, "Sorry, that was my sleeve. One moment, please.")
    steps += _said(21_400, 2, 3, _THANKS)
    steps += [(23_600, LineState("held", "far_end")), (23_610, sip_state("on_hold"))]
    steps += [(36_000, LineState("resumed", "far_end")), (36_010, sip_state("listening"))]
    steps += [(37_000, LineAction("transfer", False, "501 Not Implemented"))]
    steps += _heard(37_500, 4, "So, Saturday at seven would be fine.")
    steps += [(40_500 + 500 * n, Echo(-31.6, 184, 0.83)) for n in range(3)]
    steps += _said(40_000, 3, 4, _WONDERFUL)
    steps.append((41_200, Spoken(3, 0, " ".join(_WONDERFUL.split()[:5]), False)))
    steps += [
        (
            4_000 + 1000 * second,
            quality(second, playout_ms=138.0 if second > 30 else 42.0, encryption=encryption),
        )
        for second in range(1, 40)
    ]
    steps += [(44_000, LineState("ended", "network_away", "nothing was heard any more"))]
    steps.append((44_010, sip_state("ended", outcome="network_away", reason="network_away")))
    return sorted(steps, key=lambda step: step[0])


def neighbours(now_ms: int = NOW_MS) -> list[tuple[int, int, Message]]:
    """Calls beside it, as real lines end: (ms, call, message)."""
    ends = [("Gasthaus Lindenhof", "busy"), ("Casa Olivar", "transferred"), ("The Copper Kettle", "declined")]
    steps: list[tuple[int, int, Message]] = [(100, 9, sip_state("on_hold", "De Blauwe Reiger"))]
    for call, (restaurant, outcome) in enumerate(ends, start=5):
        steps.append((100, call, sip_state("dialling", restaurant)))
        steps.append((now_ms - 9_000, call, sip_state("ended", restaurant, outcome=outcome)))
    return steps

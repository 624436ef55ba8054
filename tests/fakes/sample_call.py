"""A made-up call, message by message: for pictures of the console and for a stand-in engine."""

from __future__ import annotations

from collections.abc import Iterator

from engine.protocol import (
    KIND_OF,
    ROOMS,
    BargeIn,
    CacheVerdict,
    CallClosed,
    CallState,
    CallTask,
    FarEndTruth,
    Flag,
    Header,
    Heartbeat,
    LineState,
    Message,
    Reservation,
    ReservationChanged,
    Room,
    RoomStarted,
    Sentence,
    SpeechStarted,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
    TurnEnded,
    TurnLatency,
    Voice,
)

RESTAURANT = "The Copper Kettle"
TASK = Task(
    restaurant=RESTAURANT,
    today="2026-05-11",
    date="2026-05-15",
    time="19:30",
    party_size=4,
    name="Nora Brandt",
    accept_from="18:30",
    accept_until="20:30",
)
Step = tuple[int, Message]  # ms since the call began
_YES = "Yes, of course."
_GREETING = "Good evening, The Copper Kettle, how can I help?"
_OPENING = "Hello, this is an AI assistant calling for Nora Brandt."
_WISH = "I would like to book a table for four on Friday at half past seven."
_OFFER = "Half past seven is full, I could do eight."
_ACCEPT = "Eight o'clock is fine."
_NAME_LINE = "The table is for Nora Brandt, and she can be reached on this number at any time."
_NAME_AGAIN = "Brandt: B, R, A, N, D, T."
_READ_BACK = "So that is Friday the fifteenth, eight o'clock, four people, for Brandt."


def turn_latency(turn: int, *, asr: float, cache: float, llm: float, tts: float) -> TurnLatency:
    """A waterfall whose parts sum to the whole, with this project's usual endpoint and playback."""
    endpoint, playback, hops = 352.0, 11.0, 6.0
    whole = endpoint + asr + cache + llm + tts + playback + hops
    return TurnLatency(turn, endpoint, asr, cache, llm, tts, playback, hops, whole, "truth")


def _state(state: str, **more: str) -> CallState:
    return CallState(state, RESTAURANT, "en", "simulated", "en/offers-later", **more)  # type: ignore[arg-type]


def _heard(
    at_ms: int, turn: int, text: str, truth: str = "", reason: str = "sentence complete"
) -> Iterator[Step]:
    """One utterance of the restaurant, growing word by word."""
    words = text.split()
    spoken_ms = 260 * len(words)
    yield at_ms, SpeechStarted(turn, at_ms)
    yield at_ms, _state("listening")
    for count in range(2, len(words), 2):
        yield (
            at_ms + 260 * count,
            Transcript(turn, " ".join(words[:count]), False, "en", 0.8, at_ms, at_ms + 260 * count),
        )
    end_ms = at_ms + spoken_ms
    yield end_ms + 40, FarEndTruth(truth or text, at_ms * 1000, end_ms * 1000)
    yield end_ms + 352, TurnEnded(turn, at_ms, end_ms, end_ms + 352, 350, reason)
    yield end_ms + 360, Transcript(turn, text, True, "en", 0.93, at_ms, end_ms, asr_us=62_000)


def _answer(
    at_ms: int, utterance: int, turn: int, sentences: tuple[str, ...], verdict: CacheVerdict | None = None
) -> Iterator[Step]:
    """One utterance of the agent, spoken to its end."""
    if verdict is not None:
        yield at_ms - 30, verdict
    hit = verdict is not None and verdict.hit
    for index, text in enumerate(sentences):
        last = index == len(sentences) - 1
        yield at_ms - 20 + index, Sentence(utterance, index, last, turn, text, "en", from_cache=hit)
    yield at_ms, _state("speaking")
    for index, text in enumerate(sentences):
        words = text.split()
        for count in range(3, len(words), 3):
            yield at_ms + 240 * count, Spoken(utterance, index, " ".join(words[:count]), False)
        at_ms += 240 * len(words)
        yield at_ms, Spoken(utterance, index, text, True, index == len(sentences) - 1)
    yield at_ms, _state("listening")


def _miss(turn: int, similarity: float, verdict: str) -> CacheVerdict:
    return CacheVerdict(
        turn, False, similarity, verdict=verdict, nearest="And your name please?", cache_us=3_000
    )


def _reserve(at_ms: int, tool: str, result: str, record: Reservation, **arguments: object) -> Iterator[Step]:
    yield at_ms, ToolCalled(tool, arguments, result)
    yield at_ms + 1, ReservationChanged(record, tool)


def conversation() -> list[Step]:
    """The whole call: greeting, wish, counter-offer, a barge-in, a cache hit, read-back, booked."""
    offered = Reservation("open", "2026-05-15", "20:00", 4, confirmed_by={"time": _OFFER})
    named = Reservation("open", "2026-05-15", "20:00", 4, "Brandt", confirmed_by={"time": _OFFER})
    confirmed = {"date": _YES, "time": _YES, "party_size": _YES, "name": _YES}
    booked = Reservation("booked", "2026-05-15", "20:00", 4, "Brandt", "", "K-118", confirmed)
    hit = CacheVerdict(
        4, True, 0.962, "{name}: {spelled}.", "", "en-0041", "Could you spell that?", "same question", 2_000
    )
    steps: list[Step] = [(0, _state("dialling")), (0, CallTask(TASK))]
    steps += [(40, LineState("ringing")), (50, _state("ringing"))]
    steps += [(1_900, LineState("answered")), *_heard(2_100, 1, _GREETING)]
    steps += _answer(5_200, 1, 1, (_OPENING, _WISH), _miss(1, 0.31, "below 0.85"))
    steps.append((5_230, turn_latency(1, asr=62, cache=3, llm=41, tts=58)))
    steps += _heard(11_900, 2, _OFFER, "Half past seven is full. I could do eight.")
    steps += _reserve(14_500, "propose", "within what the person accepts", offered, time="20:00")
    steps += _answer(14_700, 2, 2, (_ACCEPT,), _miss(2, 0.88, "times differ: 19:30, 20:00"))
    steps.append((14_730, turn_latency(2, asr=58, cache=3, llm=38, tts=49)))
    steps += _heard(17_000, 3, "And your name please?")
    steps += [
        (18_700, _miss(3, 0.97, "no entry in this state")),
        (18_730, Sentence(3, 0, True, 3, _NAME_LINE, "en")),
    ]
    steps += [(18_750, turn_latency(3, asr=49, cache=2, llm=35, tts=61)), (18_750, _state("speaking"))]
    steps += [(19_500, Spoken(3, 0, "The table is for Nora", False)), (20_400, SpeechStarted(4, 20_400))]
    steps += [
        (20_470, BargeIn("duck", 20_464)),
        (20_624, BargeIn("cut", 20_624, "224 ms of speech over our voice")),
    ]
    steps.append((20_640, Spoken(3, 0, "The table is for Nora Brandt,", True, True, True)))
    steps += _heard(
        20_640, 4, "Brand? Could you spell that?", "Brandt? Could you spell that?", "question complete"
    )
    steps += _answer(22_600, 4, 4, (_NAME_AGAIN,), hit)
    steps.append((22_630, turn_latency(4, asr=55, cache=4, llm=0, tts=12)))
    steps += _reserve(22_700, "note_name", "Brandt", named, name="Brandt")
    steps += _heard(24_800, 5, "Thank you. A table for four at eight then?")
    steps += _answer(28_000, 5, 5, (_READ_BACK, "Is that right?"), _miss(5, 0.91, "numbers differ"))
    steps.append((28_030, turn_latency(5, asr=71, cache=3, llm=52, tts=66)))
    steps += _heard(32_400, 6, "Yes, of course. See you then.")
    steps += _reserve(
        34_400, "book", "K-118", booked, date="2026-05-15", time="20:00", party=4, name="Brandt"
    )
    steps += _answer(34_500, 6, 6, ("Thank you very much, goodbye.",), _miss(6, 0.0, "empty for this state"))
    steps.append((34_530, turn_latency(6, asr=60, cache=2, llm=33, tts=54)))
    steps += [(36_200, LineState("ended", "near_end")), (36_210, CallClosed("booked"))]
    steps.append((36_220, _state("ended", outcome="booked", journal="journal/0001")))
    return sorted(steps, key=lambda step: step[0])


def with_voices(steps: list[Step]) -> list[Step]:
    """The steps with both meters between them, 31 a second each, as loud as whoever speaks makes them."""
    meters: list[Step] = []
    speaker, now_ms = "", 0
    for at_ms, message in steps:
        for end_ms in range(now_ms - now_ms % 32 + 32, at_ms + 1, 32):
            for side in ("far", "agent"):
                wobble = (end_ms * 7919 + len(side)) % 9  # so that the bars move
                loud = (
                    (0.97 - wobble / 100, -22.0 + wobble) if side == speaker else (0.02, -58.0 + wobble / 4)
                )
                meters.append((end_ms, Voice(side, end_ms, *loud)))
        now_ms = max(now_ms, at_ms)
        if isinstance(message, SpeechStarted):
            speaker = "far"
        elif isinstance(message, CallState):
            speaker = "agent" if message.state == "speaking" else "" if speaker == "agent" else speaker
        elif isinstance(message, TurnEnded):
            speaker = ""
    return sorted([*steps, *meters], key=lambda step: step[0])


def voices(until_ms: int, agent_speaks: bool) -> list[Step]:
    """The last half second of both meters."""
    loud, quiet = (0.94, -18.0), (0.03, -57.0)
    far, agent = (quiet, loud) if agent_speaks else (loud, quiet)
    return [
        (end_ms, Voice(side, end_ms, *level))  # type: ignore[arg-type]
        for end_ms in range(max(0, until_ms - 512), until_ms, 32)
        for side, level in (("far", far), ("agent", agent))
    ]


def house(at_ms: int, restarted: Room | None = None) -> list[Step]:
    """One heartbeat of the supervisor and of each room."""
    beats: list[Step] = [(at_ms, Heartbeat("supervisor", 1, 100, True))]
    for number, room in enumerate(ROOMS):
        again = room == restarted
        if again:
            beats.append((at_ms - 1, RoomStarted(room, 2)))
        beats.append((at_ms, Heartbeat(room, 1 + again, 101 + number, True, late_ms=0.4 + number / 10)))
    return beats


class Numbering:
    """Headers as an engine would write them: a count per kind and call, times from a start on the clock."""

    def __init__(self, start_us: int = 0) -> None:
        self.start_us = start_us
        self._next: dict[tuple[int, int], int] = {}

    def header(self, message: Message, call: int, at_ms: int) -> Header:
        """The header of the next message of this kind and call."""
        kind = KIND_OF[type(message)]
        sequence = self._next.get((kind, call), 0)
        self._next[kind, call] = sequence + 1
        time_us = (self.start_us + at_ms * 1000) % (1 << 32)
        return Header(kind, call, Flag.NONE, sequence % (1 << 16), time_us)


def others(now_ms: int) -> list[tuple[int, int, Message]]:
    """Three more calls beside the sample: (ms, call, message)."""

    def state(name: str, restaurant: str, language: str, outcome: str = "") -> CallState:
        return CallState(name, restaurant, language, "simulated", outcome=outcome)  # type: ignore[arg-type]

    return [
        (0, 1, state("dialling", "Gasthaus Lindenhof", "de")),
        (now_ms - 9_000, 1, state("ended", "Gasthaus Lindenhof", "de", "booked")),
        (2_000, 2, state("dialling", "Casa Olivar", "es")),
        (now_ms - 4_000, 2, state("listening", "Casa Olivar", "es")),
        (4_000, 3, state("dialling", "De Blauwe Reiger", "nl")),
        (now_ms - 2_000, 3, state("ended", "De Blauwe Reiger", "nl", "no_table")),
    ]

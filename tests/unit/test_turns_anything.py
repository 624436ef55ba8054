"""The pure parts of a turn together, by dice: detector's windows, words that are late, answers, our voice, one clock.

Whatever people say and however they pause: nothing breaks, nothing waits for ever, every turn is answered or left
alone on purpose, what we say is said in order, and no copy does anything but speak.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from engine.brains.scripted import Scripted
from engine.dialogue.conversation import Conversation
from engine.dialogue.responder import Responder
from engine.protocol import (
    BargeIn,
    CacheVerdict,
    CallOpened,
    DialogueState,
    EndCall,
    Flag,
    LineState,
    Message,
    PlaybackStarted,
    Sentence,
    Speculated,
    SpeechAudio,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
    TurnEnded,
    WordMark,
)
from engine.settings import Settings
from engine.turns.endpointing import Window
from engine.turns.hearing import Hearing
from engine.turns.playout import Playout
from engine.turns.shelf import MadeAhead
from engine.workers import playback
from tests.fakes.fake_bus import FakeBus, FakeClock

TASK = Task(
    restaurant="Harbour Kitchen",
    today="2025-06-02",
    date="2025-06-06",
    time="19:00",
    party_size=4,
    name="Anna Berg",
    accept_until="20:30",
)
SAYINGS = (
    "good evening harbour kitchen", "yes", "no", "mhm", "okay", "one moment please", "for how many people",
    "we have a table at seven", "thirty", "but not at seven", "and your name", "yes that is right", "problem",
    "we are fully booked", "i could offer you", "eight thirty", "what is the name", "you are booked", "goodbye",
    "can you spell that", "", "sorry what was that", "our number is zero two zero", "seven nine four", "if you like",
)  # fmt: skip
PAUSES_MS = (40, 90, 150, 200, 300, 500, 800, 1300, 2500, 4000)
WORD_MS = 260
END_MS = 25_000  # of silence, in which all must come to rest
LAST_WORDS_MS = 5000
SAMPLES_PER_MS = 48


class Saying(NamedTuple):
    """One stretch of speech."""

    start_ms: int
    end_ms: int
    text: str


class Line:
    """A call; `now_ms` is the one clock."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.clock = FakeClock(1_000_000_000)
        self.began_us = self.clock.now_us
        settings = Settings()
        opened = CallOpened(TASK, "c", "simulated", self.began_us)
        self.hearing = Hearing(None, settings, opened, self.began_us)  # type: ignore[arg-type]
        self.saved: list[object] = []
        talk = Conversation(
            TASK, lambda memory: Scripted(TASK, "en", memory), lambda *change: self.saved.append(change)
        )
        self.agent = Responder(talk, settings)
        self.voice = MadeAhead()
        self.voice_ms = 0  # when it is free
        self.ours = playback.Ours(Playout())
        self.out = FakeBus(self.clock, settings, "playback")
        self.taken = 0  # of what playback has said
        self.order = itertools.count()
        self.later: list[tuple[int, int, Callable[[], None]]] = []
        self.sayings: list[Saying] = []
        self.turns: dict[int, TurnEnded] = {}
        self.finals: dict[int, Transcript] = {}
        self.known: dict[tuple[int, int], str] = {}  # words at a pause
        self.over = False
        self.did_ahead: list[Message] = []
        self.said: list[tuple[int, int]] = []
        self.starts: dict[int, int] = {}

    @property
    def now_ms(self) -> int:
        return (self.clock.now_us - self.began_us) // 1000

    def after(self, ms: float, action: Callable[[], None]) -> None:
        heapq.heappush(self.later, (self.now_ms + int(ms), next(self.order), action))

    # --- the rooms ------------------------------------------------------------------------------------

    def tell_agent(self, message: Message) -> None:
        if not self.over:
            self.from_agent(self.agent.take(message, self.clock.now_us))

    def from_agent(self, outgoing) -> None:
        for message, flags, *_ in outgoing:
            match message:
                case Sentence():
                    self.sentence(message, flags)
                case DialogueState(pending=pending):
                    self.hearing.expects = pending
                case EndCall():
                    self.over = True
                case ToolCalled() if flags & Flag.AHEAD:
                    self.did_ahead.append(message)
                case Speculated():
                    pass

    def sentence(self, sentence: Sentence, flags: Flag) -> None:
        ahead = bool(flags & Flag.AHEAD)
        playback._take(self.out, 1, self.ours, flags, sentence)
        made = self.voice.make(sentence) if ahead else not self.voice.said(sentence)
        if not ahead:
            self.said.append((sentence.utterance, sentence.index))
        if made:
            self.voice_ms = max(self.voice_ms, self.now_ms + self.dice.choice((1, 20, 150)))  # one at a time
            self.after(self.voice_ms - self.now_ms, lambda: self.audio(sentence, flags & Flag.AHEAD))

    def audio(self, sentence: Sentence, flags: Flag) -> None:
        words = sentence.text.split()
        size = 200 * SAMPLES_PER_MS
        ends = [len(" ".join(words[: n + 1])) for n in range(len(words))]
        piece = SpeechAudio(
            sentence.utterance, sentence.index, 0, True, sentence.last, sentence.turn, sentence.text,
            np.full(size * len(words), 1000, np.int16).tobytes(),
            tuple(WordMark(n * size, end) for n, end in enumerate(ends)),
        )  # fmt: skip
        playback._take(self.out, 1, self.ours, flags, piece)

    def from_vad(self, messages: list[Message]) -> None:
        for message in messages:
            match message:
                case BargeIn():
                    playback._take(self.out, 1, self.ours, Flag.NONE, message)
                case SpeechStarted(turn=turn, start_ms=start_ms):
                    self.starts[turn] = start_ms
                case SpeechPaused(turn=turn, end_ms=end_ms):
                    self.after(
                        self.dice.choice((5, 30, 120, 600)), lambda t=turn, e=end_ms: self.recognised(t, e)
                    )
                case TurnEnded(turn=turn):
                    assert turn not in self.turns
                    self.turns[turn] = message
                    at_once = (turn, message.end_ms) in self.known
                    self.after(1 if at_once else 200, lambda over=message: self.final(over))
            if isinstance(message, SpeechStarted | SpeechPaused | SpeechResumed | TurnEnded):
                self.after(self.dice.choice((0, 1, 3)), lambda m=message: self.tell_agent(m))

    def words_until(self, turn: int, end_ms: int) -> str:
        start_ms = self.starts[turn] - 150
        heard = [s.text for s in self.sayings if s.start_ms >= start_ms and s.start_ms < end_ms]
        return " ".join(text for text in heard if text)

    def recognised(self, turn: int, end_ms: int) -> None:
        text = self.words_until(turn, end_ms)
        self.known[turn, end_ms] = text
        words = Transcript(turn, text, False, "en", 0.9, self.starts[turn], end_ms, at_pause=True)
        self.from_vad(self.hearing.words(words, self.clock.now_us))
        self.tell_agent(words)
        self.after(
            self.dice.choice((1, 60)),
            lambda: self.tell_agent(CacheVerdict(turn, False, end_ms=end_ms, ahead=True)),
        )

    def final(self, over: TurnEnded) -> None:
        text = self.words_until(over.turn, over.end_ms)
        words = Transcript(over.turn, text, True, "en", 0.9, over.start_ms, over.end_ms)
        self.finals[over.turn] = words
        self.from_vad(self.hearing.words(words, self.clock.now_us))
        self.tell_agent(words)
        self.after(
            self.dice.choice((1, 60)),
            lambda: self.tell_agent(CacheVerdict(over.turn, False, end_ms=over.end_ms)),
        )

    def tell_agent_answered(self) -> None:
        self.from_agent(self.agent.take(LineState("answered"), self.clock.now_us))

    # --- time -----------------------------------------------------------------------------------------

    def pass_ms(self, ms: int, voiced: bool) -> None:
        for _ in range(max(1, ms // 32)):
            for _ in range(8):  # 4 ms
                self.clock.now_us += 4000
                self.due()
            sure = 0.95 if voiced else 0.02
            window = Window(sure, -30.0 if voiced else -70.0, self.now_ms)
            our_voice = self.hearing.ours.is_on_line(self.clock.now_us)
            self.from_vad(self.hearing._judge(window, our_voice, self.clock.now_us))

    def due(self) -> None:
        while self.later and self.later[0][0] <= self.now_ms:
            heapq.heappop(self.later)[2]()
        due_us = self.agent.due_us
        if not self.over and ((due_us is not None and due_us <= self.clock.now_us) or self.now_ms % 250 < 4):
            self.from_agent(self.agent.tick(self.clock.now_us))
        playback._send_due(self.out, 1, self.ours)
        sent, self.taken = self.out.sent[self.taken :], len(self.out.sent)
        for _, _, message, flags, _ in sent:
            match message:
                case PlaybackStarted(utterance=utterance):
                    self.hearing.ours.begins(utterance)
                    self.tell_agent(message)
                case Spoken():
                    self.hearing.ours.said_all |= message.ends_utterance
                    self.tell_agent(message)
                case _ if flags & Flag.SYNTHETIC:
                    self.hearing.ours.frame(message.pcm, False, self.now_ms, self.clock.now_us)

    def says(self, text: str) -> None:
        length_ms = max(64, WORD_MS * len(text.split()))
        self.sayings.append(Saying(self.now_ms, self.now_ms + length_ms, text))
        self.pass_ms(length_ms, voiced=True)


@pytest.fixture
def line_of(monkeypatch):
    def make(seed: int) -> Line:
        line = Line(seed)
        monkeypatch.setattr(playback, "now_us", line.clock.read)
        return line

    return make


@pytest.mark.parametrize("seed", range(8))
def test_whatever_they_say_and_however_they_pause(line_of, seed):
    line = line_of(seed)
    line.tell_agent_answered()
    for _ in range(14):
        line.says(line.dice.choice(SAYINGS))
        line.pass_ms(line.dice.choice(PAUSES_MS), voiced=False)
        if line.over:
            break
    line.pass_ms(END_MS, voiced=False)
    for _ in range(LAST_WORDS_MS // 100):  # it may be asking whether they are still there
        if line.agent.talk.unspoken:
            line.pass_ms(100, voiced=False)
    assert not line.did_ahead
    assert not line.hearing._endpointer.speaking
    assert not line.hearing._barge_in.held
    assert line.ours.playout._held_until_us is None
    assert line.said == sorted(line.said)
    assert len(set(line.said)) == len(line.said)
    if line.over:
        return
    talk = line.agent.talk
    assert line.agent._final.due_us is None
    assert talk.ours.settles_us is None
    assert not talk.unspoken
    for turn, over in line.turns.items():
        words = line.finals[turn]
        ignored = over.under_our_voice or not words.text
        assert talk.has_answered(turn) or ignored, (turn, words.text)

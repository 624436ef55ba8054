"""What the near end said, word by word, and what of it was never heard. Pure."""

from __future__ import annotations

from engine.protocol import Flag, Message, OperatorWords, PlaybackStarted, Sentence, Spoken
from engine.reports.clocks import Clocks
from engine.reports.parts import Utterance, Word
from engine.reports.words import Heard, word_times


class _Utterance:
    def __init__(self, number: int, turn: int, at_ms: int) -> None:
        self.number, self.turn, self.begun_ms = number, turn, at_ms
        self.start_ms: int | None = None  # of its first frame
        self.texts: dict[int, str] = {}
        self.spoken: dict[int, list[Heard]] = {}  # by sentence
        self.cut = self.from_cache = self.operators = False
        self.language = ""

    def whole(self) -> Utterance:
        """With times of its words."""
        start_ms = self.begun_ms if self.start_ms is None else self.start_ms
        words: list[Word] = []
        said: list[str] = []
        at_ms = start_ms
        for index in sorted(self.spoken):
            steps = self.spoken[index]
            text, end_ms = steps[-1][1], steps[-1][0]
            words += word_times(text, [(ms, some) for ms, some in steps[:-1]], at_ms, end_ms)
            said.append(text)
            at_ms = max(at_ms, end_ms)
        text = " ".join(filter(None, (self.texts[index] for index in sorted(self.texts))))
        heard = " ".join(filter(None, said))
        return Utterance(
            self.number, "operator" if self.operators else "agent", self.turn, start_ms, at_ms, text or heard, heard,
            words, self.cut, self.from_cache, self.language,
        )  # fmt: skip


class Said:
    """Told every event of the near end's voice in order."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._utterances: dict[int, _Utterance] = {}
        self._operators: list[Utterance] = []
        self._answers: dict[int, int] = {}

    def step(self, us: int, flags: Flag, message: Message) -> None:
        """us: since the call began."""
        at_ms = us // 1000
        match message:
            case Sentence() if not flags & Flag.AGAIN:
                said = self._utterance(message.utterance, message.turn, at_ms)
                said.texts[message.index] = message.text
                said.from_cache = said.from_cache or message.from_cache
                said.language = message.language
                said.turn = said.turn or message.turn
            case PlaybackStarted(utterance=utterance, turn=turn, at_us=at_us):
                said = self._utterance(utterance, turn, at_ms)
                started_ms = self._clocks.of_header(at_us, us)
                if said.start_ms is None:
                    said.start_ms = started_ms
                if turn:
                    self._answers.setdefault(turn, started_ms)
            case Spoken(utterance=utterance, index=index, text=text, cut=cut):
                said = self._utterance(utterance, 0, at_ms)
                if text:
                    said.spoken.setdefault(index, []).append((at_ms, text))
                said.cut = said.cut or cut
                said.operators = said.operators or bool(flags & Flag.OPERATOR)
            case OperatorWords():
                self._operators.append(self._of_operator(message))

    def _utterance(self, number: int, turn: int, at_ms: int) -> _Utterance:
        return self._utterances.setdefault(number, _Utterance(number, turn, at_ms))

    def _of_operator(self, words: OperatorWords) -> Utterance:
        start_ms, end_ms = self._clocks.of_media(words.start_ms), self._clocks.of_media(words.end_ms)
        timed = word_times(words.text, (), start_ms, end_ms)
        return Utterance(
            words.utterance, "operator", 0, start_ms, end_ms, words.text, words.text, timed,
            language=words.language,
        )  # fmt: skip

    def answer_to(self, turn: int) -> int | None:
        """When the first frame of the answer to this turn went to the line, in ms since the call began."""
        return self._answers.get(turn)

    def utterances(self) -> list[Utterance]:
        """In the order of time, without those of which nothing was ever meant to be heard."""
        spoken = [said.whole() for said in self._utterances.values()]
        return sorted(
            [each for each in spoken if each.text] + self._operators, key=lambda each: each.start_ms
        )

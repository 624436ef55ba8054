"""The conversation of one call as entries that a screen can draw: what was heard, said, and done."""

from __future__ import annotations

from collections import deque

from console.state.entries import (
    AgentEntry,
    Entry,
    FarEntry,
    MarkEntry,
    NoteEntry,
    OperatorEntry,
    Said,
    ToolEntry,
    WhisperEntry,
)
from engine.protocol import (
    BargeIn,
    CacheVerdict,
    FarEndTruth,
    OperatorWords,
    Sentence,
    SpeechStarted,
    Spoken,
    Transcript,
    TurnEnded,
    TurnLatency,
    elapsed_us,
)

MAX_ENTRIES = 500  # per call; 32 calls full take 5.5 MB. Older words are in the journal
TRUTH_SLACK_US = 1_000_000  # how far speech as detected may begin from speech as simulated


class Conversation:
    """Entries of one call, oldest first, at most MAX_ENTRIES."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self.version = 0
        self._next_id = 0
        self._turns: dict[int, FarEntry] = {}
        self._utterances: dict[int, AgentEntry] = {}
        self._operators: dict[int, OperatorEntry] = {}
        self._early_truth: deque[FarEndTruth] = deque(maxlen=16)

    def _changed(self, entry: Entry) -> None:
        entry.version += 1
        self.version += 1

    def _add(self, entry: Entry) -> None:
        if len(self.entries) == MAX_ENTRIES:
            oldest = self.entries[0]
            if isinstance(oldest, FarEntry):
                self._turns.pop(oldest.turn, None)
            elif isinstance(oldest, AgentEntry):
                self._utterances.pop(oldest.utterance, None)
            elif isinstance(oldest, OperatorEntry):
                self._operators = {u: e for u, e in self._operators.items() if e is not oldest}
        self.entries.append(entry)
        self._next_id += 1
        self.version += 1

    def _turn(self, turn: int, at_us: int) -> FarEntry:
        entry = self._turns.get(turn)
        if entry is None:
            entry = self._turns[turn] = FarEntry(self._next_id, at_us, turn=turn)
            self._add(entry)
            for truth in list(self._early_truth):
                if self._belongs(truth, entry):
                    self._early_truth.remove(truth)
                    entry.truth.append(truth.text)
        return entry

    def _utterance(self, utterance: int, at_us: int) -> AgentEntry:
        entry = self._utterances.get(utterance)
        if entry is None:
            self._abandon_unspoken()
            entry = self._utterances[utterance] = AgentEntry(self._next_id, at_us, utterance=utterance)
            self._add(entry)
        return entry

    def _abandon_unspoken(self) -> None:
        for entry in reversed(self.entries):
            if isinstance(entry, AgentEntry):
                if not entry.spoken and not entry.cut and not entry.by:
                    entry.abandoned = True
                    self._changed(entry)
                return

    def speech_started(self, message: SpeechStarted, at_us: int) -> None:
        self._turn(message.turn, at_us)

    def turn_ended(self, message: TurnEnded, at_us: int) -> None:
        entry = self._turn(message.turn, at_us)
        entry.ended_us = at_us
        self._changed(entry)

    def transcript(self, message: Transcript, at_us: int) -> None:
        """A partial never replaces a final: it was only on its way longer."""
        entry = self._turn(message.turn, at_us)
        if entry.final and not message.final:
            return
        entry.text = "" if message.dropped else message.text
        entry.dropped = message.dropped
        entry.final, entry.language, entry.confidence = message.final, message.language, message.confidence
        if message.final and entry.ended_us is None:
            entry.ended_us = at_us
        self._changed(entry)

    def truth(self, message: FarEndTruth) -> None:
        """Lay what was truly said beside the turn in which it was heard, which may not be there yet."""
        for entry in reversed(self.entries):
            if isinstance(entry, FarEntry) and self._belongs(message, entry):
                entry.truth.append(message.text)
                self._changed(entry)
                return
        self._early_truth.append(message)

    @staticmethod
    def _belongs(truth: FarEndTruth, entry: FarEntry) -> bool:
        if elapsed_us(entry.began_us, truth.end_us) < -TRUTH_SLACK_US // 10:
            return False  # the turn began after these words had ended
        began_near = abs(elapsed_us(truth.start_us, entry.began_us)) < TRUTH_SLACK_US
        began_before = elapsed_us(entry.began_us, truth.start_us) >= 0
        still_open = entry.ended_us is None or elapsed_us(truth.start_us, entry.ended_us) > 0
        return began_near or (began_before and still_open)

    def barge_in(self, message: BargeIn) -> None:
        """The far end's newest turn is the one that cut in."""
        if message.action != "cut":
            return
        for entry in reversed(self.entries):
            if isinstance(entry, FarEntry):
                entry.barged_in = True
                self._changed(entry)
                return

    @property
    def next_id(self) -> int:
        """What the next entry is to be numbered."""
        return self._next_id

    def sentence(self, message: Sentence, at_us: int, similarity: float, by: str = "") -> None:
        """by: the operator who typed it; "" = the agent's own."""
        entry = self._utterance(message.utterance, at_us)
        said = entry.sentences.setdefault(message.index, Said(message.text))
        said.text = message.text
        entry.turn, entry.language = message.turn, message.language
        entry.by = by or entry.by
        if message.from_cache:
            entry.from_cache, entry.similarity = True, similarity
        self._changed(entry)

    def spoken(self, message: Spoken, at_us: int) -> None:
        entry = self._utterance(message.utterance, at_us)
        said = entry.sentences.setdefault(message.index, Said(message.text))
        said.spoken, said.done, said.cut = message.text, message.done, message.cut
        entry.abandoned = False
        if message.cut:  # what came after the cut sentence will not be spoken either
            for index, later in entry.sentences.items():
                if index > message.index and not later.done:
                    later.cut = True
        self._changed(entry)

    def cache_verdict(self, message: CacheVerdict) -> None:
        for entry in reversed(self.entries):
            if isinstance(entry, AgentEntry) and entry.turn == message.turn and entry.from_cache:
                entry.similarity = message.similarity
                self._changed(entry)

    def latency(self, message: TurnLatency) -> None:
        for entry in self.entries:  # the first utterance is the one that ended the wait
            if isinstance(entry, AgentEntry) and entry.turn == message.turn:
                entry.voice_to_voice_ms = message.voice_to_voice_ms
                self._changed(entry)
                return

    def tool(self, entry: ToolEntry) -> None:
        """A tool call, which console/state/tools.py looks after; told again when it has changed."""
        if entry.version == 0:
            self._add(entry)
        self._changed(entry)

    def operator_words(self, message: OperatorWords, by: str, at_us: int) -> None:
        """What an operator said on the line; an utterance that was recognised anew is the same entry."""
        entry = self._operators.get(message.utterance)
        if entry is None:
            entry = self._operators[message.utterance] = OperatorEntry(self._next_id, at_us, by=by)
            self._add(entry)
        entry.text, entry.confidence, entry.language = message.text, message.confidence, message.language
        self._changed(entry)

    def whisper(self, by: str, text: str, at_us: int) -> None:
        """What an operator told the agent."""
        self._add(WhisperEntry(self._next_id, at_us, by=by, text=text))

    def mark(self, by: str, note: str, about_us: int, at_us: int) -> None:
        """A moment to be remembered."""
        self._add(MarkEntry(self._next_id, at_us, by=by, note=note, about_us=about_us))

    def note(self, text: str, level: str, at_us: int) -> None:
        """Something that happened to the line."""
        self._add(NoteEntry(self._next_id, at_us, 0, text, level))

    def language_note(self, text: str, at_us: int) -> None:
        """The call goes on in another language."""
        self._add(NoteEntry(self._next_id, at_us, 0, text, of="language"))

    def brain_note(self, text: str, at_us: int) -> None:
        """Something that happened to the brain."""
        self._add(NoteEntry(self._next_id, at_us, 0, text, "warning", of="brain"))

    def digit(self, digit: str, text: str, at_us: int) -> None:
        """A key of the far end; keys in a row stand in one entry. text: what the first of them says."""
        last = self.entries[-1] if self.entries else None
        if isinstance(last, NoteEntry) and last.digits:
            last.text += f" {digit}"
            self._changed(last)
        else:
            self._add(NoteEntry(self._next_id, at_us, 0, text, digits=True))

"""What the rooms say to one another."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from engine.protocol.basics import LanguageCode, Message, Outcome, Room
from engine.protocol.line import Reservation

# --- vad ------------------------------------------------------------------------------------------------


class Level(msgspec.Struct, frozen=True, array_like=True):
    """One 32 ms window, as a meter shows it."""

    probability: float  # of speech; of the agent's voice: 1 where it can be heard
    level_dbfs: float


class Voice(Message):
    """vad → supervisor: speech probability and level of the newest 32 ms window, and those that are told with it."""

    side: Literal["far", "agent"]
    end_ms: int  # of the newest
    probability: float  # of speech; of the agent's voice: 1 where it can be heard
    level_dbfs: float
    before: tuple[Level, ...] = ()  # the windows before the newest, oldest first


class SpeechStarted(Message):
    """vad → transcribe, agent: the far end began to speak."""

    turn: int
    start_ms: int


class SoundHeard(Message):
    """vad → transcribe, agent, supervisor: a sound begins or ends that is nobody speaking."""

    sound: Literal["ringback", "busy", "information", "music", "beep", "noise", "silence"]
    on: bool  # it began; False: it is over
    at_ms: int  # of the far end's audio, where it began or ended
    reason: str = ""  # what it was known by


class SpeechPaused(Message):
    """vad → transcribe: quiet so far; a good moment to transcribe on suspicion."""

    turn: int
    end_ms: int  # of the last voiced window


class SpeechResumed(Message):
    """vad → transcribe: it was only a pause."""

    turn: int


class Weight(msgspec.Struct, frozen=True, array_like=True):
    """One reason of a decision, and how long it makes us wait, in ms; negative: how much less."""

    reason: str
    ms: int


class TurnEnded(Message):
    """vad → transcribe, agent: the turn is judged over."""

    turn: int
    start_ms: int
    end_ms: int  # of the last voiced window, not of the decision
    decided_ms: int
    hangover_ms: int
    reason: str  # why the hangover was as long as it was
    audible_end_ms: int = (
        0  # of the last frame that is not much quieter than the turn; what latency is counted from
    )
    under_our_voice: bool = False  # it began and ended while we spoke, and did not stop us: a "mhm"
    weights: tuple[Weight, ...] = ()  # they sum to hangover_ms


class Echo(Message):
    """vad → supervisor: our own voice comes back from the far end."""

    return_db: float  # level of what comes back, relative to what was sent
    delay_ms: int  # from our frame to its echo
    correlation: float  # 0..1, between the two


class BargeIn(Message):
    """vad → playback, agent: the far end speaks over us.

    `duck`: speak more quietly; `hold`: be silent, and keep what was not said; `resume`: go on, from the word that was
    broken off; `cut`: what was not said is dropped.
    """

    action: Literal["duck", "hold", "cut", "resume"]
    at_ms: int
    reason: str = ""


# --- transcribe -------------------------------------------------------------------------------------------


class Transcript(Message):
    """transcribe → vad, cache, agent: what was heard; partial until `final`."""

    turn: int
    text: str
    final: bool
    language: LanguageCode
    confidence: float  # mean token probability, 0..1
    start_ms: int
    end_ms: int
    asr_us: int = 0  # from the turn's end to this final transcript
    dropped: str = ""  # not empty: text was recognised and thrown away, and why
    at_pause: bool = (
        False  # not final: these are the whole turn's words, should it end with the pause at `end_ms`
    )


class LanguageSwitched(Message):
    """transcribe → vad, cache, agent, supervisor: the far end speaks another language; so do we from now on."""

    language: LanguageCode
    turn: int  # in which it was settled
    reason: str = ""
    was: LanguageCode | None = None  # before; None: not told
    forced: bool = False  # an operator has chosen it


# --- cache ---------------------------------------------------------------------------------------------------


class CacheVerdict(Message):
    """cache → agent: may a stored reply be served for this transcript, the final one or that at a pause?"""

    turn: int
    hit: bool
    similarity: float = 0.0  # of the nearest stored utterance, 0 when there is none
    template: str = ""  # the stored reply, with {slots} to refill
    expects: str = ""  # what the stored reply asks for
    source: str = ""  # id of the entry
    nearest: str = ""  # the stored utterance
    verdict: str = ""  # why it was served, or not
    cache_us: int = 0
    threshold: float = 0.0  # of the similarity; a reply below it is served only for the same gist
    end_ms: int = 0  # of the transcript it is about
    ahead: bool = False  # it is about the words at a pause


# --- agent -----------------------------------------------------------------------------------------------------


class Sentence(Message):
    """agent → tts, cache, vad: one sentence to say."""

    utterance: int  # number of the agent's utterance in this call
    index: int  # of the sentence in the utterance, from 0
    last: bool
    turn: int  # the far end's turn it answers; 0 = the agent's own initiative
    text: str
    language: LanguageCode
    expects: str = ""  # what an answer to it would be: see dialogue.moves.Expects
    template: str = ""  # the sentence with its values taken out, when it may be stored
    state: str = ""  # dialogue state in which the turn was heard, part of the cache's key
    pending: str = ""  # what we had asked when the turn was heard, part of the cache's key
    from_cache: bool = False
    cache_us: int = 0  # the cache's own time, or how long it was waited for in vain
    llm_us: int = 0  # from the transcript (or the cache's verdict) to this sentence


class DialogueState(Message):
    """agent → cache, vad: what the next turn will be heard in."""

    state: str
    pending: str
    language: LanguageCode


class ToolCalled(Message):
    """agent → supervisor: a tool ran, or was refused."""

    tool: str
    arguments: dict[str, Any] = {}
    result: str = ""
    refused: bool = False
    turn: int = 0


class ReservationChanged(Message):
    """agent → supervisor: the record as it is now."""

    reservation: Reservation
    source: str  # the tool that changed it, or "operator" or "restart"
    words: str = ""  # what was said last when it was changed


class Checkpoint(Message):
    """room → supervisor: what the room must be given back after a restart."""

    room: Room
    state: bytes


class BrainUse(Message):
    """agent → supervisor: what one turn took of a language model. None = not known."""

    model: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    usd: float | None = None
    requests: int = 1  # that were sent for the turn: tools and retries take more than one
    first_token_us: int | None = None  # from the question to its first token
    fallback: bool = False  # the scripted brain spoke in its place
    reason: str = ""  # why it did
    turn: int = 0  # of the far end; 0 = none


class Speculated(Message):
    """agent → supervisor: what came of an answer that was prepared while it was not known whether the turn is over."""

    turn: int
    kept: bool
    reason: str = ""  # why it was thrown away
    sentences: int = 0  # that were prepared
    saved_us: int = 0  # how much earlier they were ready than without; 0 = thrown away
    requests: int = 0  # to a language model, with what they took, as in BrainUse
    tokens_in: int | None = None
    tokens_out: int | None = None
    usd: float | None = None


class RecordingConsent(Message):
    """agent → supervisor: what the far end knows and wants of being recorded; see docs/journal.md, "Recording"."""

    state: Literal["announced", "asked", "given", "refused", "none", "stopped"]
    words: str = ""  # theirs; with "announced" ours
    turn: int = 0  # of the far end, in which they said so; 0 = none


class EndCall(Message):
    """agent → supervisor: end this call, now that the last words were spoken."""

    outcome: Outcome
    reason: str = ""


# --- tts ---------------------------------------------------------------------------------------------------------


class WordMark(msgspec.Struct, frozen=True, array_like=True):
    """Word number `word` of a sentence begins at `sample` of its audio."""

    sample: int
    char_end: int  # offset in the sentence's text after the word


class SpeechAudio(Message):
    """tts → playback: a piece of a sentence's audio at 48 kHz."""

    utterance: int
    index: int
    piece: int
    last: bool  # of the sentence
    ends_utterance: bool
    turn: int
    text: str
    pcm: bytes
    marks: tuple[WordMark, ...] = ()
    tts_us: int = 0  # from the sentence to this piece


# --- playback ------------------------------------------------------------------------------------------------------


class PlaybackStarted(Message):
    """playback → everyone: the first frame of an utterance went to the line at `at_us`."""

    utterance: int
    turn: int
    at_us: int
    playback_us: int  # from the first audio to that frame
    tts_us: int = 0  # from the sentence to its first audio


class Spoken(Message):
    """playback → agent, line, supervisor: what of a sentence the far end has been given so far."""

    utterance: int
    index: int
    text: str  # to the word
    done: bool  # nothing more of this sentence will come
    ends_utterance: bool = False  # done, and it was the last sentence
    cut: bool = False
    late_frames: int = 0  # of our voice in this call so far, that left more than a frame after their time

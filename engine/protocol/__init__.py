"""The wire: ten bytes of header, then raw PCM or msgpack. Nothing outside of this package packs or unpacks bytes.

A message is two ZeroMQ frames. The header is also the PUB/SUB topic: a hearer subscribes to a kind
(its first byte) or to a kind of one call (its first three bytes).

    0     kind      u8    which of the classes below the payload is
    1-2   call      u16   call number in this engine; 0 = the engine itself
    3     flags     u8    see Flag
    4-5   sequence  u16   per sender, kind and call; a gap is a loss, and is counted
    6-9   time      u32   CLOCK_MONOTONIC in µs modulo 2**32, the same clock in every process of a machine

Names ending in `_ms` without further word are media time: milliseconds of far-end audio since the line
opened, counted in frames, so that they survive the restart of any room. `_us` are durations or the
header's clock in microseconds.

    basics      rates, names of rooms and outcomes, flags
    line        audio, what a call is about, the far end's side
    rooms       what the rooms say to one another
    house       what the supervisor says
    commands    what consoles and command lines ask, and the answers
    operating   what an operator may do to a call, and what is told of it
    kinds       the number of every kind
    wire        header, packing
"""

from engine.protocol.basics import (
    FRAME_MS as FRAME_MS,
    HEARING_FRAME_BYTES as HEARING_FRAME_BYTES,
    HEARING_RATE_HZ as HEARING_RATE_HZ,
    LANGUAGES as LANGUAGES,
    LINE_FRAME_BYTES as LINE_FRAME_BYTES,
    LINE_RATE_HZ as LINE_RATE_HZ,
    ROOMS as ROOMS,
    Flag as Flag,
    LanguageCode as LanguageCode,
    Message as Message,
    Outcome as Outcome,
    Room as Room,
)
from engine.protocol.commands import (
    Accepted as Accepted,
    AnswerLine as AnswerLine,
    Command as Command,
    FindPlaced as FindPlaced,
    GetSnapshot as GetSnapshot,
    HangUp as HangUp,
    HoldLine as HoldLine,
    Ping as Ping,
    PlaceCall as PlaceCall,
    PlacedCall as PlacedCall,
    Refused as Refused,
    SendDigits as SendDigits,
    Snapshot as Snapshot,
    StopEngine as StopEngine,
    TransferLine as TransferLine,
)
from engine.protocol.house import (
    CallClosed as CallClosed,
    CallOpened as CallOpened,
    CallState as CallState,
    CallTask as CallTask,
    EngineEvent as EngineEvent,
    Heartbeat as Heartbeat,
    RoomStarted as RoomStarted,
    Shutdown as Shutdown,
    SoundKept as SoundKept,
    TurnLatency as TurnLatency,
)
from engine.protocol.kinds import (
    KIND_OF as KIND_OF,
    KINDS as KINDS,
    PCM_BYTES as PCM_BYTES,
)
from engine.protocol.line import (
    LINE_ENDS as LINE_ENDS,
    AgentFrame as AgentFrame,
    DigitHeard as DigitHeard,
    FarEndTruth as FarEndTruth,
    FarFrame as FarFrame,
    FarSound as FarSound,
    FlushVoice as FlushVoice,
    LineAction as LineAction,
    LineFrame as LineFrame,
    LineQuality as LineQuality,
    LineState as LineState,
    Reservation as Reservation,
    Task as Task,
    VoicePlayed as VoicePlayed,
)
from engine.protocol.operating import (
    AcknowledgeAlert as AcknowledgeAlert,
    AgentSilenced as AgentSilenced,
    Alert as Alert,
    AlertKind as AlertKind,
    ArmMic as ArmMic,
    DecideTool as DecideTool,
    ForceLanguage as ForceLanguage,
    ForgetReply as ForgetReply,
    GoLive as GoLive,
    HandBack as HandBack,
    InjectEvent as InjectEvent,
    LeaseGranted as LeaseGranted,
    MarkMoment as MarkMoment,
    MicFrame as MicFrame,
    MicMode as MicMode,
    MicState as MicState,
    MuteAgent as MuteAgent,
    OperatorAct as OperatorAct,
    OperatorFrame as OperatorFrame,
    OperatorLeft as OperatorLeft,
    Operators as Operators,
    OperatorSpoke as OperatorSpoke,
    OperatorWords as OperatorWords,
    Presence as Presence,
    ReleaseMic as ReleaseMic,
    RenewLease as RenewLease,
    ReplyForgotten as ReplyForgotten,
    RestartRoom as RestartRoom,
    SayLine as SayLine,
    Talk as Talk,
    ToolDecided as ToolDecided,
    ToolPending as ToolPending,
    Whisper as Whisper,
)
from engine.protocol.rooms import (
    BargeIn as BargeIn,
    BrainUse as BrainUse,
    CacheVerdict as CacheVerdict,
    Checkpoint as Checkpoint,
    DialogueState as DialogueState,
    Echo as Echo,
    EndCall as EndCall,
    LanguageSwitched as LanguageSwitched,
    Level as Level,
    PlaybackStarted as PlaybackStarted,
    RecordingConsent as RecordingConsent,
    ReservationChanged as ReservationChanged,
    Sentence as Sentence,
    SoundHeard as SoundHeard,
    Speculated as Speculated,
    SpeechAudio as SpeechAudio,
    SpeechPaused as SpeechPaused,
    SpeechResumed as SpeechResumed,
    SpeechStarted as SpeechStarted,
    Spoken as Spoken,
    ToolCalled as ToolCalled,
    Transcript as Transcript,
    TurnEnded as TurnEnded,
    Voice as Voice,
    Weight as Weight,
    WordMark as WordMark,
)
from engine.protocol.wire import (
    CLOCK_MODULUS_US as CLOCK_MODULUS_US,
    HEADER as HEADER,
    HEADER_SIZE as HEADER_SIZE,
    SEQUENCE_MODULUS as SEQUENCE_MODULUS,
    Header as Header,
    MalformedMessage as MalformedMessage,
    elapsed_us as elapsed_us,
    pack as pack,
    parted as parted,
    topic as topic,
    unpack as unpack,
    unpack_header as unpack_header,
)

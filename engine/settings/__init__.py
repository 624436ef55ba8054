"""One typed tree of settings, with a sentence for each.

Where their values come from is in settings_sources.py, what they must be together in settings_checks.py.

    hearing     [vad] [turns] [recognizer]
    answering   [cache] [brain] [voice]
    calling     [call] [journal] [recording] [sip] [dial]
    queued      [jobs] [coordinator]
    operating   [engine] [operator] [console] [telemetry]
    tree        all of them, and what stands above the sections
    section     what every section shares
"""

from engine.settings.answering import (
    BrainSettings as BrainSettings,
    CacheSettings as CacheSettings,
    GoogleVoiceSettings as GoogleVoiceSettings,
    ProcessVoiceSettings as ProcessVoiceSettings,
    VoiceSettings as VoiceSettings,
)
from engine.settings.calling import (
    CallSettings as CallSettings,
    DialSettings as DialSettings,
    JournalSettings as JournalSettings,
    RecordingSettings as RecordingSettings,
    SipAccount as SipAccount,
    SipSettings as SipSettings,
)
from engine.settings.hearing import (
    RecognizerSettings as RecognizerSettings,
    TurnSettings as TurnSettings,
    VadSettings as VadSettings,
)
from engine.settings.operating import (
    ConsoleSettings as ConsoleSettings,
    EngineSettings as EngineSettings,
    OperatorSettings as OperatorSettings,
    TelemetrySettings as TelemetrySettings,
)
from engine.settings.queued import (
    ContainerSettings as ContainerSettings,
    CoordinatorSettings as CoordinatorSettings,
    JobBackoff as JobBackoff,
    JobSettings as JobSettings,
    RaySettings as RaySettings,
)
from engine.settings.tree import (
    Settings as Settings,
)

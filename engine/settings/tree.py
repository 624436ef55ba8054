"""The whole tree of settings."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from engine.protocol import LanguageCode
from engine.settings.answering import BrainSettings, CacheSettings, VoiceSettings
from engine.settings.calling import (
    CallSettings,
    DialSettings,
    JournalSettings,
    RecordingSettings,
    SipSettings,
)
from engine.settings.hearing import RecognizerSettings, TurnSettings, VadSettings
from engine.settings.operating import ConsoleSettings, EngineSettings, OperatorSettings, TelemetrySettings
from engine.settings.queued import CoordinatorSettings, JobSettings
from engine.settings.section import Section


class Settings(Section):
    """The whole tree."""

    state_dir: str = ""
    """Journals, reservations, cache; default: the system's place for application state."""
    language: LanguageCode = "en"
    """Of the demo call, and where a scenario's bare name is looked for first."""
    engine: EngineSettings = EngineSettings()
    vad: VadSettings = VadSettings()
    turns: TurnSettings = TurnSettings()
    recognizer: RecognizerSettings = RecognizerSettings()
    cache: CacheSettings = CacheSettings()
    brain: BrainSettings = BrainSettings()
    voice: VoiceSettings = VoiceSettings()
    call: CallSettings = CallSettings()
    journal: JournalSettings = JournalSettings()
    recording: RecordingSettings = RecordingSettings()
    sip: SipSettings = SipSettings()
    dial: DialSettings = DialSettings()
    jobs: JobSettings = JobSettings()
    coordinator: CoordinatorSettings = CoordinatorSettings()
    operator: OperatorSettings = OperatorSettings()
    console: ConsoleSettings = ConsoleSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    @property
    def state_path(self) -> Path:
        """The state directory as an absolute path."""
        return Path(self.state_dir or platformdirs.user_state_dir("call-thing")).expanduser().absolute()

    @property
    def engine_path(self) -> Path:
        """Where the running engine has its lock and is found, as an absolute path."""
        own = self.engine.directory
        return Path(own).expanduser().absolute() if own else self.state_path

"""What is recorded of one call, and what its journal is told of that."""

from __future__ import annotations

from typing import Any

from engine.errors import StateError
from engine.journal import AUDIO, JournalWriter
from engine.lines.placing import Placement
from engine.protocol import AgentFrame, FarSound, Header, Message, RecordingConsent, SoundKept, elapsed_us
from engine.recorder import Recorder


class CallSound:
    """The recording, where there is one, and the frames that did not arrive for it."""

    def __init__(self, journal: JournalWriter, placed: Placement, started_us: int) -> None:
        """Raises StateError when the recording cannot be begun; the journal is gone then."""
        self.recorder: Recorder | None = None
        self._journal, self._started_us = journal, started_us
        self._lost_agent_frames = 0
        self._agent_sequence: int | None = None
        self._unwanted = False  # they do not want to be recorded, and the recording does not know it yet
        self._kept_samples = 0  # of the recording, as the journal has been told
        if placed.record:
            try:
                self.recorder = Recorder(journal.folder / AUDIO)
                if placed.asks:
                    self.recorder.allow_far_end(None)
            except OSError as error:
                journal.discard()
                raise StateError(
                    f"{journal.folder}: the recording cannot be begun ({error.strerror})."
                ) from None

    def frame(self, header: Header, message: Message) -> None:
        """Audio of either direction. Raises OSError or StateError when the disk refuses."""
        if self._unwanted:
            self._forget_far_end(header)
        if isinstance(message, FarSound) and self.recorder:
            self.recorder.far(header.sequence, message.began_us, message.pcm)
            if self.recorder.kept_samples != self._kept_samples:
                self._tell_kept(header)
        elif isinstance(message, AgentFrame):
            if self._agent_sequence is not None and header.sequence:
                step = (header.sequence - self._agent_sequence) % (1 << 16)
                self._lost_agent_frames += max(0, step - 1) if step < 1 << 15 else 0
            self._agent_sequence = header.sequence
            if self.recorder:
                self.recorder.agent(header.time_us, message.pcm)

    def _forget_far_end(self, header: Header) -> None:
        """The journal says by now that they do not want it: whoever is killed from here on knows what is to be done."""
        self._unwanted = False
        if self.recorder and not self.recorder.ended:
            self.recorder.forget_far_end()
            self._tell_kept(header)

    def _tell_kept(self, header: Header) -> None:
        assert self.recorder is not None
        self._kept_samples, digest = self.recorder.kept
        began_us = elapsed_us(self._started_us, self.recorder.first_us)
        self._journal.append(header, SoundKept(self._kept_samples, digest, began_us))

    def consented(self, consent: RecordingConsent, at_us: int) -> None:
        """How they stand to being recorded, from this moment on."""
        if self.recorder:
            allowed = consent.state in ("announced", "given")
            self.recorder.allow_far_end(at_us if allowed else None)
        self._unwanted = self._unwanted or consent.state in ("refused", "stopped")

    def cut(self, at_us: int) -> None:
        """Our voice was cut at this time, see Recorder."""
        if self.recorder:
            self.recorder.cut(at_us)

    def close(self) -> dict[str, Any]:
        """Finish the recording; what the summary says of it, {} without one. Raises OSError when the disk refuses."""
        if not self.recorder:
            return {}
        if self._unwanted:
            self.recorder.forget_far_end()
        self.recorder.close()
        samples, digest = self.recorder.kept
        began_us = elapsed_us(self._started_us, self.recorder.first_us) if samples else 0
        return {"audio": {"samples": samples, "sha256": digest, "began_us": began_us}}

    @property
    def lost_frames(self) -> int:
        """Frames of either direction that were sent and did not arrive here."""
        return self._lost_agent_frames + (self.recorder.lost_frames if self.recorder else 0)

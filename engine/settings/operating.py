"""[engine] [operator] [console] [telemetry]: the running engine, and who watches it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.settings.section import Port, Seconds, Section


class EngineSettings(Section):
    host: str = "127.0.0.1"
    """IPv4 address on which consoles and coordinators are received; they need the engine's keys. Another one than
    loopback is for private networks, as of the nodes of a cluster."""
    command_port: Port = 0
    """Port for commands; 0 = any free one, found through the state directory."""
    event_port: Port = 0
    """Port of the events that consoles watch; 0 = any free one."""
    hung_after_ms: Annotated[int, msgspec.Meta(ge=1000, le=600_000)] = 5000
    """A room that has not given a heartbeat for so long is restarted."""
    directory: str = ""
    """Folder with the lock, address, log and stored replies of this engine, where several share a state directory, as
    those of a coordinator do; "" = the state directory itself."""
    alone_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    """An engine without a call and without a client for so long ends itself; 0 = it stays."""


class OperatorSettings(Section):
    approve: tuple[Literal["book", "change", "cancel", "decline"], ...] = ()
    """Tools that run only after an operator has approved them; refused where no operator is there."""
    ask: bool = True
    """Whether the agent asks an operator, where one is there, about an offer outside of what the person allowed."""
    deadline_s: Annotated[int, msgspec.Meta(ge=3, le=120)] = 20
    """How long it waits for the operator's word before it takes the safe path."""
    lease_ms: Annotated[int, msgspec.Meta(ge=500, le=60_000)] = 2000
    """A take-over whose console has given no sign of life for so long is over."""
    holds_s: Seconds = 30
    """How long the agent holds the line after a take-over was lost, before it goes on by itself."""


class ConsoleSettings(Section):
    operator: str = ""
    """Who works at this console, as the journals are to name them; "" = the name of the system's user."""
    theme: Literal["dark", "light", "production"] = "dark"
    """Colours: on black, on white, or on black with a red header for an engine that calls real restaurants."""
    fps: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0
    """Frames a second; 0 = 15, and 8 over ssh."""
    bell: bool = True
    """Whether the terminal's bell rings once for each new alert."""
    microphone: str = ""
    """Name of the microphone, or a part of it; "" = the system's default."""
    speaker: str = ""
    """The same for the loudspeaker or headset."""
    on_blur: Literal["mute", "keep"] = "mute"
    """What becomes of an open microphone when the terminal loses the focus (push-to-talk always ends then)."""
    keys: dict[str, str] = {}
    """Other keys for actions, by their ids in console/actions.py: "call.hang_up" = "ctrl+x"."""


class TelemetrySettings(Section):
    otlp_endpoint: str = ""
    """Where calls are sent as OpenTelemetry traces, "http://127.0.0.1:4318". "" = nowhere, or where OpenTelemetry's own
    OTEL_EXPORTER_OTLP_ENDPOINT says. Needs the extra "otel"."""

"""Calls that have ended go to a collector as traces. `python -m engine.traces.sending ENDPOINT FOLDER …`

A process beside the engine does it, out of the journals: no call waits for it, and a collector that is gone costs none
of them anything but its trace.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.beside import Beside
from engine.errors import CallThingError, StateError
from engine.journal import EVENTS, SUMMARY, read
from engine.records.finishing import NICENESS
from engine.settings import TelemetrySettings
from engine.traces.spans import Span, spans_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

log = logging.getLogger(__name__)
PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
NOT_INSTALLED = (
    "Traces are wanted, but OpenTelemetry is not installed: pip install 'call-thing[otel]'. None are sent."
)


def wanted(settings: TelemetrySettings, environment: Mapping[str, str]) -> bool:
    """Whether traces are sent: where a setting or one of OpenTelemetry's own variables says where to."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp":
        return False
    theirs = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    return bool(settings.otlp_endpoint or any(environment.get(name) for name in theirs))


def is_installed() -> bool:
    """Whether the extra is there; nothing of it is imported but its empty beginnings."""
    try:
        return all(importlib.util.find_spec(package) is not None for package in PACKAGES)
    except ModuleNotFoundError:
        return False


def traces(
    settings: TelemetrySettings, environment: Mapping[str, str], installed: Callable[[], bool] = is_installed
) -> Beside:
    """Of an engine; told of each call that has ended. Says once, in the log, where it cannot do its part."""
    send: Callable[[Sequence[Path]], list[str]] | None = None
    if wanted(settings, environment):
        if installed():
            send = lambda folders: _command(settings.otlp_endpoint, folders)  # noqa: E731
        else:
            log.warning("%s", NOT_INSTALLED)
    return Beside(send, "traces are not sent")


def _command(endpoint: str, folders: Sequence[Path]) -> list[str]:
    return [sys.executable, "-m", "engine.traces.sending", endpoint, *map(str, folders)]


def spans_of_folder(folder: Path) -> tuple[str, datetime, list[Span]]:
    """A call's id, its beginning and its spans. Raises StateError where no journal can be read."""
    about = _header(folder)
    try:
        began = datetime.fromisoformat(str(about.get("wall")))
    except ValueError:
        raise StateError(f"{folder}: {EVENTS} does not begin as a journal does.") from None
    return str(about.get("call") or folder.name), began, spans_of(about, read(folder), _summary(folder))


def _header(folder: Path) -> dict[str, Any]:
    try:
        with (folder / EVENTS).open("rb") as lines:
            about = json.loads(lines.readline())
    except (OSError, ValueError) as error:
        raise StateError(f"{folder}: no journal can be read there ({error}).") from None
    return about if isinstance(about, dict) else {}


def _summary(folder: Path) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        summary = json.loads((folder / SUMMARY).read_bytes())
        return summary if isinstance(summary, dict) else None
    return None


def send(exporter: SpanExporter, folders: Sequence[Path]) -> list[str]:
    """Send these calls; in words what was not sent, and why."""
    from opentelemetry.sdk.trace.export import SpanExportResult

    from engine.traces.otel import readable, resource

    of, trouble = resource(), []
    for folder in folders:
        try:
            call, began, spans = spans_of_folder(folder)
        except CallThingError as error:
            trouble.append(str(error))
            continue
        if exporter.export(readable(spans, call, began, of)) is not SpanExportResult.SUCCESS:
            trouble.append(
                f"{call}: its trace was not taken. Is the collector there? telemetry.otlp_endpoint"
            )
    return trouble


def main(arguments: Sequence[str]) -> int:
    """0 when all were sent."""
    from engine.traces.otel import exporter

    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    endpoint, *folders = arguments
    sending = exporter(endpoint)
    trouble = send(sending, [Path(folder) for folder in folders])
    sending.shutdown()
    for words in trouble:
        sys.stderr.write(f"{words}\n")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Spans of ours as OpenTelemetry's, for its exporters. Needs `pip install "call-thing[otel]"`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from engine.traces.spans import ROOT, Span

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

SERVICE = "call-thing"
TRACES_PATH = "/v1/traces"  # of OTLP over HTTP, behind the address of a collector


def trace_id(call: str) -> int:
    """The same for the same call, so that a trace that is sent twice is one, and is found by the call's id."""
    return int.from_bytes(hashlib.sha256(call.encode()).digest()[:16])


def span_id(call: str, place: int) -> int:
    """Of the span that stands at this place in the call."""
    return int.from_bytes(hashlib.sha256(f"{call}/{place}".encode()).digest()[:8])


def resource() -> Resource:
    """Who says so; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before what stands here."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource

    return Resource.create({"service.name": SERVICE}).merge(OTELResourceDetector().detect())


def readable(spans: Sequence[Span], call: str, began: datetime, of: Resource) -> list[ReadableSpan]:
    """The spans of one call, as an exporter takes them. began: when the call did."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    trace, scope = trace_id(call), InstrumentationScope(SERVICE)
    contexts = [
        SpanContext(trace, span_id(call, place), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        for place in range(len(spans))
    ]

    def at_ns(us: int) -> int:
        return round(began.timestamp() * 1e6) * 1000 + us * 1000

    return [
        ReadableSpan(
            span.name,
            contexts[place],
            None if span.parent is None else contexts[span.parent],
            of,
            span.attributes,
            [Event(name, told, at_ns(us)) for us, name, told in span.events],
            kind=SpanKind.CLIENT if place == ROOT else SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
            start_time=at_ns(span.start_us),
            end_time=at_ns(span.end_us),
            instrumentation_scope=scope,
        )
        for place, span in enumerate(spans)
    ]


def exporter(endpoint: str) -> SpanExporter:
    """To a collector's address; "" = where OpenTelemetry's own environment variables say."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    if not endpoint:
        return OTLPSpanExporter()
    whole = endpoint.rstrip("/")
    return OTLPSpanExporter(whole if whole.endswith(TRACES_PATH) else whole + TRACES_PATH)

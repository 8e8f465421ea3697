"""Spans for OpenTelemetry, if somebody asked for them; otherwise nothing, at no cost."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from plugin.errors import BadConfiguration

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Tracer

_tracer: Tracer | None = None


def trace_to(url: str) -> None:
    """Send spans to an OTLP collector over HTTP. Raises BadConfiguration where the extra is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise BadConfiguration(
            "RAPPORT_TRACES_URL needs the extra `traces`: pip install 'rapport-jira[traces]', or unset it."
        ) from error
    trace_with(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))


def trace_with(processor: SpanProcessor) -> None:
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415 - an optional extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    global _tracer  # noqa: PLW0603 - one for the process, as are its logs
    provider = TracerProvider(resource=Resource({SERVICE_NAME: "rapport"}))
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("rapport")


def span(name: str, **ids: str | int) -> AbstractContextManager[Any]:
    """The time between its beginning and end. `ids` are numbers of ours or names of routes, never what people wrote."""
    if _tracer is None:
        return nullcontext()
    return _tracer.start_as_current_span(name, attributes=ids, record_exception=False, set_status_on_exception=False)

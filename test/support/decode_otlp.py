"""Reads what was sent to a collector with the protocol's own definitions, and prints what it holds.

Takes lines of {"path", "body"} and fails at the first thing that OpenTelemetry's protobuf definitions do not have, or that
does not come through their binary form. Names of `gen_ai.*`, `error.*` and `service.*` that the published conventions do
not have are listed as `unknown`.
"""

import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.semconv._incubating.attributes import (
    error_attributes,
    gen_ai_attributes,
    service_attributes,
)
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

REQUESTS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}
IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}
MODULES = (error_attributes, gen_ai_attributes, service_attributes, gen_ai_metrics)
KNOWN = {value for module in MODULES for value in vars(module).values() if isinstance(value, str)}


def with_base64_ids(value):
    """OTLP writes ids as hex where JSON of protobuf has base64: its one departure."""
    if isinstance(value, list):
        return [with_base64_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {}
    for name, one in value.items():
        if name in IDS:
            raw = bytes.fromhex(one)
            assert len(raw) == IDS[name], f"{name} of {len(raw)} bytes"
            changed[name] = base64.b64encode(raw).decode()
        else:
            changed[name] = with_base64_ids(one)
    return changed


def decoded(path, body):
    request = json_format.ParseDict(with_base64_ids(json.loads(body)), REQUESTS[path]())
    again = REQUESTS[path]()
    again.ParseFromString(request.SerializeToString())
    assert again == request, path
    return again


def keys_of(message):
    """Keys of all attributes in it, at any depth."""
    if message.DESCRIPTOR.full_name == "opentelemetry.proto.common.v1.KeyValue":
        yield message.key
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in value if field.is_repeated else [value]:
                yield from keys_of(one)


found = {"spans": [], "metrics": [], "logs": [], "unknown": []}
names = set()
for line in sys.stdin:
    given = json.loads(line)
    request = decoded(given["path"], given["body"])
    names.update(keys_of(request))
    if given["path"] == "/v1/traces":
        spans = [span for one in request.resource_spans for each in one.scope_spans for span in each.spans]
        found["spans"] += [
            {"name": span.name, "trace": span.trace_id.hex(), "parent": span.parent_span_id.hex()} for span in spans
        ]
    elif given["path"] == "/v1/metrics":
        metrics = [one for each in request.resource_metrics for scope in each.scope_metrics for one in scope.metrics]
        found["metrics"] += [{"name": one.name, "unit": one.unit, "kind": one.WhichOneof("data")} for one in metrics]
        names.update(one.name for one in metrics)
    else:
        logs = [one for each in request.resource_logs for scope in each.scope_logs for one in scope.log_records]
        found["logs"] += [{"event": one.event_name, "trace": one.trace_id.hex()} for one in logs]
found["unknown"] = sorted(
    name for name in names if name.startswith(("gen_ai.", "error.", "service.")) and name not in KNOWN
)
json.dump(found, sys.stdout)

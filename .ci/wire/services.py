"""Which operation of which service model a request is for."""

import functools
import os
import re
import sys
import urllib.parse

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

from oracle import LOADER, model  # noqa: E402

# Signing names of services whose models have another name. Requests of DynamoDB Streams are signed for "dynamodb" and known by
# their target.
MODELS = {"monitoring": "cloudwatch", "apigateway": "apigatewayv2", "servicequotas": "service-quotas", "cloudcontrolapi": "cloudcontrol",
          "states": "stepfunctions"}
# Requests to deployed APIs: they have no model.
DEPLOYED = {"execute-api"}

# An operation of S3 with the route of ListBuckets, at endpoints of its own.
ELSEWHERE = {"ListDirectoryBuckets"}


class Unknown(Exception):
    """A request that no operation of a model accepts."""


class TooLarge(Exception):
    """A request whose operation is in a body that was not recorded."""


@functools.cache
def service_model(signing_name, target):
    name = "dynamodbstreams" if target.startswith("DynamoDBStreams") else MODELS.get(signing_name, signing_name)
    if name not in LOADER.list_available_services("service-2"):
        raise Unknown(f"no service signs with the name {signing_name}")
    return model(name)


class Request:
    """A recorded request, with the operation that it is for."""

    def __init__(self, record):
        asked = record["request"]
        self.headers = {name.lower(): value for name, value in asked["headers"].items()}
        self.method, self.body = asked["method"], body(asked["body"])
        self.path, _, query = asked["path"].partition("?")
        # Parts of a signature belong to the transport.
        self.query = [(name, value) for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True)
                      if not name.lower().startswith("x-amz-")]
        # Requests of outboxctl's commands, of its functions, and of services with a role of its own; not those that a test makes up.
        self.own = record["own"]
        self.target = self.headers.get("x-amz-target", "")
        self.service = service_model(record["service"], self.target)
        self.labels = {}
        # The response as botocore reads it, once it has been checked.
        self.answer = None
        self.operation = self.service.operation_model(self.name())

    @property
    def protocol(self):
        """The protocol that the client chose; a service may have several."""
        if self.path.startswith("/service/"):
            return "smithy-rpc-v2-cbor"
        if self.target:
            return "json"
        protocol = self.service.metadata["protocol"]
        return "query" if protocol in ("json", "smithy-rpc-v2-cbor") else protocol

    def name(self):
        if self.protocol == "smithy-rpc-v2-cbor":
            return self.known(self.path.rsplit("/", 1)[1])
        if self.protocol == "json":
            return self.known(self.target.rpartition(".")[2])
        if self.protocol in ("query", "ec2"):
            if self.body is None:
                raise TooLarge
            return self.known(dict(self.form()).get("Action", ""))
        return self.route()

    def known(self, operation):
        if operation not in self.service.operation_names:
            raise Unknown(f"{self.service.service_name} has no operation {operation!r}")
        return operation

    def form(self):
        return [*self.query, *urllib.parse.parse_qsl((self.body or b"").decode(), keep_blank_values=True)]

    def route(self):
        """The operation with the most specific route."""
        found = []
        for name in self.service.operation_names:
            operation = self.service.operation_model(name)
            if operation.deprecated or name in ELSEWHERE:
                continue
            labels = matched(operation.http, self)
            if labels is not None and self.has_required(operation):
                path, _, query = operation.http["requestUri"].partition("?")
                given = [m for m in members(operation) if m.serialization.get("location") in ("querystring", "header")
                         and m.serialization["name"] in operation_required(operation)]
                found.append((len(re.sub(r"\{[^}]*\}", "", path)), bool(query) and 1 + query.count("&"), len(given), name, labels))
        if not found:
            raise Unknown(f"{self.service.service_name} has no route {self.method} {self.path}")
        *_, name, self.labels = max(found, key=lambda route: route[:4])
        return name

    def has_required(self, operation):
        given = {"querystring": {name for name, _ in self.query}, "header": set(self.headers)}
        for member in members(operation):
            place, name = member.serialization.get("location"), member.serialization.get("name", "")
            if place in given and name in operation_required(operation):
                if (name.lower() if place == "header" else name) not in given[place]:
                    return False
        return True


def members(operation):
    return operation.input_shape.members.values() if operation.input_shape else []


@functools.cache
def required_names(service, operation):
    shape = model(service).operation_model(operation).input_shape
    return {shape.members[name].serialization.get("name", name) for name in shape.required_members} if shape else set()


def operation_required(operation):
    return required_names(operation.service_model.service_name, operation.name)


def matched(route, request):
    """The labels of a route in a path; None where it is another route."""
    if route["method"] != request.method:
        return None
    path, _, query = route["requestUri"].partition("?")
    wanted = [pair.partition("=") for pair in query.split("&") if pair]
    if any((name, value) not in request.query for name, _, value in wanted):
        return None
    found = pattern(path).fullmatch(request.path)
    return found and {name: urllib.parse.unquote(value) for name, value in zip(re.findall(r"\{(\w+)\+?\}", path), found.groups())}


@functools.cache
def pattern(path):
    parts = re.split(r"(\{\w+\+?\})", path.rstrip("/"))
    return re.compile("".join(re.escape(part) if not part.startswith("{") else "(.+)" if part.endswith("+}") else "([^/]+)" for part in parts) + "/?")


def body(recorded):
    """The bytes of a recorded body; None if it was too large, or was not read whole."""
    import base64
    if "text" in recorded:
        return recorded["text"].encode()
    return base64.b64decode(recorded["base64"]) if "base64" in recorded else None

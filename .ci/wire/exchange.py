"""Checks one request and its response. Findings are pairs of a path in the parameters and a text."""

import io
import json
from xml.etree import ElementTree

from botocore.awsrequest import HeadersDict
from botocore.parsers import RpcV2CBORParser, ResponseParserError, create_parser

import errors
import forms
from markup import Decoder, local, root
from values import check, typed

# The format of a time where a shape names none, by protocol (Smithy documentation, "AWS protocols").
TIMESTAMPS = {"json": "unixTimestamp", "rest-json": "unixTimestamp", "smithy-rpc-v2-cbor": "unixTimestamp"}
BROKEN = (ValueError, ElementTree.ParseError)


def of_request(request):
    """What AWS would refuse."""
    if request.body is None:
        return []
    shape, protocol = request.operation.input_shape, request.protocol
    try:
        if protocol in ("query", "ec2"):
            value, findings = forms.parameters(request, protocol == "ec2")
        elif protocol.startswith("rest"):
            return list(rest(shape, request, request.headers, request.body, "", False))
        else:
            value, findings = decoded(request.body, protocol), []
    except BROKEN as error:
        return [("", f"the body can't be read: {error}")]
    if shape is None:
        return findings if not value else [*findings, ("", "the operation has no parameters")]
    return [*findings, *check(value, shape, "", TIMESTAMPS.get(protocol, "iso8601"), False)]


def decoded(body, protocol):
    if protocol == "smithy-rpc-v2-cbor":
        # The decoder of botocore, which has no other name for it.
        return RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body))) if body else {}
    return json.loads(body or b"{}")


def of_response(request, status, headers, body):
    """What AWS would not answer."""
    operation, protocol = request.operation, request.protocol
    if body is None:
        return []
    try:
        response = {"status_code": status, "headers": HeadersDict(headers), "body": body}
        request.answer = parsed = create_parser(protocol).parse(response, operation.output_shape)
    except (ResponseParserError, KeyError, *BROKEN) as error:
        return [("", f"botocore can't read it: {error}")]
    if status >= 300:
        return errors.check(request, status, headers, parsed)
    wanted = operation.http.get("responseCode")
    findings = []
    if wanted is not None and status != wanted and not codes_vary(operation):
        findings.append(("", f"status {status} instead of {wanted}"))
    shape = operation.output_shape
    if shape is not None and shape.event_stream_name:
        return findings
    if protocol in ("query", "ec2"):
        return findings + wrapped(operation, body, protocol)
    if protocol.startswith("rest"):
        return findings + (list(rest(shape, None, headers, body, request.method, True)) if shape is not None else [])
    value = decoded(body, protocol)
    if shape is None:
        return findings if not value else [*findings, ("", "the operation returns nothing")]
    return findings + list(check(value, shape, "", TIMESTAMPS[protocol], True))


def codes_vary(operation):
    """Lambda's Invoke answers 200, 202 or 204; S3 answers 206 for a part."""
    shape = operation.output_shape
    return operation.service_model.service_name == "s3" or (shape is not None and any(
        member.serialization.get("location") == "statusCode" for member in shape.members.values()))


def wrapped(operation, body, protocol):
    """The response of a query operation: <OperationResponse><OperationResult>…"""
    top, shape, decoder = root(body), operation.output_shape, Decoder()
    findings = [("", f"the root is {local(top.tag)}")] if local(top.tag) != f"{operation.name}Response" else []
    passed = ("requestId",) if protocol == "ec2" else ("ResponseMetadata",)
    wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
    node = top
    if wrapper:
        node = next((child for child in top if local(child.tag) == wrapper), None)
        findings += [(f".{local(child.tag)}", "unknown member") for child in top if local(child.tag) not in (wrapper, *passed)]
        if node is None:
            return [*findings, ("", f"{wrapper} is missing")]
        passed = ()
    if shape is None:
        return findings + [(f".{local(child.tag)}", "unknown member") for child in top if local(child.tag) not in passed]
    value = decoder.structure(shape, node, "", passed)
    return findings + decoder.findings + list(check(value, shape, "", "iso8601", True))


def rest(shape, request, headers, body, method, answer):
    """A REST request, or an answer: parts in path, query and headers, and the body."""
    protocol_xml = headers.get("content-type", "").endswith("xml") or body.lstrip()[:1] == b"<"
    used = set()
    for name, member in (shape.members.items() if shape is not None else ()):
        place, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if place not in ("uri", "querystring", "header"):
            continue
        used.add(wire)
        given = outside(member, place, wire, request, headers)
        if given is not None:
            yield from check(given, member, f".{name}", "iso8601" if place == "querystring" else "rfc822", answer)
        elif name in shape.required_members:
            yield f".{name}", "a required member is missing"
    if request is not None:
        fixed = {pair.partition("=")[0] for pair in request.operation.http["requestUri"].partition("?")[2].split("&")}
        anything = shape is not None and any(m.type_name == "map" and m.serialization.get("location") == "querystring" for m in shape.members.values())
        yield from ((f".{name}", "unknown parameter of the query") for name, _ in request.query
                    if name not in used | fixed | {"x-id"} and not anything)
    if shape is not None and method != "HEAD":
        yield from payload(shape, body, protocol_xml, answer)


def outside(member, place, wire, request, headers):
    """The value of a member outside of the body; None where it is absent."""
    if place == "uri":
        found = request.labels.get(wire)
    elif place == "querystring":
        values = [value for name, value in request.query if name == wire]
        if member.type_name == "list":
            return [typed(value, member.member) for value in values] or None
        if member.type_name == "map":
            return None
        found = values[0] if values else None
    else:
        found = headers.get(wire.lower())
        if found is not None and member.type_name == "list":
            return [typed(value.strip(), member.member) for value in found.split(",")]
    return None if found is None else typed(found, member)


def payload(shape, body, is_xml, answer):
    name = shape.serialization.get("payload")
    if name is not None:
        member = shape.members[name]
        if member.type_name not in ("structure", "list", "map"):
            return
        if not body:
            if name in shape.required_members:
                yield f".{name}", "a required member is missing"
            return
        shape, at = member, f".{name}"
    else:
        at = ""
        if all(member.serialization.get("location") for member in shape.members.values()):
            if body and not (is_xml or body.strip() == b"{}"):
                yield "", "a body, and the model has none"
            return
    try:
        if is_xml:
            decoder = Decoder()
            value = decoder.structure(shape, root(body), at)
            yield from decoder.findings
            yield from check(value, shape, at, "iso8601", answer)
        else:
            yield from check(json.loads(body or b"{}"), shape, at, "unixTimestamp", answer)
    except BROKEN as error:
        yield at, f"the body can't be read: {error}"

"""Finds operations with pages of which outboxctl reads only the first: a response named a next page, and no request asked for it."""

import json

import jmespath
from botocore.exceptions import DataNotFoundError

from services import LOADER


# Operations that are read until what is looked for has been found.
ENOUGH = {("cloudformation", "DescribeStackEvents")}


def unread(exchanges):
    """Findings in the form of wire.findings."""
    next_pages, continued = {}, set()
    for request, record in exchanges:
        pages = paginator(request.service.service_name, request.operation.name)
        if pages is None or not request.own or record["response"]["status"] >= 300 or request.body is None:
            continue
        # A request with a limit of its own wants so many only.
        if wire_names(request.operation, listed(pages.get("limit_key", []))) & given(request):
            continue
        at = (request.service.service_name, request.operation.name)
        tokens = listed(pages["input_token"])
        if wire_names(request.operation, tokens) & given(request):
            continued.add(at)
        more = pages.get("more_results")
        if more and not jmespath.search(more, request.answer):
            continue
        if request.answer is not None and any(jmespath.search(token, request.answer) for token in listed(pages["output_token"])):
            next_pages.setdefault(at, (tokens[0], record))
    return [(*at, "request", f".{token}", "no request for the next page", record)
            for at, (token, record) in next_pages.items() if at not in continued | ENOUGH]


def paginator(service, operation):
    try:
        return LOADER.load_service_model(service, "paginators-1")["pagination"].get(operation)
    except DataNotFoundError:
        return None


def listed(value):
    return value if isinstance(value, list) else [value]


def wire_names(operation, tokens):
    members = operation.input_shape.members
    return {members[token].serialization.get("name", token) for token in tokens if token in members}


def given(request):
    """Names of the parameters of a request, except those in its path."""
    if request.protocol in ("query", "ec2"):
        return {name for name, _ in request.form()}
    if request.protocol == "json":
        return set(json.loads(request.body or b"{}"))
    return {name for name, _ in request.query}

"""Checks a value, as it was sent, against a shape: known and required members, types, and the limits of the model."""

import base64
import binascii
import datetime
import email.utils
import re

from services import model  # noqa: F401  (puts the oracle's folder on the path)

from oracle import scalar

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def check(value, shape, at, timestamps, answer):
    """Yields findings as (path, text). `timestamps` is the format of the protocol where a shape names none. An answer may have
    null where a member is absent, and says more than a request: see `absent`."""
    kind = shape.type_name
    if kind == "structure":
        if shape.is_document_type:
            return
        if not isinstance(value, dict):
            yield at, f"{type(value).__name__} instead of {kind}"
            return
        yield from structure(value, shape, at, timestamps, answer)
    elif kind == "list":
        if not isinstance(value, list):
            yield at, f"{type(value).__name__} instead of {kind}"
            return
        yield from size(value, shape, at, "elements")
        for item in value:
            yield from check(item, shape.member, f"{at}[]", timestamps, answer)
    elif kind == "map":
        if not isinstance(value, dict):
            yield at, f"{type(value).__name__} instead of {kind}"
            return
        yield from size(value, shape, at, "entries")
        for name, item in value.items():
            yield from check(name, shape.key, f"{at}{{key}}", timestamps, answer)
            yield from check(item, shape.value, f"{at}{{}}", timestamps, answer)
    else:
        found = simple(value, shape, timestamps)
        if found:
            yield at, f"{shorten(value)}: {found}"


def structure(value, shape, at, timestamps, answer):
    wire = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    for name, item in value.items():
        if name == "__type":
            continue
        if name not in wire:
            yield f"{at}.{name}", "unknown member"
        elif item is None and answer:
            if wire[name][0] in shape.required_members:
                yield f"{at}.{name}", "a required member is null"
        else:
            yield from check(item, wire[name][1], f"{at}.{name}", timestamps, answer)
    names = {wire[name][0] for name in value if name in wire}
    for name in shape.required_members:
        # Parts outside of the body are checked where they are.
        if name not in names and "location" not in shape.members[name].serialization:
            yield f"{at}.{name}", "a required member is missing"
    if shape.is_tagged_union and len([name for name in names if name in value and value[name] is not None]) != 1:
        yield at, f"a union has {len(names)} members"


def size(value, shape, at, what):
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", len(value))
    if not least <= len(value) <= most:
        yield at, f"{len(value)} {what}; it can have {least} to {shape.metadata.get('max', 'any number')}"


def simple(value, shape, timestamps):
    """Why the shape does not allow a value without parts; None where it does."""
    kind = shape.type_name
    if kind == "timestamp":
        return timestamp(value, shape.serialization.get("timestampFormat", timestamps))
    if kind == "blob":
        return blob(value, shape)
    wanted = {"string": str, "character": str, "boolean": bool, "integer": int, "long": int, "float": (int, float), "double": (int, float)}[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != "boolean"):
        return f"{type(value).__name__} instead of {kind}"
    return scalar(value, shape)


def timestamp(value, form):
    if isinstance(value, datetime.datetime):
        return None
    if form == "unixtimestamp" or form == "unixTimestamp":
        return None if isinstance(value, (int, float)) and not isinstance(value, bool) else "a time is not a number of seconds"
    if not isinstance(value, str):
        return f"{type(value).__name__} instead of a time"
    if form == "iso8601":
        return None if ISO.fullmatch(value) else "a time is not in ISO 8601 with a zone"
    return None if email.utils.parsedate(value) else "a time is not in the form of RFC 822"


def blob(value, shape):
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return "not Base64"
    if not isinstance(value, bytes):
        return f"{type(value).__name__} instead of a blob"
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", len(value))
    return None if least <= len(value) <= most else f"{len(value)} bytes; it can have {least} to {most}"


def shorten(value):
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def typed(text, shape):
    """A value from text, as JSON would have it; the text where it is of another type."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    except ValueError:
        return text
    return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text

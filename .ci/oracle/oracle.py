"""Checks every property value of the templates with the service models of botocore: enums, ranges, lengths, patterns, and
required members; and the documents inside properties. cfn-lint can't: the registry's schemas leave most of that out.

    python .ci/oracle/oracle.py templates/*.yaml

Exit code 1 with one line for each finding. shapes.py is the table of properties, documents.py has the documents.
"""

import functools
import json
import re
import sys

import botocore
from botocore.loaders import Loader
from botocore.model import ServiceModel

import documents
from shapes import TYPES, Document, Free, OneOf, Range
from template import NOTHING, UNKNOWN, Template

LOADER = Loader()


@functools.cache
def model(service):
    return ServiceModel(LOADER.load_service_model(service, "service-2"), service)


# What IAM calls a service whose model has another name, and actions that are no operations.
IAM_NAMES = {"rds-db": {"connect"}, "execute-api": {"invoke", "manageconnections"}}
EXTRA_ACTIONS = {"s3": {"listbucket", "listallmybuckets"}, "lambda": {"invokefunction"}, "kinesis": {"subscribetoshard"}}


@functools.cache
def actions(service):
    """Names of the actions of a service, in small letters; None where there is no such service."""
    if service in IAM_NAMES:
        return IAM_NAMES[service]
    names = {"dynamodb": ("dynamodb", "dynamodbstreams")}.get(service, (service,))
    if names[0] not in LOADER.list_available_services("service-2"):
        return None
    operations = {operation.lower() for name in names for operation in model(name).operation_names}
    return operations | EXTRA_ACTIONS.get(service, set())


def inside(shape):
    """Past lists, whose members are what counts."""
    while shape is not None and shape.type_name == "list":
        shape = shape.member
    return shape


def member(shape, name):
    """The member of that name, in any case."""
    shape = inside(shape)
    if shape is None or shape.type_name != "structure":
        return None
    return next((found for known, found in shape.members.items() if known.lower() == name.lower()), None)


class Check:
    def __init__(self, template, at, kind):
        self.template, self.at, self.kind = template, at, kind
        self.given = set()

    def shape(self, path):
        """`Operation:path`, or a path in the type's own operation."""
        operation, _, rest = path.rpartition(":")
        shape = model(self.kind.service).operation_model(operation or self.kind.operation).input_shape
        for name in filter(None, rest.split(".")):
            shape = member(shape, name)
            if shape is None:
                raise LookupError(f"the table is wrong: {path} is not in the API")
        return shape

    def resource(self, properties):
        top = self.shape("")
        for name, value in properties.items():
            yield from self.property(name, value, member(top, name))
        for name in top.required_members:
            if name not in self.kind.handled and name.lower() not in self.given:
                yield f"{self.at}: the API requires {name}"

    def property(self, path, value, shape):
        row = self.kind.renamed.get(path)
        if isinstance(row, str):
            self.given.add(row.split(":")[-1].split(".")[0].lower() if ":" not in row else "")
            shape = self.shape(row)
        self.given.add(path.split(".")[0].lower())
        if isinstance(row, Free):
            return
        if isinstance(row, Document):
            yield from (f"{self.at}.{path}: {finding}" for finding in self.document(row.kind, value))
            return
        deeper = any(known.startswith(path + ".") for known in self.kind.renamed)
        if row is None and shape is None and not deeper:
            yield f"{self.at}.{path}: no row in shapes.py, and no member of {self.kind.service} {self.kind.operation}"
            return
        for possible in self.template.values(value):
            yield from self.value(path, possible, shape, row)

    def value(self, path, value, shape, row):
        if value is UNKNOWN or value == NOTHING:
            return
        if isinstance(value, list):
            for item in value:
                for possible in self.template.values(item):
                    yield from self.value(path, possible, shape, row)
            return
        if isinstance(value, dict):
            shape = inside(shape)
            keyed = shape is not None and shape.type_name == "map"
            for name, inner in value.items():
                yield from self.property(f"{path}.{name}", inner, shape.value if keyed else member(shape, name))
            # A structure that is put together from several has no shape of its own.
            for name in (shape.required_members if shape is not None and shape.type_name == "structure" else ()):
                renamed = {str(row).split(".")[-1] for row in self.kind.renamed.values() if isinstance(row, str)}
                if name not in self.kind.handled and name not in renamed and name.lower() not in {n.lower() for n in value}:
                    yield f"{self.at}.{path}: the API requires {name}"
            return
        if isinstance(row, (OneOf, Range)):
            finding = explicit(value, row)
        else:
            finding = scalar(value, inside(shape)) if shape is not None else None
        if finding:
            yield f"{self.at}.{path} is {value!r}: {finding}"

    def document(self, kind, value):
        value = self.whole(value)
        if kind == "json":
            json.loads(value)
            return []
        if kind in ("policy", "trust", "resource-policy"):
            return documents.policy(value, actions, kind)
        if kind == "statement":
            return documents.policy({"Version": "2012-10-17", "Statement": [value]}, actions, "resource-policy")
        return getattr(documents, kind.replace("-", "_"))(value)

    def whole(self, value):
        """A document with its functions resolved as far as they are known; every branch of an !If is taken."""
        if isinstance(value, list):
            return [self.whole(found) for item in value for found in self.template.values(item)]
        if isinstance(value, dict):
            found = self.template.values(value)
            if found != [value]:
                return "unknown" if not found or found[0] is UNKNOWN else self.whole(found[0])
            return {name: self.whole(inner) for name, inner in value.items()}
        return value


def explicit(value, row):
    if isinstance(row, OneOf):
        return None if value in row.values or str(value).lower() in map(str, row.values) else f"it can be {row.values}"
    return None if row.least <= int(value) <= row.most else f"it can be {row.least} to {row.most}"


def scalar(value, shape):
    """Why the API would refuse it; None where it would not."""
    kind, limits = shape.type_name, shape.metadata
    if kind in ("structure", "map"):
        return f"the API wants a {kind}"
    if kind == "boolean":
        return None if isinstance(value, bool) or value in ("true", "false") else "neither true nor false"
    if kind in ("integer", "long", "float", "double"):
        try:
            number = float(value)
        except (TypeError, ValueError):
            return "not a number"
        if number < limits.get("min", number) or number > limits.get("max", number):
            return f"it can be {limits.get('min')} to {limits.get('max')}"
        return None
    if kind != "string":
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if shape.enum and text not in shape.enum:
        return f"it can be {', '.join(shape.enum)}"
    # A dynamic reference is resolved later.
    if "{{resolve:" in text:
        return None
    if not limits.get("min", 0) <= len(text) <= limits.get("max", len(text)):
        return f"{len(text)} characters; it can have {limits.get('min', 0)} to {limits.get('max', 'any number')}"
    if "pattern" in limits and not matches(limits["pattern"], text):
        return f"it does not match {limits['pattern']}"
    return None


def matches(pattern, text):
    try:
        return re.fullmatch(pattern.replace(r"\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}", r"\s\S").replace(r"\p{L}\p{Z}\p{N}", r"\w\s"),
                            text) is not None
    except re.error:
        # Patterns of another dialect are left to AWS.
        return True


def check(text, name):
    template = Template(text)
    for logical, resource in template.resources.items():
        at, kind = f"{name}: {logical}", TYPES.get(resource["Type"])
        if kind is None:
            yield f"{at}: {resource['Type']} has no row in shapes.py"
            continue
        yield from Check(template, at, kind).resource(template.properties(resource))


def main(paths):
    findings = [finding for path in paths for finding in check(open(path, encoding="utf-8").read(), path.split("/")[-1])]
    print("\n".join(findings) or f"{len(paths)} templates: every value is one that the models of botocore {botocore.__version__} take")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

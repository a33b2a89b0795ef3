"""Decodes the parameters of query and EC2 requests (botocore's serializers write them)."""

from values import typed


class Form:
    def __init__(self, fields, ec2):
        self.fields, self.ec2 = dict(fields), ec2
        self.used = set()

    def has(self, prefix):
        return any(name == prefix or name.startswith(prefix + ".") for name in self.fields)

    def unused(self):
        return [name for name in self.fields if name not in self.used]

    def name(self, name, member):
        if self.ec2:
            given = member.serialization.get("queryName")
            other = member.serialization.get("name", name)
            return given or other[:1].upper() + other[1:]
        return member.serialization.get("name", name)

    def value(self, shape, prefix):
        kind = shape.type_name
        if kind == "structure":
            found = {}
            for name, member in shape.members.items():
                at = ".".join(filter(None, (prefix, self.name(name, member))))
                if not self.ec2 and kind_of(member) == "flat":
                    at = ".".join(filter(None, (prefix, member.member.serialization.get("name") or self.name(name, member))))
                if self.has(at):
                    # Values are checked under the names of the model.
                    found[member.serialization.get("name", name)] = self.value(member, at)
            return found
        if kind == "list":
            if self.fields.get(prefix) == "":
                self.used.add(prefix)
                return []
            start = prefix if self.ec2 or shape.serialization.get("flattened") else f"{prefix}.{shape.member.serialization.get('name', 'member')}"
            return [self.value(shape.member, f"{start}.{number}") for number in self.numbers(start)]
        if kind == "map":
            start = prefix if shape.serialization.get("flattened") else f"{prefix}.entry"
            key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
            return {self.value(shape.key, f"{start}.{number}.{key}"): self.value(shape.value, f"{start}.{number}.{value}")
                    for number in self.numbers(start)}
        self.used.add(prefix)
        return typed(self.fields.get(prefix, ""), shape)

    def numbers(self, start):
        """The numbers of a list, which begin with 1 and have no gap."""
        number = 1
        while self.has(f"{start}.{number}"):
            yield number
            number += 1


def kind_of(shape):
    return "flat" if shape.type_name == "list" and shape.serialization.get("flattened") else shape.type_name


def parameters(request, ec2):
    """The parameters of a request, and findings about what does not belong to it."""
    form = Form(request.form(), ec2)
    form.used |= {"Action", "Version"}
    value = form.value(request.operation.input_shape, "") if request.operation.input_shape else {}
    findings = [(f".{name}", "unknown member") for name in form.unused()]
    version = request.service.metadata["apiVersion"]
    if form.fields.get("Version") != version:
        findings.append((".Version", f"{form.fields.get('Version')!r}; the API has {version}"))
    return value, findings

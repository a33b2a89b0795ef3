"""Decodes XML by a shape, strictly: what botocore's parser passes over is a finding here."""

from xml.etree import ElementTree

from values import typed


def local(tag):
    return tag.rsplit("}", 1)[-1]


def root(body):
    return ElementTree.fromstring(body)


class Decoder:
    def __init__(self):
        self.findings = []

    def value(self, shape, nodes, at):
        """The value of the elements of one member: one element, or several of a flattened list or map."""
        kind = shape.type_name
        if kind == "list":
            flat = shape.serialization.get("flattened")
            items = nodes if flat else self.children(nodes, shape.member.serialization.get("name", "member"), at)
            return [self.value(shape.member, [item], f"{at}[]") for item in items]
        if kind == "map":
            entries = nodes if shape.serialization.get("flattened") else self.children(nodes, "entry", at)
            names = [shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")]
            return dict(self.entry(shape, entry, names, at) for entry in entries)
        if len(nodes) > 1:
            self.findings.append((at, f"{len(nodes)} elements of one value"))
        if kind == "structure":
            return self.structure(shape, nodes[0], at)
        if len(nodes[0]):
            self.findings.append((at, f"elements inside a {kind}"))
        return typed(nodes[0].text or "", shape)

    def entry(self, shape, entry, names, at):
        parts = {name: [node for node in entry if local(node.tag) == name] for name in names}
        if any(len(found) != 1 for found in parts.values()):
            self.findings.append((at, f"an entry of a map needs one {' and one '.join(names)}"))
            return "", None
        key, value = names
        return self.value(shape.key, parts[key], f"{at}{{key}}"), self.value(shape.value, parts[value], f"{at}{{}}")

    def children(self, nodes, name, at):
        if len(nodes) > 1:
            self.findings.append((at, f"{len(nodes)} elements of one value"))
        for node in nodes[0]:
            if local(node.tag) != name:
                self.findings.append((f"{at}.{local(node.tag)}", f"unknown member; a list has {name}"))
        return [node for node in nodes[0] if local(node.tag) == name]

    def structure(self, shape, node, at, passed=()):
        """The members of a structure; `passed` are elements of the protocol."""
        found, known = {}, set(passed)
        for name, member in shape.members.items():
            if member.serialization.get("location"):
                continue
            wire = member.serialization.get("name", name)
            if member.serialization.get("xmlAttribute"):
                attribute = next((value for key, value in node.attrib.items() if local(key) == wire.rsplit(":", 1)[-1]), None)
                if attribute is not None:
                    found[wire] = attribute
                continue
            tag = wire
            if member.type_name == "list" and member.serialization.get("flattened"):
                tag = member.member.serialization.get("name") or wire
            known.add(tag)
            nodes = [child for child in node if local(child.tag) == tag]
            if nodes:
                found[wire] = self.value(member, nodes, f"{at}.{wire}")
        self.findings += [(f"{at}.{local(child.tag)}", "unknown member") for child in node if local(child.tag) not in known]
        return found

"""Templates as plain data, and what a value in one can be."""

import yaml

# What a template may be deployed with, where it names no value of its own.
PSEUDO = {
    "AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::AccountId": "123456789012",
    "AWS::StackName": "outboxctl-dev-rds-eventbridge-dms", "AWS::URLSuffix": "amazonaws.com",
}
# The longest that outboxctl gives: a stage has at most 20 characters.
NAME_PREFIX = "outboxctl-abcdefghijklmnopqrst-dynamodb-eventbridge"
NOTHING = {"Ref": "AWS::NoValue"}


class Unknown:
    """A value that only a deploy knows."""

    def __repr__(self):
        return "(known at deploy time)"


UNKNOWN = Unknown()


class _Loader(yaml.SafeLoader):
    pass


def _tag(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    build = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: lambda n: loader.construct_sequence(n, deep=True)}
    return {name: build.get(type(node), lambda n: loader.construct_mapping(n, deep=True))(node)}


_Loader.add_multi_constructor("!", _tag)
# A version like 2012-10-17 is text.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text):
    return yaml.load(text, _Loader)


class Template:
    def __init__(self, text):
        self.document = load(text)
        self.parameters = self.document.get("Parameters", {})
        self.resources = self.document["Resources"]

    def values(self, value):
        """Every value that this one can become: both branches of an !If, and a parameter's default, allowed and outermost
        values, without those that the branch's condition rules out."""
        if value == NOTHING:
            return []
        if isinstance(value, dict) and len(value) == 1:
            (function, argument), = value.items()
            if function == "Fn::If":
                name, yes, no = argument
                return [*self.values(self._given(name, True, yes)), *self.values(self._given(name, False, no))]
            if function == "Ref":
                return self._reference(argument)
            if function == "Restricted":
                fits = [found for found in self._reference(argument["name"]) if argument["fits"](found)]
                return fits or [UNKNOWN]
            if function == "Fn::Sub":
                return [self.text(argument)]
            if function.startswith("Fn::"):
                return [UNKNOWN]
        return [value]

    def properties(self, resource):
        """The properties of a resource, with the parameters' values with which it exists."""
        return self._given(resource.get("Condition"), True, resource.get("Properties", {}))

    def _given(self, condition, holds, branch):
        """The branch, where the condition's parameter has only the values with which the condition holds or not."""
        definition = self.document.get("Conditions", {}).get(condition, {})
        if "Fn::Not" in definition:
            definition, holds = definition["Fn::Not"][0], not holds
        parameter, value = definition.get("Fn::Equals", [{}, None])
        name = parameter.get("Ref") if isinstance(parameter, dict) else None
        if name is None:
            return branch

        def fits(found):
            return found is UNKNOWN or (str(found) == str(value)) == holds

        def restrict(part):
            if part == {"Ref": name}:
                return {"Restricted": {"name": name, "fits": fits}}
            if isinstance(part, dict):
                return {key: restrict(inner) for key, inner in part.items()}
            return [restrict(inner) for inner in part] if isinstance(part, list) else part
        return restrict(branch)

    def _reference(self, name):
        if name in PSEUDO:
            return [PSEUDO[name]]
        if name == "NamePrefix":
            return [NAME_PREFIX]
        if name not in self.parameters:
            return [UNKNOWN]
        parameter = self.parameters[name]
        numbers = parameter["Type"] == "Number"
        found = list(parameter.get("AllowedValues", []))
        found += [parameter[key] for key in ("Default", "MinValue", "MaxValue") if key in parameter and (numbers or key == "Default")]
        if parameter["Type"].startswith(("List<", "Comma")):
            return [UNKNOWN]
        return found or [UNKNOWN]

    def text(self, sub):
        """A !Sub with its placeholders filled in; UNKNOWN where one is not known."""
        if not isinstance(sub, str):
            return UNKNOWN
        text, rest = "", sub
        while "${" in rest:
            before, rest = rest.split("${", 1)
            name, rest = rest.split("}", 1)
            found = [f"${{{name[1:]}}}"] if name.startswith("!") else self._reference(name)
            if len(found) == 0 or found[0] is UNKNOWN or "." in name:
                return UNKNOWN
            text += before + str(found[0])
        return text + rest

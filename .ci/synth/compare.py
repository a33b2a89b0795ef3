"""Compares the templates that the CDK app synthesises with the templates of the pipeline.

    compare.py FOLDER      a folder that `outboxctl synth --format cdk --out` wrote, with cdk.out

Equal are resources, outputs, conditions and parameters, except for what the app changes on purpose: defaults of parameters, parameters
that become imports, names of exports, and conditions on imports.
"""

import json
import sys
from pathlib import Path

from cfnlint.decode import cfn_yaml


def plain(value):
    """Returns the value as JSON has it."""
    return json.loads(json.dumps(value, default=str))


def without_imports(value):
    """Replaces imports, also split ones, by a mark."""
    if isinstance(value, dict):
        if set(value) == {"Fn::ImportValue"}:
            return "<import>"
        if set(value) == {"Fn::Split"} and without_imports(value["Fn::Split"][1]) == "<import>":
            return "<import>"
        if set(value) == {"Fn::GetAtt"} and isinstance(value["Fn::GetAtt"], str):
            return {"Fn::GetAtt": value["Fn::GetAtt"].split(".", 1)}
        return {key: without_imports(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_imports(one) for one in value]
    return value


def with_imports(value, imported):
    """Replaces references to imported parameters by the mark. Texts of Fn::Sub get it in place of the name."""
    if isinstance(value, dict):
        if set(value) == {"Ref"} and value["Ref"] in imported:
            return "<import>"
        return {key: with_imports(one, imported) for key, one in value.items()}
    if isinstance(value, list):
        return [with_imports(one, imported) for one in value]
    return value


def without_texts(value):
    """Reduces Fn::Sub to its mark: CDK writes imported names as variables."""
    if isinstance(value, dict):
        if "Fn::Sub" in value:
            return "<sub>"
        return {key: without_texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_texts(one) for one in value]
    return value


def listed(resource):
    """Returns the resource with DependsOn as a list."""
    depends = resource.get("DependsOn")
    return {**resource, "DependsOn": [depends]} if isinstance(depends, str) else dict(resource)


def compare(name, ours, theirs):
    parameters = set(ours.get("Parameters", {}))
    imported = parameters - set(theirs.get("Parameters", {}))
    differences = []
    for section in ("Resources", "Outputs"):
        left, right = ours.get(section, {}), theirs.get(section, {})
        if set(left) != set(right):
            differences.append(f"{section}: {sorted(set(left) ^ set(right))}")
            continue
        for key, one in left.items():
            one, other = listed(one), listed(right[key])
            if section == "Outputs":
                other.pop("Export", None)
            if without_texts(with_imports(one, imported)) != without_texts(without_imports(other)):
                differences.append(f"{section}.{key}:\n  {json.dumps(one)}\n  {json.dumps(other)}")
    for key, one in theirs.get("Parameters", {}).items():
        if {**one, "Default": 0} != {**ours["Parameters"][key], "Default": 0}:
            differences.append(f"Parameters.{key}")
    for key, one in ours.get("Conditions", {}).items():
        on_import = any(f'"Ref": "{parameter}"' in json.dumps(one) for parameter in imported)
        if not on_import and one != theirs["Conditions"][key]:
            differences.append(f"Conditions.{key}")
        if on_import and "Import" in json.dumps(theirs["Conditions"][key]):
            differences.append(f"Conditions.{key} has an import")
    if ours.get("Transform") not in (theirs.get("Transform"), [theirs.get("Transform")]):
        differences.append("Transform")
    return [f"{name}: {difference}" for difference in differences]


def main(folder):
    folder = Path(folder)
    found, compared = [], 0
    for template in sorted(folder.glob("templates/*.yaml")):
        synthesised = list(folder.glob(f"cdk.out/*-{template.stem}.template.json"))
        if len(synthesised) != 1:
            found.append(f"{template.stem}: {len(synthesised)} synthesised templates")
            continue
        ours, theirs = plain(cfn_yaml.load(str(template))), json.loads(synthesised[0].read_text())
        found += compare(template.stem, ours, theirs)
        compared += 1
    print("\n".join(found) or f"{folder.name}: {compared} templates are equal")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

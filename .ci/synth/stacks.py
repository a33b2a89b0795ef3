"""Describes the stacks of an account by the AWS CLI, and compares two descriptions.

    stacks.py describe
    stacks.py compare OURS THEIRS

Generated parts of names, ids and times differ between two deploys. `deploy` acknowledges every capability, and tags stacks with its
version, which other tools do not. Everything else has to be the same.
"""

import json
import re
import subprocess
import sys

# Suffixes that CloudFormation and Secrets Manager generate, ids of EC2 and DMS, digests and UUIDs, certificates of a local stack.
GENERATED = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"^[0-9a-f]{8}$"), "ID"),
    (re.compile(r"(?<=-)[0-9a-f]{6,8}$"), "ID"),
    (re.compile(r":(rep|endpoint|task):[A-Z0-9]+"), r":\1:ID"),
    (re.compile(r"-----BEGIN CERTIFICATE-----.*", re.DOTALL), "CERTIFICATE"),
    (re.compile(r"\b(vpc|subnet|sg|rtb|igw|vpce)-[0-9a-fA-F]+"), r"\1-ID"),
    (re.compile(r"(?<=-)[A-Za-z0-9]{10,40}(?=[\"/:,.]|$)"), "ID"),
    (re.compile(r"https?://[^\"]+"), "URL"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?"), "TIME"),
]


def aws(*words):
    return json.loads(subprocess.run(["aws", "cloudformation", *words, "--output", "json"], check=True, stdout=subprocess.PIPE).stdout)


def describe():
    found = {}
    for stack in aws("describe-stacks")["Stacks"]:
        name = stack["StackName"]
        template = aws("get-template", "--stack-name", name)["TemplateBody"]
        found[name] = {
            "parameters": {one["ParameterKey"]: one.get("ParameterValue") for one in stack.get("Parameters", [])},
            "outputs": {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])},
            "tags": {one["Key"]: one["Value"] for one in stack.get("Tags", []) if one["Key"] != "outboxctl:version"},
            "protected": stack.get("EnableTerminationProtection"),
            "status": stack["StackStatus"].removeprefix("UPDATE_").removeprefix("CREATE_"),
            "template": template if isinstance(template, str) else json.dumps(template, sort_keys=True),
        }
    json.dump(found, sys.stdout, indent=1, sort_keys=True)


def normalised(key, text):
    # A port that was free when the local stack started.
    if key.endswith("Port") and text.isdigit():
        return "PORT"
    for pattern, word in GENERATED:
        text = pattern.sub(word, text)
    return text


def read(path):
    with open(path) as file:
        stacks = json.load(file)
    for stack in stacks.values():
        for part in ("parameters", "outputs"):
            stack[part] = {key: normalised(key, value or "") for key, value in stack[part].items()}
    return stacks


def compare(ours, theirs):
    ours, theirs = read(ours), read(theirs)
    found = [f"stacks: {sorted(set(ours) ^ set(theirs))}"] if set(ours) != set(theirs) else []
    for name in sorted(set(ours) & set(theirs)):
        for part, value in ours[name].items():
            other = theirs[name][part]
            if value != other:
                parts = [key for key in {**value, **other} if value.get(key) != other.get(key)] if isinstance(value, dict) else [part]
                shown = ", ".join(f"{key}: {value.get(key)!r} and {other.get(key)!r}" for key in parts) if isinstance(value, dict) else f"{value!r} and {other!r}"[:2000]
                found.append(f"{name} {part}: {shown}")
    print("\n".join(found) or f"{len(ours)} stacks are the same")
    return bool(found)


if __name__ == "__main__":
    sys.exit(describe() if sys.argv[1] == "describe" else compare(*sys.argv[2:4]))

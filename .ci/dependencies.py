"""Checks licences, sources, bans and duplicates of the dependencies against .config/deny.toml.

Usage: python .ci/dependencies.py (Python 3.11 or newer). Needs neither cargo-deny nor a network. Known vulnerabilities are
checked by cargo-deny in .github/workflows/ci.yml, because their list is on GitHub.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

REPOSITORY = pathlib.Path(__file__).parent.parent
# What the AWS SDK itself has in two versions while its crates move to a new one, one after the other.
TWICE = {"aws-smithy-http", "aws-smithy-json", "aws-smithy-observability", "aws-smithy-schema"}


def satisfied(expression, allowed):
    """Whether an SPDX expression can be met with the allowed licences."""
    # "/" is what crates wrote before SPDX expressions; WITH belongs to the name before it.
    text = re.sub(r"\s*/\s*", " OR ", expression)
    tokens = re.findall(r"\(|\)|[^\s()]+(?: WITH [^\s()]+)?", text)

    def either(position):
        value, position = both(position)
        while position < len(tokens) and tokens[position] == "OR":
            other, position = both(position + 1)
            value = value or other
        return value, position

    def both(position):
        value, position = one(position)
        while position < len(tokens) and tokens[position] == "AND":
            other, position = one(position + 1)
            value = value and other
        return value, position

    def one(position):
        if tokens[position] == "(":
            value, position = either(position + 1)
            return value, position + 1
        return tokens[position] in allowed, position + 1

    return either(0)[0]


def main():
    rules = tomllib.loads((REPOSITORY / ".config" / "deny.toml").read_text())
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--offline"]
    metadata = json.loads(subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True).stdout)
    packages = [package for package in metadata["packages"] if package["source"]]
    allowed = set(rules["licenses"]["allow"])
    registries = {f"registry+{registry}" for registry in rules["sources"]["allow-registry"]}
    banned = {ban["crate"] for ban in rules["bans"]["deny"]}
    problems, versions = [], {}
    for package in packages:
        name = f"{package['name']} {package['version']}"
        if not satisfied(package["license"] or "none", allowed):
            problems.append(f"{name}: licence {package['license']}")
        if package["source"] not in registries:
            problems.append(f"{name}: source {package['source']}")
        if package["name"] in banned:
            problems.append(f"{name}: banned")
        versions.setdefault(package["name"], []).append(package["version"])
    for name, found in versions.items():
        if name.startswith("aws") and len(found) > 1 and name not in TWICE:
            problems.append(f"{name}: several versions: {', '.join(found)}")
    print(f"{len(packages)} dependencies, {len(problems)} problems")
    sys.exit("\n".join(problems) or 0)


assert satisfied("(MIT OR Apache-2.0) AND Unicode-3.0", {"MIT", "Unicode-3.0"})
assert satisfied("Apache-2.0 WITH LLVM-exception", {"Apache-2.0 WITH LLVM-exception"})
assert satisfied("GPL-3.0-only / MIT", {"MIT"}) and not satisfied("GPL-3.0-only AND MIT", {"MIT"})
main()

"""Checks a Terraform configuration of `outboxctl synth` with an independent parser of HCL.

    hcl.py FOLDER

Every stack has its template, every variable that is used is declared, and outputs are those of declared stacks and templates.
"""

import re
import sys
from pathlib import Path

import hcl2


def main(folder):
    folder = Path(folder)
    with open(folder / "main.tf") as file:
        document = hcl2.load(file)
    with open(folder / "variables.tf") as file:
        declared = {name.strip('"') for variable in hcl2.load(file).get("variable", []) for name in variable}
    stacks = {}
    for resource in document["resource"]:
        for kind, named in resource.items():
            if kind.strip('"') == "aws_cloudformation_stack":
                stacks |= {name.strip('"'): body for name, body in named.items()}
    text = (folder / "main.tf").read_text()
    found = []
    if set(re.findall(r"\bvar\.(\w+)", text)) != declared:
        found.append(f"variables: {sorted(declared)} are declared")
    templates = {path.stem: path.read_text() for path in folder.glob("templates/*.yaml")}
    if set(stacks) != set(templates):
        found.append(f"stacks: {set(stacks) ^ set(templates)}")
    for stack, output in re.findall(r'aws_cloudformation_stack\.(\w+)(?:\[0\])?\.outputs\["(\w+)"\]', text):
        if f"\n  {output}:\n" not in templates.get(stack, "").partition("\nOutputs:")[2]:
            found.append(f"{stack} has no output {output}")
    print("\n".join(found) or f"{folder.name}: {len(stacks)} stacks, {len(declared)} variables")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

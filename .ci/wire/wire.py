"""Checks recorded requests to AWS and the responses of the local stack with the service models of botocore. Records are written by the
gateway of a local stack (src/local/gateway/records.rs), and by the scripted services of tests (tests/support/src/record.rs).

    OUTBOXCTL_API_RECORDS=FOLDER cargo test
    python .ci/wire/wire.py FOLDER [--part]

A request that the model does not allow would be refused by AWS; a response that it does not allow would never come from AWS.
Exit code 1 with one line for each finding, or for a row of allowed.txt without a finding: not with `--part`, for the records of some
tests only. Prints the number of operations that were seen.
"""

import glob
import json
import os
import re
import sys
from collections import Counter, defaultdict

import botocore
from botocore import xform_name

import allowed
import exchange
import pages
from services import DEPLOYED, Request, TooLarge, Unknown, body

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Parts that vary between calls of one kind.
VARYING = re.compile(r"[0-9a-f-]{8,}|\d+")


def read(folder):
    """The records of a folder, once each."""
    seen = set()
    for path in sorted(glob.glob(os.path.join(folder, "*.ndjson"))):
        with open(path, encoding="utf-8") as file:
            for line in file:
                shape = hash(VARYING.sub("#", line))
                if shape not in seen:
                    seen.add(shape)
                    # Requests to scripted services have values that a test made up: a row may allow them there alone.
                    scripted = os.path.basename(path).startswith("scripted-")
                    yield {**json.loads(line), "side": "scripted" if scripted else "request"}


def findings(records):
    """Findings as (service, operation, side, path, text, details), and the exchanges with their operations."""
    found, exchanges = [], []
    for record in records:
        if record["service"] in DEPLOYED:
            continue
        try:
            request = Request(record)
        except TooLarge:
            continue
        except Unknown as error:
            # A test may ask for what does not exist; AWS refuses it.
            if record["own"] or record["response"]["status"] < 300:
                side = record["side"] if record["own"] else "accepted"
                found.append((record["service"], "-", side, record["request"]["method"], str(error), record))
            continue
        exchanges.append((request, record))
        at = (request.service.service_name, request.operation.name)
        response = record["response"]
        refused = exchange.of_request(request)
        if request.own:
            found += [(*at, record["side"], path or ".", text, record) for path, text in refused]
        elif response["status"] < 300:
            found += [(*at, "accepted", path or ".", text, record) for path, text in refused]
        headers = {name.lower(): value for name, value in response["headers"].items()}
        answered = exchange.of_response(request, response["status"], headers, body(response["body"]))
        found += [(*at, "response", path or ".", text, record) for path, text in answered]
    return found, exchanges


def seen(exchanges):
    """The number of operations of each service that had a request."""
    operations = defaultdict(set)
    for request, _ in exchanges:
        operations[request.service.service_name].add(request.operation.name)
    return ", ".join(f"{service} {len(names)}" for service, names in sorted(operations.items()))


def never_seen(exchanges):
    """Operations that outboxctl sends (src/doctor/policy/calls.rs) and that no recorded request was for."""
    with open(os.path.join(ROOT, "src", "doctor", "policy", "calls.rs"), encoding="utf-8") as file:
        sent = set(re.findall(r'call\("(\w+)"', file.read()))
    return ", ".join(sorted(sent - {xform_name(request.operation.name) for request, _ in exchanges}))


def shown(found):
    """One line for findings that differ in values only."""
    lines, examples = Counter(), {}
    for *columns, record in found:
        at = tuple(columns[:4]) + (VARYING.sub("#", columns[4]),)
        lines[at] += 1
        examples.setdefault(at, (columns[4], record))
    for at, count in sorted(lines.items()):
        text, record = examples[at]
        agent = "outboxctl" if record["own"] else "a test"
        yield f"{' '.join(at[:4])}: {text} ({count} by {agent}, status {record['response']['status']})"


def main(arguments):
    part = "--part" in arguments
    folder, = [argument for argument in arguments if not argument.startswith("--")]
    with open(allowed.FILE, encoding="utf-8") as file:
        rows = allowed.read(file.read())
    found, exchanges = findings(read(folder))
    found += pages.unread(exchanges)
    left = list(shown(allowed.apply(found, rows)))
    if not part:
        left += [f"allowed.txt line {row.line}: no finding has this row" for row in rows if not row.used]
    print("\n".join(left))
    print(f"{len(exchanges)} exchanges, compared with botocore {botocore.__version__}: {len(left)} findings. Operations: {seen(exchanges)}")
    print(f"Operations of outboxctl without a recorded request: {never_seen(exchanges) or 'none'}")
    if not exchanges:
        print("nothing was recorded")
    return 1 if left or not exchanges else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

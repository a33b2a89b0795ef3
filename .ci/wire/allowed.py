"""The table of findings that stay, each with its reason (allowed.txt)."""

import fnmatch
import os
from dataclasses import dataclass

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "allowed.txt")


@dataclass
class Row:
    line: int
    service: str
    operation: str
    side: str
    path: str
    text: str
    used: bool = False

    def fits(self, finding):
        """Whether the row is for a finding; its columns may have * for any text."""
        columns = (self.service, self.operation, self.side, self.path, self.text)
        return all(fnmatch.fnmatchcase(found, wanted) for found, wanted in zip(finding, columns))


def read(text):
    """Rows: `service operation side path text`, below a comment with the reason."""
    rows, reason = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            reason = True
        elif not line.strip():
            reason = False
        elif not reason:
            raise ValueError(f"allowed.txt line {number} has no reason above it")
        else:
            # Brackets and braces are parts of paths.
            columns = [column.replace("[", "[[]") for column in line.split(None, 4)]
            rows.append(Row(number, *columns))
    return rows


def apply(findings, rows):
    """Findings without a row. Marks the rows that have been used."""
    left = []
    for finding in findings:
        fitting = [row for row in rows if row.fits(finding)]
        for row in fitting:
            row.used = True
        if not fitting:
            left.append(finding)
    return left

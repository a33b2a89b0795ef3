"""Checked imports of the emulator's modules."""

import importlib
import sys


def need(module, *names):
    """Returns the module if it has these names; ends the process with exit code 3 otherwise."""
    try:
        found = importlib.import_module(f"ministack.{module}")
        for name in names:
            getattr(found, name)
    except (ImportError, AttributeError) as error:
        sys.stderr.write(f"outboxctl: this emulator is not the version outboxctl was made for: {error}\n")
        sys.exit(3)
    return found

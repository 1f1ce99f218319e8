"""Runs a service as it is deployed: `python -m benchmarks.projections.service PORT NAME`."""

import os
import sys
from importlib import import_module

if __name__ == "__main__":
    port, name = sys.argv[1:]
    os.environ[f"{name.upper()}_PORT"] = port
    import_module(f"{name}.main").main()

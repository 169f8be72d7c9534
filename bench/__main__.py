"""Measure, print a table, write bench/results.json: `python -m bench`, or `python -m bench search race` for a part."""

import importlib
import sys
import time
from collections.abc import Iterator

from bench import results
from bench.results import Result

MODULES = ("search", "race", "page_weight", "cold_start", "wire", "lighthouse")


def main(asked: list[str]) -> int:
    """Run the modules asked for, all without a choice; return 1 when a budget is exceeded."""
    chosen = [name for name in MODULES if name in asked] if asked else list(MODULES)
    begin = time.monotonic()
    found = []
    for name in chosen:
        for result in _measured(name):
            found.append(result)
            print(results.line(result), flush=True)
    if not asked:
        results.write(found)
    print(f"{len(found)} figures in {time.monotonic() - begin:.0f} s, {sum(not one.ok for one in found)} over budget")
    return 0 if all(one.ok for one in found) else 1


def _measured(name: str) -> Iterator[Result]:
    try:
        yield from importlib.import_module(f"bench.{name}").measure()
    except Exception as error:  # one measurement that cannot be made must not hide the others
        yield results.failed(name, error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`lighthouse`: Google's mobile scores of a public page, median of three; the program is fetched by npm for the run."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app import addresses
from bench import servers
from bench.results import Result, at_least
from tests.services import browser_program

_VERSION = "12.8.2"  # the last one for Node.js 20
_ROUNDS = 3
_BUDGETS = {"performance": 95, "accessibility": 100}
_PAGES = {"home": addresses.HOME, "contact": addresses.CONTACT}
_FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"


def measure() -> Iterator[Result]:
    """Give both scores of each page, out of 100; raise FileNotFoundError without Node.js."""
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as folder:
        program = _installed(Path(folder))
        with servers.portal() as portal:
            for name, path in _PAGES.items():
                rounds = [_scores(program, portal + path) for _ in range(_ROUNDS)]
                for category, budget in _BUDGETS.items():
                    scores = [scored[category] for scored in rounds]
                    told = "rounds: " + ", ".join(f"{score:g}" for score in scores)
                    yield at_least(f"lighthouse_{category}_{name}", statistics.median(scores), budget, "/ 100", told)


def _installed(folder: Path) -> list[str]:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise FileNotFoundError("Lighthouse needs Node.js and npm")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*command, f"lighthouse@{_VERSION}"], check=True, capture_output=True, timeout=180)
    return [node, str(folder / "node_modules" / "lighthouse" / "cli" / "index.js")]


def _scores(program: list[str], address: str) -> dict[str, float]:
    categories = f"--only-categories={','.join(_BUDGETS)}"
    environment = {**os.environ, "CHROME_PATH": browser_program()}
    command = [*program, address, categories, "--output=json", "--quiet", f"--chrome-flags={_FLAGS}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, env=environment)
    report = json.loads(done.stdout)
    return {name: round(report["categories"][name]["score"] * 100) for name in _BUDGETS}

"""Several test processes share the tests out in groups."""

import subprocess
import sys
from pathlib import Path

from app.frontend import PROJECT
from tests.sharing import groups

HOSTILE = ["tests/hostile/test_a.py::test_it", "tests/hostile/test_b.py::TestIt::test_it[1]"]
FLOOD = ["tests/hostile/test_flood.py::test_1", "tests/hostile/test_flood.py::test_2"]
DAYS = [f"tests/e2e/test_any_day.py::{name}[{day}]" for name in ("test_a", "test_b") for day in ("31 July", "30 April")]
FILE = [f"tests/e2e/test_a.py::test_{number}" for number in range(6)]
OTHERS = [f"tests/{suite}/test_a.py::test_{number}" for suite in ("unit", "integration") for number in range(21)]


def test_hostile_clients_and_walks_of_a_day_stay_together_and_files_go_in_handfuls() -> None:
    found = groups([*HOSTILE, *FLOOD, *DAYS, *FILE, *OTHERS])
    together = {frozenset(test for test in found if found[test] == group) for group in found.values()}
    assert together == {
        frozenset(HOSTILE),
        frozenset(FLOOD),
        frozenset(DAYS[0::2]),
        frozenset(DAYS[1::2]),
        frozenset(FILE[:4]),
        frozenset(FILE[4:]),
        *(frozenset(OTHERS[first:last]) for first, last in ((0, 20), (20, 21), (21, 41), (41, 42))),
    }


def test_one_process_runs_a_group(tmp_path: Path) -> None:
    """The way from the groups to the processes is xdist's, which lost it once without a word."""
    folder = tmp_path / "tests" / "hostile"
    folder.mkdir(parents=True)
    written = "import os, pathlib\ndef test_it(worker_id):\n    pathlib.Path(os.environ['RAN'], worker_id).touch()\n"
    for number in range(8):
        (folder / f"test_{number}.py").write_text(written)
    ran = {}
    for dist in ("loadgroup", "load"):
        (tmp_path / dist).mkdir()
        options = ["-q", "-n", "2", "--dist", dist, f"--rootdir={tmp_path}", "-c", "/dev/null", "-p", "tests.sharing"]
        subprocess.run(
            [sys.executable, "-m", "pytest", *options, str(tmp_path / "tests")],
            env={"RAN": str(tmp_path / dist), "PYTHONPATH": str(PROJECT)},
            cwd=tmp_path,
            check=True,
        )
        ran[dist] = len(list((tmp_path / dist).iterdir()))
    assert ran == {"loadgroup": 1, "load": 2}

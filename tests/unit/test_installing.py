"""What `make` installs is decided by the lock files alone, with a Python that they are for."""

import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts import install_locked

PROJECT = Path(__file__).resolve().parents[2]
MAKEFILE = (PROJECT / "Makefile").read_text()


def _stand_in(folder: Path, name: str, version: str, *, supported: bool, has_venv: bool = True) -> None:
    """Write a program that answers what scripts/make_venv.sh asks an interpreter, and notes the environment made."""
    script = f"""#!/bin/bash
case "$*" in
    *sys.implementation.name*) exit {0 if supported else 1} ;;
    *"import ensurepip"*) exit {0 if has_venv else 1} ;;
    *'"%d.%d"'*) echo {version} ;;
    --version) echo "Python {version}.1" ;;
    "-m venv --clear "*) echo {name} >"${{@: -1}}" ;;
    *) exit 9 ;;
esac
"""
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


def _make_venv(folder: Path, python: str | None = None) -> tuple[int, str, str]:
    """Run the script with `folder` as the path; return its exit code, what it printed, and who made the environment."""
    for tool in {"dirname", "bash", "id"} - {path.name for path in folder.iterdir()}:
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    made = folder / "made"
    env = {"PATH": str(folder)} if python is None else {"PATH": str(folder), "PYTHON": python}
    ran = subprocess.run(
        [PROJECT / "scripts" / "make_venv.sh", made], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    return ran.returncode, ran.stdout + ran.stderr, made.read_text().strip() if made.exists() else ""


def test_the_usual_python_is_taken_when_it_is_supported(tmp_path: Path) -> None:
    _stand_in(tmp_path, "python3", "3.13", supported=True)
    _stand_in(tmp_path, "python3.14", "3.14", supported=True)
    assert _make_venv(tmp_path)[::2] == (0, "python3")


@pytest.mark.parametrize("usual", ["3.10", "3.15"])
def test_the_newest_supported_python_is_taken_when_the_usual_one_is_too_old_or_too_new(
    tmp_path: Path, usual: str
) -> None:
    _stand_in(tmp_path, "python3", usual, supported=False)
    _stand_in(tmp_path, "python3.12", "3.12", supported=True)
    _stand_in(tmp_path, "python3.11", "3.11", supported=True)
    assert _make_venv(tmp_path)[::2] == (0, "python3.12")


def test_a_python_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "python3.14").write_text("#!/bin/bash\nexit 127\n")
    (tmp_path / "python3.14").chmod(0o755)
    _stand_in(tmp_path, "python3.11", "3.11", supported=True)
    assert _make_venv(tmp_path)[::2] == (0, "python3.11")


def test_without_a_supported_python_one_reads_what_to_install(tmp_path: Path) -> None:
    _stand_in(tmp_path, "python3", "3.10", supported=False)
    code, said, made = _make_venv(tmp_path)
    assert (code, made) == (1, "")
    assert "install CPython 3.11, 3.12, 3.13 or 3.14, or name one with PYTHON=" in said


def test_a_named_python_is_taken_even_if_others_are_there(tmp_path: Path) -> None:
    _stand_in(tmp_path, "python3", "3.13", supported=True)
    _stand_in(tmp_path, "mine", "3.12", supported=True)
    assert _make_venv(tmp_path, "mine")[::2] == (0, "mine")


@pytest.mark.parametrize(("named", "why"), [("old", "Python 3.9.1"), ("absent", "it does not start")])
def test_a_named_python_that_cannot_serve_is_refused_and_no_other_one_taken(
    tmp_path: Path, named: str, why: str
) -> None:
    _stand_in(tmp_path, "python3", "3.13", supported=True)
    _stand_in(tmp_path, "old", "3.9", supported=False)
    code, said, made = _make_venv(tmp_path, named)
    assert (code, made) == (1, "")
    assert f"PYTHON={named} cannot run the portal ({why}): CPython 3.11," in said


def test_the_missing_module_is_asked_for_in_the_package_of_that_python(tmp_path: Path) -> None:
    _stand_in(tmp_path, "python3", "3.12", supported=True, has_venv=False)
    for tool, does in {"sudo": "exit 1", "id": "echo 1000"}.items():
        (tmp_path / tool).write_text(f"#!/bin/bash\n{does}\n")
        (tmp_path / tool).chmod(0o755)
    code, said, made = _make_venv(tmp_path)
    assert (code, made) == (1, "")
    assert "sudo apt-get install python3.12-venv" in said


def test_the_script_takes_the_python_that_runs_the_tests() -> None:
    question = re.search(r'^supported="(.*?)"$', (PROJECT / "scripts" / "make_venv.sh").read_text(), re.M | re.S)
    assert question
    with pytest.raises(SystemExit) as answer:
        exec(compile(question[1], "supported", "exec"), {})
    assert not answer.value.code


def test_locked_packages_are_installed_without_any_choice() -> None:
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(install_locked.EXACTLY)
    assert not re.search(r"pip install|pip\b.*--upgrade", MAKEFILE)


def test_pip_keeps_where_packages_come_from_and_nothing_else() -> None:
    listed = "\n".join(
        [
            "global.index-url='https://mirror.invalid/simple'",
            "global.extra-index-url='\\nfile:///one\\nfile:///two'",
            "global.constraint='/etc/constraints.txt'",
            "global.timeout='10'",
            "install.user='true'",
            "install.timeout='20'",
            ":env:.timeout='30'",
            ":env:.no-binary=':all:'",
            "download.timeout='40'",
        ]
    )
    assert install_locked.kept_settings(listed) == {
        "PIP_INDEX_URL": "https://mirror.invalid/simple",
        "PIP_EXTRA_INDEX_URL": "file:///one file:///two",
        "PIP_TIMEOUT": "30",
    }


def test_the_environment_tells_pip_nothing_but_what_was_kept() -> None:
    given = {"PIP_CONSTRAINT": "x", "PIP_TARGET": "/x", "PIP_TIMEOUT": "5", "HOME": "/home/me"}
    assert install_locked.pip_environment(given, ":env:.timeout='5'\n") == {
        "HOME": "/home/me",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_TIMEOUT": "5",
    }


def test_packages_that_left_every_lock_file_are_leftovers() -> None:
    locks = ["zope.event==1 \\\n    --hash=sha256:0\n", "b[x]==2\n"]
    assert install_locked.leftovers(["pip", "setuptools", "Zope_Event", "b", "gone"], locks) == ["gone"]


def test_a_failure_of_pip_ends_the_installation_so_that_make_writes_no_stamp(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "requirements.lock").write_text("a==1\n")
    monkeypatch.setattr("sys.argv", ["install_locked.py", str(tmp_path / "requirements.lock")])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(PROJECT / "scripts" / "install_locked.py"), run_name="__main__")
    assert "pip install failed" in str(end.value.code)


def test_a_stamp_is_written_after_everything_else_of_its_step() -> None:
    steps = re.findall(r"^\$\((MADE|RUNTIME|TOOLS)\):.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert [name for name, _ in steps] == ["MADE", "RUNTIME", "TOOLS"]
    assert all(recipe.endswith("\t@touch $@\n") and recipe.count("touch") == 1 for _, recipe in steps)

"""Write what the lock files' lines with a marker say about themselves, for the check that the locks are complete.

Part of `make lock`. Downloads each of these packages once, checked against its hashes; installs nothing.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import canonicalize_name

from scripts.install_locked import EXACTLY, QUIETLY, pip_environment
from scripts.locks import LOCKS, METADATA, PROJECT, lines


def main() -> None:
    """Write `METADATA`: for each « name==version » its Requires-Dist and its Requires-Python."""
    texts = [(PROJECT / name).read_text() for name in LOCKS]
    marked = {(line.name, line.version) for text in texts for line in lines(text) if line.marker}
    entries = {f"{name}=={version}": _entry(name, version, texts[-1]) for name, version in sorted(marked)}
    METADATA.write_text(json.dumps(entries, indent=2) + "\n")


def _entry(name: str, version: str, lock: str) -> dict[str, object]:
    with TemporaryDirectory() as folder:
        _download(name, version, lock, Path(folder))
        headers = _headers(next(Path(folder).glob("*.whl")))
    return {
        "requires": headers.get_all("Requires-Dist") or [],
        "requires_python": headers.get("Requires-Python", ""),
    }


def _download(name: str, version: str, lock: str, folder: Path) -> None:
    """Put the wheel of a lock file's line into the folder, whatever Python it is for."""
    hashes = next(
        re.findall(r"--hash=\S+", entry) for entry in re.split(r"\n(?=\S)", lock) if _named(entry) == (name, version)
    )
    request = folder / "request.txt"
    request.write_text(f"{name}=={version} {' '.join(hashes)}\n")
    pip = [sys.executable, "-I", "-m", "pip"]
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=True).stdout
    command = [*pip, "download", *QUIETLY, *EXACTLY, "--ignore-requires-python", "--dest", str(folder)]
    env = pip_environment(dict(os.environ), listed)
    subprocess.run([*command, "--requirement", str(request)], env=env, check=True)


def _named(entry: str) -> tuple[str, str]:
    name, _, version = entry.split(maxsplit=1)[0].partition("==")
    return canonicalize_name(name), version


def _headers(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        inside = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(inside).decode())


if __name__ == "__main__":
    main()

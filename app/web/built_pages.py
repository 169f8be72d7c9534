"""What the build left in its folder: the addresses of the pages, and the inline scripts and styles they hold."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_INLINE = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_HAS_SOURCE = re.compile(r"\ssrc\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Inline:
    """CSP sources (`'sha256-…'`) of the inline scripts and styles of one page, each once, in a stable order."""

    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuiltPages:
    """The pages of one build; `by_path` has no final slash except for the home page."""

    by_path: Mapping[str, Inline]
    fallback: Inline

    def inline_of(self, path: str) -> Inline:
        """Return what the page at `path` holds; unknown and dynamic addresses are served the build's 404.html."""
        return self.by_path.get(path.rstrip("/") or "/", self.fallback)


def read(folder: Path) -> BuiltPages:
    """Read the build in `folder`; without a build there are no pages and no hashes."""
    by_path = {}
    for file in sorted(folder.rglob("index.html")):
        parent = file.parent.relative_to(folder).as_posix()
        by_path["/" if parent == "." else f"/{parent}"] = _inline(file)
    not_found = folder / "404.html"
    return BuiltPages(by_path, _inline(not_found) if not_found.exists() else Inline())


def _inline(file: Path) -> Inline:
    found: dict[str, dict[str, None]] = {"script": {}, "style": {}}
    for element in _INLINE.finditer(file.read_text(encoding="utf-8")):
        if not _HAS_SOURCE.search(element[2]):
            found[element[1].lower()][_source(element[3])] = None
    return Inline(tuple(found["script"]), tuple(found["style"]))


def _source(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

"""Reading PDF files back in tests, and asking two independent checkers about PDF/UA-1."""

import io
from pathlib import Path

import outloud
import page
import pikepdf
import pymupdf
import pypdf

_CHOSEN = {"LNK-010"}
"""An address that a person typed is deliberately no link."""


def text_of(document: bytes) -> str:
    """Return the text of all pages, as a reader copies it."""
    return "\n".join(leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(document)).pages)


def rightmost(document: bytes) -> float:
    """Return how far right anything is written on a page, in points; A4 is 595 wide."""
    with pymupdf.open("pdf", document) as opened:  # type: ignore[no-untyped-call]
        return float(max(word[2] for leaf in opened for word in leaf.get_text("words")))


def squeezed(text: str) -> str:
    """Return a text without its blanks: where lines break is the layout's business."""
    return "".join(text.split())


def faults(document: bytes, folder: Path) -> list[str]:
    """Return what two independent checkers have against a document: PDF/UA-1, and what a screen reader would say."""
    report = page.validate_pdf_bytes(document, profile=page.ValidationProfile.PDF_UA_1)
    file = folder / "document.pdf"
    file.write_bytes(document)
    read_aloud = outloud.check(str(file), skip=_CHOSEN)
    found = [f"page: {failure.rule_id} {failure.message}" for failure in report.failures]
    found += [f"outloud: {finding.rule} {finding.message}" for finding in read_aloud.findings]
    if not report.is_compliant or read_aloud.verdict != "pass":
        found.append(f"verdicts: {report.is_compliant} {read_aloud.verdict} {read_aloud.error}")
    return found


def structure(document: bytes) -> list[tuple[str, int]]:
    """Return the tags of a document in reading order, each with its depth."""
    with pikepdf.open(io.BytesIO(document)) as opened:
        return list(_tags(opened.Root.StructTreeRoot.K, 0))


def _tags(node: pikepdf.Object, depth: int) -> list[tuple[str, int]]:
    if isinstance(node, pikepdf.Array):
        return [tag for child in node for tag in _tags(child, depth)]
    if not isinstance(node, pikepdf.Dictionary) or "/S" not in node:
        return []
    children = _tags(node.K, depth + 1) if "/K" in node else []
    return [(str(node.S).lstrip("/"), depth), *children]

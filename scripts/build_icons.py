"""Draw the icons of the installed site from its mark: `python scripts/build_icons.py` (PyMuPDF draws them).

A maskable icon and Apple's are cut to a shape by the device: there the ground reaches the edges, and the mark stays
within the safe zone, four fifths of the width.
"""

import re
from pathlib import Path

import pymupdf

ASSETS = Path(__file__).resolve().parent.parent / "assets"
FOLDER = ASSETS / "icones"
SIDE = 40
SAFE_MARGIN = 6


def main() -> None:
    """Write every icon."""
    mark = (ASSETS / "favicon.svg").read_text().strip()
    FOLDER.mkdir(exist_ok=True)
    _draw(mark, 192, "guichet-192.png", alpha=True)
    _draw(mark, 512, "guichet-512.png", alpha=True)
    _draw(_full(mark), 512, "guichet-masque-512.png")
    _draw(_full(mark), 180, "guichet-apple-180.png")


def _full(mark: str) -> str:
    """Return the mark smaller, on a ground that reaches the edges."""
    wider = SIDE + 2 * SAFE_MARGIN
    mark = mark.replace(f'viewBox="0 0 {SIDE} {SIDE}"', f'viewBox="0 0 {wider} {wider}"')
    mark = re.sub(r"<rect [^>]*/>", f'<rect width="{wider}" height="{wider}" fill="#0b4f4a"/>', mark)
    ground, drawing = mark.split("/>", 1)
    inside = drawing.removesuffix("</svg>")
    return f'{ground}/><g transform="translate({SAFE_MARGIN} {SAFE_MARGIN})">{inside}</g></svg>'


def _draw(svg: str, pixels: int, name: str, *, alpha: bool = False) -> None:
    page = pymupdf.open(stream=svg.encode(), filetype="svg")[0]
    scale = pixels / page.rect.width
    picture = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=alpha)
    picture.save(FOLDER / name)


if __name__ == "__main__":
    main()

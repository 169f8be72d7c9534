"""A challenge as a picture (PNG) and as French speech (WAV)."""

import io
import wave
from functools import cache
from pathlib import Path
from secrets import randbelow
from threading import Lock

from captcha.image import ColorTuple, ImageCaptcha
from PIL import Image, ImageChops, ImageOps
from PIL.ImageDraw import ImageDraw

from app import content

WIDTH, HEIGHT = 416, 144
INK = (0x24, 0x41, 0x3C)
PAPER = (0xF4, 0xF7, 0xF6)
SPOKEN = Path(content.__file__).parent / "spoken"
_OVERSAMPLING = 2
_MARGIN = 14 * _OVERSAMPLING
_DOTS = 24
_LEAD_IN_SECONDS = 0.4
_SHORTEST_PAUSE_SECONDS = 0.6
_painting = Lock()


def image(answer: str) -> bytes:
    """Return a PNG of `answer`, `WIDTH` × `HEIGHT` pixels, dark on light; meant to be shown at half that size."""
    painter = _painter()
    with _painting:  # the painter's fonts are not made for several threads
        written = painter.create_captcha_image(answer, INK, PAPER)
    drawn = _centred(written)
    painter.create_noise_dots(drawn, INK, width=2 * _OVERSAMPLING, number=_DOTS)
    painter.create_noise_curve(drawn, INK)
    file = io.BytesIO()
    drawn.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).quantize(32).save(file, "PNG")
    return file.getvalue()


def speech(answer: str) -> bytes:
    """Return a WAV that spells `answer` in French; raise KeyError for a character that has no recording."""
    recordings = _recordings()
    parameters = next(iter(recordings.values()))[0]
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams(parameters)
        written.writeframes(_silence(parameters, _LEAD_IN_SECONDS))
        for character in answer:
            written.writeframes(recordings[character][1])
            written.writeframes(_silence(parameters, _SHORTEST_PAUSE_SECONDS + randbelow(300) / 1000))
    return file.getvalue()


class _LegiblePainter(ImageCaptcha):
    """The library's painter with little slant, gaps between characters, and full ink.

    The library takes the brightness of the ink for its opacity, which makes dark ink nearly transparent.
    """

    lookup_table = [0, *([255] * 255)]  # noqa: RUF012  (the library's own attribute)
    character_rotate = (-14, 14)
    character_warp_dx = (0.04, 0.14)
    character_warp_dy = (0.04, 0.14)
    character_offset_dx = (0, 10)
    character_offset_dy = (0, 10)
    word_space_probability = 1.0
    word_offset_dx = 0.0
    gap = 5 * _OVERSAMPLING

    def _draw_character(self, c: str, draw: ImageDraw, color: ColorTuple) -> Image.Image:
        return ImageOps.expand(super()._draw_character(c, draw, color), border=(self.gap, 0))


def _centred(written: Image.Image) -> Image.Image:
    """Return the characters in the middle of the paper, with a margin, made smaller if they need more room."""
    box = ImageChops.difference(written, Image.new("RGB", written.size, PAPER)).getbbox()
    letters = written.crop(box)
    paper = Image.new("RGB", (WIDTH * _OVERSAMPLING, HEIGHT * _OVERSAMPLING), PAPER)
    letters.thumbnail((paper.width - 2 * _MARGIN, paper.height - 2 * _MARGIN))
    paper.paste(letters, ((paper.width - letters.width) // 2, (paper.height - letters.height) // 2))
    return paper


@cache
def _painter() -> _LegiblePainter:
    # Wider than the picture, because the library cuts what goes beyond its own right edge.
    return _LegiblePainter(WIDTH * _OVERSAMPLING * 3 // 2, HEIGHT * _OVERSAMPLING, font_sizes=(190, 202, 214))


@cache
def _recordings() -> dict[str, tuple[wave._wave_params, bytes]]:
    return {path.stem: _recording(path) for path in sorted(SPOKEN.glob("*.wav"))}


def _recording(path: Path) -> tuple[wave._wave_params, bytes]:
    with wave.open(str(path), "rb") as file:
        return file.getparams(), file.readframes(file.getnframes())


def _silence(parameters: wave._wave_params, seconds: float) -> bytes:
    return bytes(round(seconds * parameters.framerate) * parameters.nchannels * parameters.sampwidth)

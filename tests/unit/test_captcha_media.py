"""The CAPTCHA as a picture that people can read and as speech that people can follow."""

import array
import io
import wave

import pytest
from PIL import Image

from app.services import captcha, captcha_media
from scripts import build_spoken

ANSWER = captcha.ALPHABET[: captcha.LENGTH]
WIDEST = "W" * captcha.LENGTH


def luminance(colour: tuple[int, ...]) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in colour[:3])
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def drawn(answer: str) -> Image.Image:
    return Image.open(io.BytesIO(captcha_media.image(answer))).convert("RGB")


def shares(picture: Image.Image) -> tuple[float, float]:
    """Return which part of the picture reads as ink (7:1 on the paper and more) and which part as paper."""
    found = picture.getcolors(picture.width * picture.height)
    assert found is not None
    ratios = [(count, contrast(colour, captcha_media.PAPER)) for count, colour in found if isinstance(colour, tuple)]
    area = picture.width * picture.height
    ink = sum(count for count, ratio in ratios if ratio >= 7)
    return ink / area, sum(count for count, ratio in ratios if ratio < 1.15) / area


def columns_with_ink(picture: Image.Image) -> list[bool]:
    grey = picture.convert("L")
    box = [grey.crop((x, 0, x + 1, grey.height)).getextrema()[0] for x in range(grey.width)]
    return [float(darkest) < 128 for darkest in box]  # type: ignore[arg-type]


def test_the_picture_is_made_for_screens_of_twice_the_density() -> None:
    assert drawn(ANSWER).size == (416, 144)


@pytest.mark.parametrize("answer", [ANSWER, WIDEST, "MMMMMM", "J34J3F"])
def test_ink_stands_out_from_paper(answer: str) -> None:
    assert contrast(captcha_media.INK, captcha_media.PAPER) >= 7
    ink, paper = shares(drawn(answer))
    assert 0.08 < ink < 0.5
    assert ink + paper > 0.88, "the rest is only the edges of the strokes"


@pytest.mark.parametrize("answer", [ANSWER, WIDEST, "MHMHMH"])
def test_no_character_is_cut_or_on_top_of_another(answer: str) -> None:
    painter = captcha_media._painter()
    for _ in range(10):
        plain = captcha_media._centred(painter.create_captcha_image(answer, captcha_media.INK, captcha_media.PAPER))
        inked = columns_with_ink(plain)
        assert not any(inked[:10] + inked[-10:])
        groups = sum(now and not before for before, now in zip([False, *inked], inked, strict=False))
        assert groups == captcha.LENGTH


def test_two_pictures_of_one_answer_differ() -> None:
    assert captcha_media.image(ANSWER) != captcha_media.image(ANSWER)


def test_a_picture_is_light() -> None:
    assert len(captcha_media.image(WIDEST)) < 20_000


def samples_of(sound: bytes) -> "tuple[int, array.array[int]]":
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getcomptype()) == (1, 2, "NONE")
        return file.getframerate(), array.array("h", file.readframes(file.getnframes()))


@pytest.mark.parametrize("answer", [captcha.ALPHABET[i : i + 6] for i in (0, 6, 12, 14)] + [WIDEST, "333333"])
def test_six_characters_take_some_seconds_to_say(answer: str) -> None:
    rate, samples = samples_of(captcha_media.speech(answer))
    assert rate == 11_025
    assert 7 < len(samples) / rate < 17
    assert max(map(abs, samples)) > 20_000, "loud enough"
    assert max(map(abs, samples)) < 32_700, "never distorted"


def test_a_pause_follows_each_character() -> None:
    rate, samples = samples_of(captcha_media.speech(ANSWER))
    loud = [max(map(abs, samples[i : i + rate // 50])) > 300 for i in range(0, len(samples), rate // 50)]
    pauses, length = 0, 0
    for sound in loud:
        pauses += sound and length >= 25
        length = 0 if sound else length + 1
    assert pauses == captcha.LENGTH - 1
    assert not any(loud[:15])


def test_each_character_has_words_and_a_recording_of_its_own() -> None:
    assert set(build_spoken.WORDS) == set(captcha.ALPHABET)
    assert {path.stem for path in captcha_media.SPOKEN.glob("*.wav")} == set(captcha.ALPHABET)
    recordings = [path.read_bytes() for path in captcha_media.SPOKEN.glob("*.wav")]
    assert len(set(recordings)) == len(captcha.ALPHABET)
    for recording in recordings:
        rate, samples = samples_of(recording)
        assert 0.5 < len(samples) / rate < 2


def test_a_character_without_recording_is_an_error() -> None:
    with pytest.raises(KeyError):
        captcha_media.speech("ÀÉÎÕÜ")


def test_the_alphabet_has_no_look_alikes() -> None:
    assert not set(captcha.ALPHABET) & set("0OQD1IL72Z5S8BGU")
    assert len(set(captcha.ALPHABET)) == len(captcha.ALPHABET)

"""Speak each CAPTCHA character in French with eSpeak NG and keep it as a small WAV file in app/content/spoken/.

Run once, when the alphabet or the words change: `python scripts/build_spoken.py`. Needs the development
dependency `espeakng-loader`; the portal itself only reads the files.
"""

import array
import ctypes
import math
import wave
from collections.abc import Sequence
from pathlib import Path

import espeakng_loader  # type: ignore[import-untyped]

FOLDER = Path(__file__).resolve().parent.parent / "app" / "content" / "spoken"
RATE = 11_025
WORDS_PER_MINUTE = 140
PEAK = 29_000

# The names of the French spelling alphabet. « William » is written as a French reader would say it, because
# eSpeak takes it for English; W and Y are spelled out for the same reason.
WORDS = {
    "A": "A, comme Anatole",
    "C": "C, comme Célestin",
    "E": "E, comme Eugène",
    "F": "F, comme François",
    "H": "H, comme Henri",
    "J": "J, comme Joseph",
    "K": "K, comme Kléber",
    "M": "M, comme Marcel",
    "N": "N, comme Nicolas",
    "P": "P, comme Pierre",
    "R": "R, comme Raoul",
    "T": "T, comme Thérèse",
    "V": "V, comme Victor",
    "W": "double vé, comme Ouiliam",
    "X": "X, comme Xavier",
    "Y": "i grec, comme Yvonne",
    "3": "chiffre 3",
    "4": "chiffre 4",
    "6": "chiffre 6",
    "9": "chiffre 9",
}

_SYNCHRONOUS, _UTF_8, _SPEED = 2, 1, 1
_Listener = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Voice:
    """A French voice; `say` gives 16-bit samples at `rate`."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self.rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        if self.rate < 2 * RATE or self.rate % RATE:
            raise RuntimeError(f"eSpeak NG speaks at {self.rate} Hz, expected a multiple of {RATE}")
        self._heard: array.array[int] = array.array("h")
        # Kept on the object: eSpeak calls it long after this line.
        self._listener = _Listener(self._listen)
        self._library.espeak_SetSynthCallback(self._listener)
        if self._library.espeak_SetVoiceByName(b"fr") or self._library.espeak_SetParameter(_SPEED, WORDS_PER_MINUTE, 0):
            raise RuntimeError("eSpeak NG has no French voice")

    def say(self, words: str) -> Sequence[int]:
        """Return the samples of `words`."""
        self._heard = array.array("h")
        text = words.encode() + b"\0"
        if self._library.espeak_Synth(text, len(text), 0, 0, 0, _UTF_8, None, None):
            raise RuntimeError(f"eSpeak NG cannot say {words!r}")
        return self._heard

    def _listen(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
        if count > 0:
            self._heard.extend(samples[:count])
        return 0


def slower(samples: Sequence[int], factor: int) -> list[float]:
    """Keep one sample of `factor`, after a low-pass filter that removes what the new rate cannot hold."""
    half = 12 * factor
    kernel = [_sinc(offset / factor * 0.92) * _hann(offset, half) for offset in range(-half, half + 1)]
    weight = sum(kernel)
    padded = [0] * half + list(samples) + [0] * half
    return [
        sum(map(float.__mul__, kernel, map(float, padded[start : start + len(kernel)]))) / weight
        for start in range(0, len(samples), factor)
    ]


def trimmed(samples: Sequence[float]) -> list[int]:
    """Return the samples at full volume without the silence around them, with soft edges."""
    loudest = max(map(abs, samples))
    heard = [index for index, sample in enumerate(samples) if abs(sample) > loudest * 0.01]
    margin, fade = RATE // 50, RATE // 100
    kept = samples[max(0, heard[0] - margin) : heard[-1] + margin]
    return [
        round(sample * PEAK / loudest * min(1.0, index / fade, (len(kept) - 1 - index) / fade))
        for index, sample in enumerate(kept)
    ]


def write(path: Path, samples: Sequence[int]) -> None:
    """Write 16-bit mono samples as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array.array("h", samples).tobytes())


def main() -> None:
    """Write one file for each character and remove those of characters no longer used."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.wav"):
        old.unlink()
    voice = Voice()
    for character, words in WORDS.items():
        samples = trimmed(slower(voice.say(words), voice.rate // RATE))
        write(FOLDER / f"{character}.wav", samples)
        print(f"{character}: {len(samples) / RATE:.2f} s  « {words} »")


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def _hann(offset: int, half: int) -> float:
    return 0.5 + 0.5 * math.cos(math.pi * offset / (half + 1))


if __name__ == "__main__":
    main()

"""Results of a run: the table that is printed and the file that is kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True)
class Result:
    """One measured figure; `budget` is a bound in the unit of `value`, `detail` says what it was made of."""

    name: str
    value: float
    unit: str
    budget: str
    ok: bool
    detail: str = ""

    def kept(self) -> dict[str, object]:
        """Return what results.json holds of it."""
        return {"name": self.name, "value": self.value, "unit": self.unit, "budget": self.budget, "ok": self.ok}


def at_most(name: str, value: float, limit: float, unit: str, detail: str = "") -> Result:
    """Return a result that is good when it does not exceed `limit`."""
    return Result(name, round(value, 2), unit, f"<= {limit:g}", round(value, 2) <= limit, detail)


def at_least(name: str, value: float, limit: float, unit: str, detail: str = "") -> Result:
    """Return a result that is good when it reaches `limit`."""
    return Result(name, round(value, 2), unit, f">= {limit:g}", round(value, 2) >= limit, detail)


def exactly(name: str, value: int, wanted: int, unit: str, detail: str = "") -> Result:
    """Return a result that is good when it is `wanted`."""
    return Result(name, value, unit, f"= {wanted}", value == wanted, detail)


def failed(name: str, error: BaseException) -> Result:
    """Return the result of a measurement that could not be made."""
    words = f"{type(error).__name__}: {error}".splitlines()[0][:160]
    return Result(name, 0, "", "measured", ok=False, detail=words)


def write(results: Sequence[Result]) -> None:
    """Replace results.json."""
    rows = ",\n".join(f"  {json.dumps(result.kept(), ensure_ascii=False)}" for result in results)
    FILE.write_text(f"[\n{rows}\n]\n")


def line(result: Result) -> str:
    """Return one line of the table."""
    value = f"{result.value:g} {result.unit}".strip()
    return f"{result.name:32} {value:>20}  {result.budget:12} {'ok' if result.ok else 'OVER':5} {result.detail}"

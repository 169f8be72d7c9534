"""Everything the running portal lets a browser call and shows to it, listed from the states it has registered.

Run as `python -m tests.hostile.inventory`, so that the test process itself stays without a second application.
"""

import dataclasses
import inspect
import json
import os
import subprocess
import sys
import types
import typing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Handler:
    """One event handler: its full name, and its arguments with the types it announces."""

    name: str
    own: bool
    arguments: dict[str, str]


@dataclass(frozen=True)
class PublicVar:
    """One variable that goes to the browser; `fault` says why its type may not."""

    name: str
    fault: str


def read(folder: Path) -> tuple[list[Handler], list[PublicVar]]:
    """Return the handlers and the public variables of the application."""
    environment = {**os.environ, "DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"}
    listed = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.hostile.inventory"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(listed.stdout.splitlines()[-1])
    return [Handler(**each) for each in found["handlers"]], [PublicVar(**each) for each in found["vars"]]


def _print() -> None:
    from reflex.state import State

    import app.app

    assert app.app.app is not None
    states = list(_below(State))
    handlers = [
        {"name": f"{state.get_full_name()}.{name}", "own": _is_own(state), "arguments": _arguments(handler.fn)}
        for state in states
        for name, handler in state.event_handlers.items()
    ]
    public = [
        {"name": f"{state.__name__}.{name}", "fault": _fault(var._var_type)}
        for state in states
        if _is_own(state)
        for name, var in {**state.base_vars, **state.computed_vars}.items()
    ]
    print(json.dumps({"handlers": handlers, "vars": public}))


def _below(state: Any) -> typing.Iterator[Any]:
    yield state
    for each in sorted(state.get_substates(), key=lambda one: one.get_full_name()):
        yield from _below(each)


def _is_own(state: Any) -> bool:
    return bool(state.__module__.startswith("app."))


def _arguments(function: Any) -> dict[str, str]:
    hints = typing.get_type_hints(function)
    names = list(inspect.signature(function).parameters)[1:]
    return {name: getattr(typing.get_origin(hints[name]) or hints[name], "__name__", "Any") for name in names}


def _fault(kind: Any) -> str:
    """Return why a value of this type may not be public: only JSON's own types and frozen views of them may."""
    origin = typing.get_origin(kind)
    if origin in (list, tuple, dict, typing.Union, types.UnionType):
        return next((fault for fault in map(_fault, typing.get_args(kind)) if fault), "")
    if kind in (str, int, float, bool, types.NoneType, datetime, Ellipsis):
        return ""
    if not dataclasses.is_dataclass(kind):
        return f"{kind} is no plain value and no view"
    if not kind.__dataclass_params__.frozen:  # type: ignore[union-attr]
        return f"{kind} can be changed"
    if not kind.__module__.startswith("app.state."):
        return f"{kind} was not made to be shown"
    hints = typing.get_type_hints(kind)
    return next((fault for fault in map(_fault, hints.values()) if fault), "")


if __name__ == "__main__":
    _print()

"""What a websocket message of the portal's own pages looks like: Engine.IO 4 around Socket.IO 5, in text.

Both libraries answer anything else with a stack trace in the log, and let one websocket open any number of sessions.
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from reflex_base.constants import CompileVars

from app.web import events
from app.web.events import EventRefusedError

NAMESPACE = "/_event"

_CLOSE, _PONG = "1", "3"
_CONNECT, _DISCONNECT, _EVENT = "40", "41", "42"
_FRAME = re.compile(rf"(?P<kind>4[012]){NAMESPACE},(?:[0-9]{{1,9}}(?=\[))?(?P<data>.*)", re.DOTALL)
_SCHEMA = re.compile(r"[\w.:/-]{1,128}")
_NAMES = ("event", "client_error", "ping")


class FrameRefusedError(ValueError):
    """No browser sends this: the connection is to be closed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message as it may go on; `is_report` tells that it ends up in the log."""

    text: str
    is_report: bool = False


class Frames:
    """Reads the messages of one websocket, in their order."""

    def __init__(self) -> None:
        self._has_connected = False

    def read(self, text: str | None) -> Frame:
        """Return the message as it may go on. Raises FrameRefusedError, EventRefusedError."""
        if text in (_CLOSE, _PONG):
            return Frame(text)
        found = _FRAME.fullmatch(text or "")
        if found is None:
            raise FrameRefusedError
        kind, data = found["kind"], found["data"]
        if kind == _CONNECT:
            return self._connect(data)
        if kind == _DISCONNECT:
            return Frame(f"{_DISCONNECT}{NAMESPACE},")
        return _event(_parsed(data))

    def _connect(self, data: str) -> Frame:
        if self._has_connected:
            raise FrameRefusedError  # Reflex would begin another session for every one of them.
        self._has_connected = True
        said = _parsed(data) if data else {}
        if not isinstance(said, dict):
            raise FrameRefusedError
        return Frame(f"{_CONNECT}{NAMESPACE},{_dumped(_greeting(said))}")


def _greeting(said: dict[str, Any]) -> dict[str, Any]:
    """Return what a page says when it connects: its first event, and the states it was built for.

    A page of an older build may begin with an event that is no more: it connects all the same, to be told to reload.
    """
    greeting: dict[str, Any] = {}
    if isinstance(schema := said.get(CompileVars.CONNECT_AUTH_STATE_SCHEMA), str) and _SCHEMA.fullmatch(schema):
        greeting[CompileVars.CONNECT_AUTH_STATE_SCHEMA] = schema
    with suppress(EventRefusedError):
        greeting[CompileVars.CONNECT_AUTH_EVENT] = events.checked(said.get(CompileVars.CONNECT_AUTH_EVENT))
    return greeting


def _event(said: object) -> Frame:
    if not isinstance(said, list) or not said or said[0] not in _NAMES:
        raise EventRefusedError("event_malformed")
    name, arguments = said[0], said[1:]
    if name == "ping":
        return Frame(f"{_EVENT}{NAMESPACE},{_dumped([name])}")
    if len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise EventRefusedError("event_malformed")
    if name == "client_error":
        told = {key: events.report(arguments[0].get(key)) for key in ("error_type", "message", "substate")}
        return Frame(f"{_EVENT}{NAMESPACE},{_dumped([name, told])}", is_report=True)
    event = events.checked(arguments[0])
    return Frame(f"{_EVENT}{NAMESPACE},{_dumped([name, event])}", is_report=events.is_report(event))


def _parsed(data: str) -> Any:
    try:
        return json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise FrameRefusedError from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _dumped(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))

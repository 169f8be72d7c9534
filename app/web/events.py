"""Which events a browser may send, and with what.

Reflex lets anybody call every public method of a state with any argument, and writes what it cannot deliver to the
log, headers and all. So an event is compared here with the handler it names before Reflex sees it: known name, each
argument there, of the announced type, none more. Whether this visitor may do this now is for handler and service.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import reflex as rx
from reflex.state import BaseState
from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

_LONGEST_PATH = 2000
_QUERY_FIELDS = 20
_LONGEST_REPORT = 300
_SAFE_INTEGER = 2**53
# Reflex's own: what its server calls by itself, and what would write into variables.
_NOT_FOR_BROWSERS = frozenset({"setvar", "set_is_hydrated", "update_vars_internal"})
_REPORT = "handle_frontend_exception"
_BOOT = "hydrate_and_load"
# Control characters that no keyboard types, and halves of characters (a field's maximum length may cut an emoji in
# two): databases and encoders choke on them.
_JUNK = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class EventRefusedError(ValueError):
    """No page of the portal sends this; `reason` says why, in a word fit for logs and metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Argument:
    hint: Any
    is_required: bool


def checked(event: object) -> dict[str, Any]:
    """Return an event as Reflex may have it: its text clean, its place an address. Raises EventRefusedError."""
    if not isinstance(event, dict):
        raise EventRefusedError("event_malformed")
    name = str(event.get("name"))
    arguments = _handlers().get(name)
    if arguments is None:
        raise EventRefusedError("event_unknown")
    payload = _payload(event.get("payload", {}), arguments)
    if is_report(event):
        payload = {key: report(value) for key, value in payload.items()}
    elif name.endswith(f".{_BOOT}") and payload.get("vars"):
        raise EventRefusedError("event_variables")  # The portal keeps nothing in the browser's storage.
    return {"name": name, "payload": payload, "router_data": _place(event.get("router_data"))}


def is_report(event: Mapping[str, Any]) -> bool:
    """Tell whether an event is a browser's report of an error, which ends up in the log."""
    return str(event.get("name")).endswith(f".{_REPORT}")


def report(value: object) -> str:
    """Return a reported text as it may be written to a log: short, on one line."""
    return " ".join(clean(value).split())[:_LONGEST_REPORT] if isinstance(value, str) else ""


def clean(text: str) -> str:
    """Return `text` without what no keyboard types."""
    return _JUNK.sub("", text)


@lru_cache(maxsize=1)
def _handlers() -> dict[str, dict[str, _Argument]]:
    return {
        f"{state.get_full_name()}.{name}": _arguments(handler.fn)
        for state in _states(rx.State)
        for name, handler in state.event_handlers.items()
        if name not in _NOT_FOR_BROWSERS
    }


def _states(state: type[BaseState]) -> Iterator[type[BaseState]]:
    yield state
    for below in state.get_substates():
        yield from _states(below)


def _arguments(function: Any) -> dict[str, _Argument]:
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {
        each.name: _Argument(hints.get(each.name, Any), each.default is inspect.Parameter.empty) for each in parameters
    }


def _payload(payload: object, arguments: Mapping[str, _Argument]) -> dict[str, Any]:
    if not isinstance(payload, dict) or not payload.keys() <= arguments.keys():
        raise EventRefusedError("event_arguments")
    if any(argument.is_required and name not in payload for name, argument in arguments.items()):
        raise EventRefusedError("event_arguments")
    return {name: _fitting(value, arguments[name].hint) for name, value in payload.items()}


def _fitting(value: Any, hint: Any) -> Any:
    """Return `value`, its text clean, if it is what the handler announces. Raises EventRefusedError."""
    if get_origin(hint) in (Union, UnionType):
        return _fitting_one_of(value, get_args(hint))
    kind = get_origin(hint) or hint
    if kind is dict and isinstance(value, dict):
        return _fitting_form(value, (*get_args(hint), Any, Any)[1])
    if kind is list and isinstance(value, list):
        return [_fitting(each, (*get_args(hint), Any)[0]) for each in value]
    if not _is_plain(value, kind):
        raise EventRefusedError("event_arguments")
    return clean(value) if isinstance(value, str) else value


def _fitting_one_of(value: Any, hints: tuple[Any, ...]) -> Any:
    for hint in hints:
        try:
            return _fitting(value, hint)
        except EventRefusedError:
            continue
    raise EventRefusedError("event_arguments")


def _fitting_form(data: dict[str, Any], hint: Any) -> dict[str, Any]:
    """Return the fields of a form that hold what the handler announces; a browser may send more of them."""
    fitting = {}
    for name, value in _form_fields(data):
        try:
            fitting[clean(name)] = _fitting(value, hint)
        except EventRefusedError:
            continue
    return fitting


def _form_fields(data: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return names and values of a submitted form; Reflex's pages send them as pairs under a key of its own."""
    pairs = data.get(FORM_DATA_ENTRIES_KEY)
    if not isinstance(pairs, list):
        return list(data.items())
    return [
        (pair[0], pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2 and _is_plain(pair[0], str)
    ]


def _is_plain(value: Any, kind: Any) -> bool:
    if kind is Any:
        return value is None or isinstance(value, str | int | float | bool)
    if kind is int:
        return type(value) is int and abs(value) < _SAFE_INTEGER
    if kind is float:
        return type(value) in (int, float)
    return kind in (str, bool, NoneType) and type(value) is kind


def _place(data: object) -> dict[str, Any]:
    """Return where the event says it comes from; Reflex parses these with functions that raise on anything else."""
    said = data if isinstance(data, dict) else {}
    query = said.get("query")
    fields = query.items() if isinstance(query, dict) else ()
    return {
        "pathname": _path(said.get("pathname")),
        "asPath": _path(said.get("asPath")),
        "query": {clean(name): clean(value) for name, value in list(fields)[:_QUERY_FIELDS] if isinstance(value, str)},
    }


def _path(value: object) -> str:
    is_path = isinstance(value, str) and value.startswith("/") and len(value) <= _LONGEST_PATH
    return clean(str(value)) if is_path else "/"

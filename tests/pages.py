"""A page's state as its handlers see it, without a browser: the cookie, the tab and the address are those given."""

import asyncio
from typing import Any, TypeVar

import reflex as rx
from reflex.istate.data import RouterData
from reflex.state import State

from app.services import visitors
from app.state.detour import DetourState

T = TypeVar("T", bound=rx.State)
COOKIE = "v" * 43


def visitor() -> str:
    """Return the key of the visitor whose browser opens the pages."""
    key = visitors.key_of(f"{visitors.cookie_name()}={COOKIE}")
    assert key is not None
    return key


def opened(page: type[T], path: str = "/", cookie: str = "") -> T:
    """Return the state of a page opened in a tab of its own; `cookie` is sent beside the visitor's."""
    root = State(_reflex_internal_init=True)  # type: ignore[call-arg]
    root.router = RouterData.from_router_data(  # type: ignore[method-assign]
        {
            "headers": {"cookie": f"{visitors.cookie_name()}={COOKIE}; {cookie}", "origin": "http://localhost"},
            "token": "0c5dcf5e-9b6f-4b27-b0f4-6b3a1f3a1b55",
            "asPath": path,
            "pathname": path,
            "query": {},
        }
    )
    return root.get_substate(page.get_full_name().split(".")[1:])  # type: ignore[return-value]


def press(state: rx.State, name: str, *arguments: Any) -> Any:
    """Run a handler, to its end; return what it returned, or the last thing it yielded."""
    handler = type(state).event_handlers[name].fn

    async def run() -> Any:
        result = handler(_Locked(state) if type(state).event_handlers[name].is_background else state, *arguments)
        if hasattr(result, "__aiter__"):
            return [each async for each in result][-1]
        return await result

    return asyncio.run(run())


def sent_ahead(state: rx.State) -> str:
    """Return the sentence that the page to come will show."""
    root = state._get_root_state()
    detour: DetourState = root.get_substate(DetourState.get_full_name().split(".")[1:])  # type: ignore[assignment]
    return detour._next


class _Locked:
    """What a background handler is given: the state, to be locked before anything is written."""

    def __init__(self, state: rx.State) -> None:
        self.__dict__["state"] = state

    def __getattr__(self, name: str) -> Any:
        return getattr(self.state, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.state, name, value)

    async def __aenter__(self) -> "_Locked":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of nothing."""

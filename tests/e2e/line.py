"""A line between browser and portal that can be cut: browsers keep websockets open when they play « offline »."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

_COOKIE = (b"set-cookie: visitor=", b"x-lost-one: visitor=")


class Line:
    """Carries bytes to and from a port of this machine, unless it is cut.

    `without_cookies` renames the header that sets the visitor's cookie.
    """

    def __init__(self, target: int, *, without_cookies: bool = False) -> None:
        self._target = target
        self._without_cookies = without_cookies
        self._is_cut = False
        self._ends: set[socket.socket] = set()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._held: set[socket.socket] = set()
        self._is_over = threading.Event()
        self._flows = threading.Event()
        self._flows.set()
        self._swallows = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._listener.getsockname()[1]}"

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Break every connection, and every new one, for the duration of the block."""
        self._is_cut = True
        self._break()
        try:
            yield
        finally:
            self._is_cut = False

    @contextmanager
    def silent(self, *, swallows: bool = False) -> Iterator[None]:
        """Carry nothing for the duration of the block, without closing anything.

        What comes meanwhile is carried afterwards, or is gone, and every connection with it, if the line `swallows`.
        """
        self._swallows = swallows
        self._flows.clear()
        try:
            yield
        finally:
            if swallows:
                self._break()
            self._flows.set()

    def leave_half_open(self) -> None:
        """Take away the browser's end of every connection: the portal is told nothing and goes on holding its own."""
        for near, far in list(self._pairs):
            self._held.add(far)
            with suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._is_over.set()
        self._flows.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._break()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        with closing(near):
            if self._is_cut:
                return
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._target)) as far:
                self._ends |= {near, far}
                self._pairs.add((near, far))
                if self._is_cut:  # while this connection was being made
                    return
                back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
                back.start()
                self._carry(near, far)
                self._pairs.discard((near, far))
                if far in self._held:
                    near.close()
                    self._is_over.wait()
                back.join()
                self._ends -= {near, far}

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self._flows.is_set():
                    self._flows.wait()
                    if self._swallows:
                        return
                sink.sendall(data.replace(*_COOKIE) if self._without_cookies else data)
        with suppress(OSError):
            if sink not in self._held:
                sink.shutdown(socket.SHUT_WR)

    def _break(self) -> None:
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(port: int, *, without_cookies: bool = False) -> Iterator[Line]:
    """Lay a line to a port for the duration of the block."""
    line = Line(port, without_cookies=without_cookies)
    try:
        yield line
    finally:
        line.close()

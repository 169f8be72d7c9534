"""The portal and the one-button page it is compared with, each built and served the way the portal is."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from app import frontend
from tests import services

_PATIENCE = 60
_NAME = "one_button"
_PAGE = '''"""The floor: a page with one button and the number of times it was pressed."""

import reflex as rx


class State(rx.State):
    count: int = 0

    @rx.event
    def press(self):
        self.count += 1


def page():
    return rx.el.button(State.count, on_click=State.press)


app = rx.App(toaster=None, reset_style=False)
app.add_page(page, route="/")
'''
_CONFIG = f"""import reflex as rx
from reflex.plugins import SitemapPlugin

config = rx.Config(
    app_name="{_NAME}",
    disable_plugins=[SitemapPlugin],
    telemetry_enabled=False,
    show_built_with_reflex=False,
    state_manager_mode="memory",
    api_url="http://localhost:PORT",
)
"""


@contextmanager
def portal() -> Iterator[str]:
    """Serve the built portal on demonstration data of its own; give its address.

    Raises FileNotFoundError when it is not built, TimeoutError when it does not answer.
    """
    if not frontend.is_built():
        raise FileNotFoundError("the pages are not built: run « make bench »")
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as data, portal_on(Path(data)) as address:
        yield address


@contextmanager
def portal_on(data: Path) -> Iterator[str]:
    """Serve the built portal on the data in a folder; give its address."""
    port = services.free_port()
    changes = {"PORT": str(port), "DATA_DIR": str(data), "LOG_LEVEL": "ERROR", "DEMO": "true", "SECRET_KEY": ""}
    changes |= dict.fromkeys(("DATABASE_URL", "REDIS_URL", "SMTP_URL", "PUBLIC_URL"), "")
    with _running([sys.executable, "-m", "app.cli", "serve"], frontend.PROJECT, port, changes) as address:
        yield address


@contextmanager
def one_button() -> Iterator[str]:
    """Serve the one-button page with the same server and options; give its address."""
    folder, port = _built_one_button()
    with _running([sys.executable, "-c", _SERVER.replace("PORT", str(port))], folder, port, _SERVING) as address:
        yield address


_SERVER = f"""import gc

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

gc.disable()
Granian(
    "{_NAME}.{_NAME}:app",
    "127.0.0.1",
    PORT,
    interface=Interfaces.ASGI,
    factory=True,
    log_level=LogLevels.warning,
    respawn_failed_workers=True,
    workers_kill_timeout=5,
).serve()
"""
_SERVING = {
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
}


@lru_cache
def _built_one_button() -> tuple[Path, int]:
    """Build the one-button page from the portal's own lock files; return its folder and the port baked into it."""
    folder, port = Path(_workshop().name), services.free_port()
    (folder / _NAME).mkdir()
    (folder / _NAME / "__init__.py").touch()
    (folder / _NAME / f"{_NAME}.py").write_text(_PAGE)
    (folder / "rxconfig.py").write_text(_CONFIG.replace("PORT", str(port)))
    shutil.copytree(frontend.PROJECT / "reflex.lock", folder / "reflex.lock")
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip", "--loglevel", "warning"]
    subprocess.run(command, cwd=folder, env=frontend.build_environment(), check=True, stdout=subprocess.DEVNULL)
    return folder, port


@lru_cache
def _workshop() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="guichet-bench-")


@contextmanager
def _running(command: list[str], folder: Path, port: int, changes: dict[str, str]) -> Iterator[str]:
    environment = {**os.environ, **changes}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        wait_for_page(address)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_page(address: str) -> None:
    """Return once the home page at `address` is answered; look every 10 ms."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=_PATIENCE) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise TimeoutError(f"nothing at {address}")

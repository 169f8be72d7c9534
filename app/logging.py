"""How the portal logs: JSON lines in production, plain lines in the demonstration, personal data in neither.

Everything ends up here, the libraries' own records included. Keys that may hold a secret or say who somebody is are
dropped, addresses and tokens inside texts are masked. In production an exception is written as its types and the
places it went through, because messages of databases and validators repeat what people typed; the messages of the
portal's own exceptions never do, and are kept.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.settings import get_settings

HIDDEN = "…"

_SECRET_KEY = re.compile(
    r"(?:^|_)(?:address|answer|authorization|body|captcha|city|civility|client|code|cookies?|details|draft|email|form"
    r"|headers|ip|names?|parameters|params|passw(?:or)?d|person|phones?|pin|query|recipients?|secret|session|sid"
    r"|street|tax|tokens?|url|user(?:name)?|visitor)(?:_|$)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[^\s<>\"'=:,;()]+@[^\s<>\"',;()]+")
_PARAMETER = re.compile(r"(?i)\b((?:token|sid|lien|password|secret|key|code)=)[^&\s\"']+")
# Reflex names tabs in its warnings.
_TAB = re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?:-[0-9a-f]{32})?\b")
_LINK = re.compile(r"(/rendez-vous/suivi/|/espace-professionnel/(?:nouveau-mot-de-passe|pas-moi)/)[^/\s\"'?]+")
_NOISY = ("asyncio", "engineio", "httpcore", "httpx", "python_multipart", "socketio", "watchfiles")


def configure() -> None:
    """Set up logging for this process on the standard error; may be called again after the settings changed."""
    settings = get_settings()
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    chain = _chain(in_production=not settings.is_demo)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *chain,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(settings.is_demo)],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # The server's own access log would write query strings, hence client tokens.
    logging.getLogger("granian.access").disabled = True


def without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop the keys that may hold a secret or personal data, mask what looks like one inside texts."""
    return {key: _masked(value) for key, value in event.items() if not _SECRET_KEY.search(key)}


def exception_as_places(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the types of the exception and its causes, and the places each went through."""
    error = _exception(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = [_described(cause) for cause in _causes(error)]
    return event


def _chain(*, in_production: bool) -> list[Processor]:
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exception_as_places if in_production else structlog.processors.format_exc_info,
        without_secrets,
    ]
    return chain


def _renderer(is_demo: bool) -> Processor:
    if is_demo:
        return structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.processors.JSONRenderer(serializer=json.dumps, default=repr)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        value = _LINK.sub(rf"\1{HIDDEN}", _PARAMETER.sub(rf"\1{HIDDEN}", _TAB.sub(HIDDEN, value)))
        return _MAIL.sub(HIDDEN, value) if "@" in value else value
    if isinstance(value, Mapping):
        return {key: _masked(inner) for key, inner in value.items() if not _SECRET_KEY.search(str(key))}
    if type(value) in (list, tuple):
        return [_masked(inner) for inner in value]
    return value


def _exception(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exc_info()[1] if exc_info else None


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return found


def _described(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    frames = traceback.extract_tb(error.__traceback__)
    described: dict[str, Any] = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if kind.__module__.startswith("app."):
        described["message"] = str(error)
    elif isinstance(error, OSError) and error.strerror:
        described["message"] = error.strerror
    return described

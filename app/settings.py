"""Every option of the portal, read from the environment (prefix-free names, see docs/operations.md)."""

from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from zxcvbn_rs_py import zxcvbn

_SECRET_AT_LEAST = 16
"""Characters below which a secret is refused; what is asked for is twice as many."""

_GUESSES_AT_LEAST = 12.5
"""Base-10 logarithm of the guesses that a secret must resist: words, rows of keys and repetitions do not."""

_ESTIMATED = 100
"""Characters of which the guesses are estimated."""


class Settings(BaseSettings):
    """Options of one running portal.

    Each field is read from the environment variable of the same name in capitals. Durations say their
    unit in their name.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    port: int = 3000
    public_url: str = Field(default="", description="Address people type; http://localhost:PORT when empty.")
    data_dir: Path = Path("data")
    database_url: str = Field(default="", description="SQLAlchemy URL; a SQLite file under data_dir when empty.")
    database_pool_size: int = 32
    redis_url: str = ""
    smtp_url: str = Field(default="", description="smtp://user:password@host:port; empty: demo mailbox.")
    mail_from: str = "Guichet <ne-pas-repondre@guichet.example>"
    secret_key: str = Field(default="", description="Comma-separated, newest first; generated into data_dir if empty.")
    demo: bool | None = Field(default=None, description="Demo data and demo pages; on by default with SQLite.")
    clock_offset: timedelta = Field(
        default=timedelta(0), description="How far the demonstration's clock is ahead of the machine's."
    )
    trust_proxy: bool = Field(default=False, description="Read X-Forwarded-For and -Proto from a proxy in front.")
    embedded_worker: bool = Field(default=True, description="Send mail and run jobs inside the web process.")
    log_level: str = "INFO"
    hold_minutes: int = 10
    hold_extension_minutes: int = 5
    hold_extensions: int = 10
    holds_per_network_and_office: int = 20
    horizon_days: int = 60
    session_idle_minutes: int = Field(default=30, ge=1)
    session_hours: int = Field(default=12, ge=1)
    activation_hours: int = Field(default=48, ge=1)
    neutral_answers: bool = Field(default=False, description="Never tell at sign-up that an address is in use.")
    assistance_email: str = "assistance@guichet.example"

    @model_validator(mode="after")
    def _moves_the_clock_of_a_demonstration_only(self) -> Self:
        if self.clock_offset and not self.is_demo:
            raise ValueError("CLOCK_OFFSET moves the clock of the demonstration only: leave it out, or set DEMO=1")
        return self

    @property
    def site_url(self) -> str:
        """Address of the portal without a final slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Origins whose pages may open the websocket or post a form: the public address, or this machine's names."""
        if self.public_url:
            return (self.site_url,)
        return tuple(f"http://{host}:{self.port}" for host in ("localhost", "127.0.0.1", "[::1]"))

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database in use."""
        return self.database_url or f"sqlite:///{self.data_dir / 'guichet.db'}"

    @property
    def is_demo(self) -> bool:
        """Whether demo data and demo pages exist here."""
        return self.database.startswith("sqlite") if self.demo is None else self.demo

    @property
    def weak_secret(self) -> str:
        """What is wrong with the secrets that sign cookies, links and forms; empty when nothing is.

        Asked when the portal starts. A short secret can be guessed from one signed link, and opens all the others.
        """
        name = "SECRET_KEY" if self.secret_key else str(self._secret_file)
        if not self.secret_key and not self._secret_file.exists():
            return ""
        found = self.secret_keys
        if found and not any(map(_is_guessable, found)):
            return ""
        return (
            f"{name}: too short or too easy to guess, give each secret at least 32 random characters; make one with "
            '« python -c "import secrets; print(secrets.token_urlsafe(48))" », or leave SECRET_KEY out to have one '
            "made and kept in DATA_DIR"
        )

    @property
    def demo_mailbox(self) -> bool:
        """Whether mails are shown in the demo mailbox instead of being sent."""
        return not self.smtp_url

    @property
    def secret_keys(self) -> list[str]:
        """Secrets of the portal, newest first; the first one signs, all of them verify."""
        if self.secret_key:
            return [key.strip() for key in self.secret_key.split(",") if key.strip()]
        return [_generated_secret(self._secret_file)]

    @property
    def _secret_file(self) -> Path:
        return self.data_dir / "secret_key"


def _is_guessable(secret: str) -> bool:
    guesses = zxcvbn(secret[:_ESTIMATED], ["guichet", "secret", "key"]).guesses_log10
    return len(secret) < _SECRET_AT_LEAST or guesses < _GUESSES_AT_LEAST


def _generated_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{token_urlsafe(6)}")
        draft.touch(mode=0o600)
        draft.write_text(token_urlsafe(48))
        # Two processes may start at once: a hard link is made by one of them only.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text()


@lru_cache
def get_settings() -> Settings:
    """Return the options of this process; read once, `get_settings.cache_clear()` in tests reads again."""
    return Settings()

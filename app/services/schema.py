"""The database's tables, brought to the revision this code expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

_MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


class UnknownRevisionError(RuntimeError):
    """The database is at a revision that this code does not know: it was used by a newer one."""


def upgrade() -> None:
    """Create or change the tables up to the newest revision; raise UnknownRevisionError.

    Several processes may call it at once: one does the work, the others wait.
    """
    try:
        command.upgrade(configuration(), "head")
    except CommandError as error:
        raise UnknownRevisionError(str(error)) from error


def downgrade(revision: str) -> None:
    """Take the tables back to `revision`; « base » removes them all."""
    command.downgrade(configuration(), revision)


def newest_revision() -> str | None:
    """Return the revision that `upgrade` leads to."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def configuration() -> Config:
    """Return Alembic's configuration; the database is the one of the settings."""
    made = Config()
    # Alembic reads % in an option as the start of a variable.
    made.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made

"""How a command that cannot go on ends: one sentence, no trace."""

from typing import NoReturn

import typer


def fail(message: str) -> NoReturn:
    """Say what is wrong on the standard error stream and end the command with code 1."""
    typer.echo(f"guichet: {message}", err=True)
    raise typer.Exit(1)

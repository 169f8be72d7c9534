"""What is wrong with a form, field by field: what every form of the portal raises and shows the same way."""

from collections.abc import Callable, Mapping

from app.services import typed_text

TURNED = "Effacez ce champ et saisissez-le à nouveau\u00a0: un caractère invisible y change le sens de lecture."


class FieldErrors(Exception):  # noqa: N818 (it is a set of messages for a form)
    """What is wrong with the form: a French sentence for each field, saying what to do."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


class WrongFieldError(Exception):
    """One field is wrong; `message` is a French sentence that says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Checks:
    """Checks the fields of one form, so that everything wrong is said at once."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self.errors: dict[str, str] = {}

    def take(self, name: str, check: Callable[[str], str]) -> str:
        """Return what `check` makes of a field (empty if missing), an empty text if it raises WrongFieldError.

        What does not show is left out first.
        """
        try:
            return check(seen(self._fields.get(name, "")))
        except WrongFieldError as wrong:
            self.errors[name] = wrong.message
            return ""

    def finish(self) -> None:
        """Raise FieldErrors if anything was wrong."""
        if self.errors:
            raise FieldErrors(self.errors)


def seen(text: str) -> str:
    """Return a field as its reader sees it; raise WrongFieldError if it reads otherwise than it is written."""
    text = typed_text.visible(text)
    if typed_text.is_turned(text):
        raise WrongFieldError(TURNED)
    return text

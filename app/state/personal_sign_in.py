"""The way into a personal space."""

from typing import ClassVar

from app import addresses
from app.models import SpaceKind
from app.state.account import AccountState
from app.state.sign_in import SignInMixin


class PersonalSignInState(SignInMixin, AccountState):
    """« Connexion à l’espace particulier »: a tax number and a password."""

    _kind: ClassVar[SpaceKind] = SpaceKind.PERSONAL
    _pages: ClassVar[tuple[str, ...]] = addresses.PERSONAL_PAGES
    _identifier: ClassVar[str] = "numero-fiscal"

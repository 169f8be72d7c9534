"""« Effacer et quitter »: nothing of what somebody typed stays behind, on the server or in the tab."""

import reflex as rx
from reflex.state import BaseState

from app.services import journeys
from app.state.base import call, visitor_of


async def forget_all(state: rx.State) -> None:
    """Erase all that the browser behind `state` has begun, and empty what its tab holds; a session stays open."""
    visitor = visitor_of(state)
    if visitor is not None:
        await call(journeys.leave_all, visitor)
    await empty_all(state)


async def empty_all(state: rx.State) -> None:
    """Empty every state of the tab behind `state` that holds what a person typed or was shown."""
    for each in _states_with_personal_data():
        await empty(state, each)


async def empty(state: rx.State, each: type[BaseState]) -> None:
    """Empty a state of the same tab and those below it, loaded or not."""
    (await state.get_state(each)).reset()  # type: ignore[no-untyped-call]
    for below in each.get_substates():
        await empty(state, below)


def _states_with_personal_data() -> tuple[type[rx.State], ...]:
    """Return the states that hold what a person typed or was shown; some import this module."""
    from app.state.activation import ActivationState
    from app.state.assistance import AssistanceState
    from app.state.confirm_from_mail import ConfirmFromMailState
    from app.state.contact import ContactState
    from app.state.follow_up import FollowUpState
    from app.state.journey import JourneyState
    from app.state.lost_link import LostLinkState
    from app.state.mailbox import MailboxState
    from app.state.near_address import NearAddressState
    from app.state.personal_recovery import PersonalRecoveryState, PersonalResetState
    from app.state.personal_sign_in import PersonalSignInState
    from app.state.personal_sign_up import PersonalActivationState, PersonalSignUpState
    from app.state.recovery import RecoveryState, ResetState
    from app.state.sign_in import SignInState
    from app.state.sign_up import SignUpState
    from app.state.withdrawal import WithdrawalState

    personal = (PersonalSignUpState, PersonalActivationState, PersonalRecoveryState, PersonalResetState)
    journeys_of_pages = (JourneyState, SignUpState, ActivationState)
    forms = (AssistanceState, ContactState, LostLinkState, RecoveryState, ResetState, SignInState, WithdrawalState)
    asked = (NearAddressState,)
    shown = (FollowUpState, ConfirmFromMailState, MailboxState)
    return (*journeys_of_pages, *forms, *personal, PersonalSignInState, *asked, *shown)

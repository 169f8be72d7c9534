"""What is typed before an office is found belongs to the tab it was typed in, like everything after it."""

import pytest

from app.models import OfficeKind
from app.services.appointments import steps
from app.services.appointments.steps import BOOKING, Progress, Step
from app.services.journeys import JourneyGoneError
from app.state.channel import ChannelState
from app.state.details import DetailsState
from tests.factories import make_office
from tests.pages import opened, press, visitor

ME, LEAF, OTHER_LEAF = "k" * 64, "particulier/dossier/calcul/revenu", "professionnel/impots/tva"


def type_address(tab: str, leaf: str = LEAF) -> None:
    assert steps.begin(ME, tab, leaf) is not None
    steps.remember(ME, BOOKING, {"voie": "12 rue de Verdun"})


def journey() -> Progress:
    found = steps.progress(ME, BOOKING)
    assert found is not None
    return found


def test_an_address_typed_in_one_tab_waits_for_an_answer_in_another_one(db: str) -> None:
    type_address("first")
    assert steps.begin(ME, "second", LEAF) is None
    assert journey().tabs == ("first",)

    resumed = steps.resume(ME, BOOKING, "second")
    assert resumed.typed == {"voie": "12 rue de Verdun"}
    assert (resumed.step, resumed.contact_path) == (Step.OFFICE, LEAF)
    assert steps.begin(ME, "second", LEAF) is not None


def test_a_field_that_was_emptied_again_keeps_nobody_waiting(db: str) -> None:
    type_address("first")
    steps.remember(ME, BOOKING, {"voie": ""})
    begun = steps.begin(ME, "second", LEAF)
    assert begun is not None
    assert begun.tabs == ("first", "second")


def test_whoever_goes_to_another_leaf_is_led_back_to_that_one(db: str) -> None:
    type_address("first")
    type_address("first", OTHER_LEAF)
    assert journey().contact_path == OTHER_LEAF


def test_looking_at_another_leaf_leaves_the_office_that_was_chosen(db: str) -> None:
    office = make_office(kind=OfficeKind.INDIVIDUALS)
    steps.choose_office(ME, "first", office.id, LEAF, "calcul/revenu")
    type_address("first", OTHER_LEAF)
    assert (journey().contact_path, journey().step) == (LEAF, Step.TOPIC)


def test_an_office_chosen_in_another_tab_replaces_what_was_typed(db: str) -> None:
    office = make_office(kind=OfficeKind.INDIVIDUALS)
    type_address("first")
    chosen = steps.choose_office(ME, "second", office.id, LEAF, "calcul/revenu")
    assert (chosen.tabs, chosen.typed) == (("second",), {})


def test_what_a_tab_sends_late_stays_out_of_the_journey_begun_in_another_one(db: str) -> None:
    office = make_office(kind=OfficeKind.INDIVIDUALS)
    type_address("first")
    steps.choose_office(ME, "second", office.id, LEAF, "calcul/revenu")
    with pytest.raises(JourneyGoneError):
        steps.remember(ME, BOOKING, {"last_name": "Intact"}, "first")
    assert journey().typed == {}
    steps.remember(ME, BOOKING, {"last_name": "Intact"}, "second")
    assert journey().typed == {"last_name": "Intact"}


@pytest.mark.parametrize(("page", "late"), [(DetailsState, ("last_name", "Intact")), (ChannelState, ("1",))])
def test_no_page_of_booking_writes_into_the_journey_of_another_tab(
    db: str, page: type[DetailsState] | type[ChannelState], late: tuple[str, ...]
) -> None:
    office = make_office(kind=OfficeKind.INDIVIDUALS)
    steps.choose_office(visitor(), "another tab", office.id, LEAF, "calcul/revenu")
    press(opened(page), "keep", *late)
    assert steps.progress(visitor(), BOOKING).typed == {}  # type: ignore[union-attr]

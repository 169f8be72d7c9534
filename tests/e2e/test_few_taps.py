"""From the home page to the confirmation on the leaflet's own path, in at most ten taps."""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Arrive
from tests.e2e.visitor import CHANNEL, DESKTOP, DETAILS, OFFICE, PHONE_SMALL, SLOT, TOPIC, Identity, Visitor

MOST = 10
# What people press with a finger or the mouse, in whatever document; typing and its keys are not counted.
_COUNT = """addEventListener("click", ({ isTrusted, detail, target }) => {
  const [words] = target.closest("a, button").innerText.split("\\n");
  if (isTrusted && detail) sessionStorage.taps = (sessionStorage.taps ?? "") + words + "|";
}, true)"""


def tap_a_time(visitor: Visitor) -> None:
    visitor.choose_time(0)


def take_the_first(visitor: Visitor) -> None:
    visitor.button("Choisir ce créneau").click()


@pytest.mark.parametrize("choose", [tap_a_time, take_the_first])
@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_ten_taps_lead_from_home_to_the_confirmation(
    choose: Callable[[Visitor], None], screen: dict[str, int], arrive: Arrive
) -> None:
    visitor = arrive(screen)
    visitor.context.add_init_script(_COUNT)
    visitor.go("/")
    visitor.open_blocks()
    visitor.give_address("12 rue de Longchamp", "75016")
    visitor.button("Rechercher votre service").click()
    visitor.is_at(OFFICE, "Votre service")
    visitor.begin_booking()
    visitor.is_at(TOPIC, "Précisez votre motif")
    visitor.choose_topic()
    visitor.is_at(CHANNEL, "Choisissez comment être reçu")
    visitor.button("Rechercher un créneau disponible").click()
    visitor.is_at(SLOT, "Choisissez un créneau")
    choose(visitor)
    visitor.is_at(DETAILS, "Vos informations")
    visitor.fill_in(Identity(email="dix.gestes@example.org"))
    visitor.confirm()
    taps = str(visitor.page.evaluate("sessionStorage.taps")).rstrip("|").split("|")
    assert taps[0].startswith("Particulier"), taps
    assert taps[-1] == "Confirmer et terminer"
    assert len(taps) <= MOST, taps


def test_going_back_from_a_topic_that_led_on_shows_the_list_again(visitor: Visitor) -> None:
    visitor.reach(TOPIC)
    visitor.choose_topic()
    visitor.page.go_back()
    visitor.is_at(TOPIC, "Précisez votre motif")
    visitor.choose_topic()

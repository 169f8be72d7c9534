"""Reloads, cut connections, restarts, other tabs: nothing typed is lost and no step is skipped."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Arrive
from tests.e2e.line import Line, line_to
from tests.e2e.portal import Portal
from tests.e2e.visitor import (
    CHANNEL,
    CONFIRMATION,
    DETAILS,
    OFFICE,
    OTHER_OFFICE,
    PHONE,
    SLOT,
    TOPIC,
    UNDERSTAND_NOTICE,
    Identity,
    Visitor,
    typed,
)

WHO = Identity(
    email="rien.perdu@example.org",
    second_phone="01 99 00 12 34",
    details="Première ligne\nDeuxième ligne : 100 % d’accord, <b>vraiment</b>.",
)
ADDRESS = {"Numéro et voie": "12 rue de Verdun", "Code postal": "11000"}
# What the browser itself says about a connection that breaks.
BROKEN = ("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_SOCKET", "WebSocket connection to")
NOTICE = "Connexion interrompue."
FROM_CONTACT = "/contact"
STEPS = (FROM_CONTACT, TOPIC, CHANNEL, SLOT, DETAILS)


@pytest.fixture
def line(portal: Portal) -> Iterator[Line]:
    """Lay a line to the portal that can be cut."""
    with line_to(portal.port) as laid:
        yield laid


def reload(visitor: Visitor, line: Line) -> None:
    visitor.page.reload()


def go_back_and_forth(visitor: Visitor, line: Line) -> None:
    here = visitor.page.url
    visitor.page.go_back()
    expect(visitor.page).not_to_have_url(here)
    expect(visitor.title).to_be_visible()
    visitor.page.go_forward()
    expect(visitor.page).to_have_url(here)


def cut_the_connection(visitor: Visitor, line: Line) -> None:
    with line.cut():
        expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=20_000)
        visitor.reads_french()
    expect(visitor.page.get_by_text(NOTICE)).to_be_hidden(timeout=20_000)


def restart_the_server(visitor: Visitor, line: Line) -> None:
    # A click on its way when the server stops is lost, and shows as not done.
    visitor.page.wait_for_timeout(300)
    visitor.portal.stop()
    expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=20_000)
    visitor.portal.start()
    expect(visitor.page.get_by_text(NOTICE)).to_be_hidden(timeout=20_000)


@pytest.mark.parametrize("disturb", [reload, go_back_and_forth, cut_the_connection, restart_the_server])
def test_at_every_step_what_was_typed_and_chosen_stays(
    disturb: Callable[[Visitor, Line], None], arrive: Arrive, line: Line
) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    visitor.go("/")
    visitor.open_blocks()
    visitor.give_address(ADDRESS["Numéro et voie"], ADDRESS["Code postal"], "Carcassonne (Aude)")
    disturb(visitor, line)
    expect(visitor.field("Commune")).to_have_value("11069")
    assert visitor.text_of(*ADDRESS) == ADDRESS
    visitor.button("Rechercher votre service").click()

    visitor.is_at(OFFICE, "Votre service")
    disturb(visitor, line)
    expect(
        visitor.page.get_by_role("heading", name="Service des impôts des particuliers de Carcassonne")
    ).to_be_visible()
    visitor.begin_booking()

    visitor.link(UNDERSTAND_NOTICE).click()
    expect(visitor.page.get_by_role("heading", name="Documents à préparer")).to_be_visible()
    disturb(visitor, line)
    expect(visitor.page.get_by_role("heading", name="Documents à préparer")).to_be_visible()
    visitor.button("Continuer").click()

    visitor.is_at(CHANNEL, "Choisissez comment être reçu")
    visitor.page.get_by_role("radio", name="Par téléphone").check()
    disturb(visitor, line)
    expect(visitor.page.get_by_role("radio", name="Par téléphone")).to_be_checked()
    visitor.button("Rechercher un créneau disponible").click()

    visitor.is_at(SLOT, "Choisissez un créneau")
    moment = f"{visitor.choose_day(2)} à {visitor.choose_time(1)}"
    disturb(visitor, line)
    expect(visitor.page.get_by_role("button", pressed=True)).to_have_count(2)
    assert chosen(visitor) == moment
    visitor.page.get_by_role("button", name="Continuer", exact=True).click()

    visitor.is_at(DETAILS, "Vos informations")
    visitor.says(f"Nous gardons le {moment} pour vous")
    visitor.page.get_by_role("radio", name="Madame").check()
    visitor.fill_in(WHO, captcha=False)
    disturb(visitor, line)
    visitor.says(f"Nous gardons le {moment} pour vous")
    expect(visitor.field("Nom")).to_have_value(WHO.last_name)
    assert visitor.text_of(*typed(WHO)) == typed(WHO)
    expect(visitor.page.get_by_role("radio", name="Madame")).to_be_checked()
    visitor.copy_captcha()
    visitor.confirm()

    reference = visitor.fact("Référence")
    if disturb is go_back_and_forth:
        # What is booked cannot be booked again: every step leads to its confirmation.
        visitor.page.go_back()
        visitor.is_at(CONFIRMATION, "Votre rendez-vous est enregistré")
    else:
        disturb(visitor, line)
    assert visitor.fact("Référence") == reference


def chosen(visitor: Visitor) -> str:
    """Return the day and time that are marked in the agenda."""
    labels = [str(button.get_attribute("aria-label") or button.text_content()) for button in pressed(visitor)]
    day, time = (" ".join(label.split()) for label in labels)
    return f"{day.partition(',')[0]} à {time}"


def pressed(visitor: Visitor) -> list[Locator]:
    return list(visitor.page.get_by_role("button", pressed=True).all())


def test_text_typed_while_the_connection_is_cut_arrives_afterwards(arrive: Arrive, line: Line) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    visitor.reach(DETAILS)
    with line.cut():
        visitor.fill_in(WHO, captcha=False)
        expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=20_000)
    expect(visitor.page.get_by_text(NOTICE)).to_be_hidden(timeout=20_000)
    assert visitor.text_of(*typed(WHO)) == typed(WHO)
    visitor.field("Nom").press("End")
    visitor.copy_captcha()
    visitor.confirm()


def test_text_typed_while_the_server_restarts_arrives_afterwards(arrive: Arrive, portal: Portal) -> None:
    visitor = arrive(PHONE)
    visitor.tolerate(*BROKEN)
    visitor.reach(DETAILS)
    visitor.field("Nom").fill("Avant")
    portal.stop()
    visitor.fill_in(WHO, captcha=False)
    portal.start()
    expect(visitor.page.get_by_text(NOTICE)).to_be_hidden(timeout=20_000)
    expect(visitor.field("Nom")).to_have_value(WHO.last_name)
    assert visitor.text_of(*typed(WHO)) == typed(WHO)
    visitor.page.wait_for_timeout(10_000)  # the page finds the server again in its own time
    visitor.page.reload()
    expect(visitor.field("Nom")).to_have_value(WHO.last_name)
    assert visitor.text_of(*typed(WHO)) == typed(WHO)


def test_a_new_tab_asks_whether_to_resume_and_shows_nothing_of_what_was_typed(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(WHO, captcha=False)
    for step in STEPS:
        close_the_tab(visitor)
        visitor.new_tab()
        visitor.go(step)
        question = visitor.page.get_by_role("heading", name="Une demande est déjà commencée dans ce navigateur")
        expect(question).to_be_visible()
        seen = visitor.page.content()
        for secret in (WHO.last_name, WHO.first_name, WHO.email, WHO.phone, "Deuxième ligne"):
            assert secret not in seen
        visitor.button("Reprendre").click()
        visitor.is_at(DETAILS, "Vos informations")
        expect(visitor.field("Nom")).to_have_value(WHO.last_name)
        assert visitor.text_of(*typed(WHO)) == typed(WHO)


def close_the_tab(visitor: Visitor) -> None:
    """Leave the field one is in, then close the tab."""
    visitor.page.keyboard.press("Tab")
    visitor.page.wait_for_timeout(300)
    visitor.page.close()


def test_starting_again_in_a_new_tab_erases_what_was_begun(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(WHO, captcha=False)
    close_the_tab(visitor)
    visitor.new_tab()
    visitor.go(DETAILS)
    visitor.button("Recommencer").click()
    visitor.is_at("/contact", "Contact et rendez-vous")
    expect(visitor.button("Reprendre")).to_have_count(0)
    visitor.go(DETAILS)
    visitor.is_at("/contact", "Contact et rendez-vous")
    visitor.reach(DETAILS)
    expect(visitor.field("Prénom")).to_have_value("")
    assert set(visitor.text_of(*typed(WHO)).values()) == {""}


def test_typing_the_address_of_a_later_step_leads_to_the_next_open_one(visitor: Visitor) -> None:
    def leads_to(path: str, title: str, *later: str) -> None:
        for step in later:
            visitor.go(step)
            visitor.is_at(path, title)

    leads_to("/contact", "Contact et rendez-vous", OFFICE, OTHER_OFFICE, TOPIC, CHANNEL, SLOT, DETAILS, CONFIRMATION)
    visitor.find_office()
    leads_to(TOPIC, "Précisez votre motif", CHANNEL, SLOT, DETAILS)
    visitor.choose_topic()
    leads_to(CHANNEL, "Choisissez comment être reçu", SLOT, DETAILS)
    visitor.choose_channel()
    leads_to(SLOT, "Choisissez un créneau", DETAILS)
    moving = [f"/rendez-vous/replanifier/{step}" for step in ("modalite", "creneau", "verification", "confirmation")]
    leads_to("/contact", "Contact et rendez-vous", *moving)


def test_leaving_a_shared_computer_erases_everything(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(WHO, captcha=False)
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", "Vos démarches fiscales, à l’heure qui vous convient")
    visitor.page.go_back()
    visitor.is_at("/contact", "Contact et rendez-vous")
    assert WHO.email not in visitor.page.content()
    expect(visitor.button("Reprendre")).to_have_count(0)
    visitor.reach(DETAILS)
    expect(visitor.field("Prénom")).to_have_value("")
    assert set(visitor.text_of(*typed(WHO)).values()) == {""}


def test_leaving_after_the_confirmation_hides_the_appointment(visitor: Visitor) -> None:
    reference = visitor.book(Identity(email="parti@example.org"))
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", "Vos démarches fiscales, à l’heure qui vous convient")
    visitor.go(CONFIRMATION)
    visitor.is_at("/contact", "Contact et rendez-vous")
    assert reference not in visitor.page.content()

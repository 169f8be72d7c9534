"""axe-core, and no sideways scrolling, on every state of every screen.

320 px wide is 400 % zoom on a screen of 1280.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, update

from app import clock
from app.models import Appointment
from app.services import database
from app.services.appointments import access
from tests.e2e import axe
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive, settings_of
from tests.e2e.line import line_to
from tests.e2e.portal import Portal, running
from tests.e2e.test_one_seat import book, held_by, shift_hold, take_every_seat_at
from tests.e2e.visitor import (
    CHANNEL,
    DETAILS,
    OFFICE,
    SLOT,
    TOPIC,
    UNDERSTAND_NOTICE,
    Identity,
    Visitor,
)

Begin = Callable[[Page], Sweep]
PUBLIC_PAGES = (
    "/",
    "/contact",
    "/aide",
    "/aide/prendre-rendez-vous",
    "/plan-du-site",
    "/accessibilite",
    "/mentions-legales",
    "/donnees-personnelles",
    "/conditions-generales",
    "/demo/composants",
)


def test_axe_finds_what_is_wrong(visitor: Visitor) -> None:
    visitor.go("/aide")
    visitor.has_loaded()
    assert axe.violations(visitor.page) == []
    visitor.page.evaluate("() => document.documentElement.removeAttribute('lang')")
    assert [found["rule"] for found in axe.violations(visitor.page)] == ["html-has-lang"]
    visitor.page.evaluate("() => { document.querySelector('h1').style.width = '3000px'; }")
    assert axe.wider_than_screen(visitor.page)


def test_a_colour_that_is_wrong_in_the_dark_only_is_found(visitor: Visitor) -> None:
    visitor.go("/aide")
    visitor.has_loaded()
    dark = "@media (prefers-color-scheme: dark) { h1 { color: #333 !important } }"
    visitor.page.evaluate(
        "(rule) => { const s = new CSSStyleSheet(); s.replaceSync(rule); document.adoptedStyleSheets.push(s); }", dark
    )
    looked = Sweep(visitor.page)
    looked.look("aide")
    assert list(looked.found) == [f"aide, {width} px, dark" for width, _ in axe.WIDTHS]
    assert {found["rule"] for each in looked.found.values() for found in each} == {"color-contrast"}


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_pages_to_read(path: str, visitor: Visitor, sweep: Begin) -> None:
    visitor.go(path)
    visitor.has_loaded()
    expect(visitor.title).to_be_visible()
    visitor.reads_french()
    sweep(visitor.page).look(path)


def test_finding_an_office(visitor: Visitor, sweep: Begin) -> None:
    eyes = sweep(visitor.page)
    visitor.go("/contact")
    visitor.has_loaded()
    visitor.button("Recevoir le lien").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("lost link, errors")
    visitor.field("Référence du rendez-vous").fill("AAA-BBB-CCC")
    visitor.field("Adresse électronique").fill("personne@example.org")
    visitor.button("Recevoir le lien").click()
    visitor.says("un courriel avec le lien est envoyé à cette adresse")
    eyes.look("lost link, sent")

    visitor.go("/")
    visitor.open_blocks(("Particulier",))
    visitor.is_at("/contact", "Particulier")
    eyes.look("contact, blocks")
    visitor.link("Un message ou un appel suspect").click()
    visitor.says("Assistance :")
    eyes.look("contact, an answer")
    visitor.go("/")
    visitor.open_blocks()
    visitor.button("Rechercher votre service").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("address, errors")
    visitor.give_address("12 rue de Verdun", "11000", "Carcassonne (Aude)")
    eyes.look("address, several communes")
    visitor.field("Code postal").fill("75016")
    visitor.says("Commune : Paris 16e")
    visitor.page.get_by_text("Vous ne connaissez pas le code postal ?").click()
    visitor.field("Nom de la commune").fill("Saint-Denis")
    visitor.button("Chercher la commune").click()
    expect(visitor.page.get_by_role("button", name=re.compile("^Saint-Denis .Aude"))).to_be_visible()
    eyes.look("address, communes of one name")
    visitor.field("Nom de la commune").fill("Nulle-Part")
    visitor.button("Chercher la commune").click()
    visitor.says("Aucune commune ne porte ce nom")
    eyes.look("address, no commune of that name")
    visitor.button("Rechercher votre service").click()
    visitor.is_at(OFFICE, "Votre service")
    eyes.look("office")
    visitor.link("Rechercher un autre service").click()
    expect(visitor.page.get_by_role("button", name=re.compile("^Choisir ce service")).first).to_be_visible()
    eyes.look("another office")
    visitor.go("/")
    visitor.open_blocks(("Non-résident", "Vous êtes un particulier", "Vos revenus de source française"))
    expect(visitor.button("Voir ce service")).to_be_visible()
    eyes.look("the one office")


def test_booking(visitor: Visitor, sweep: Begin) -> None:
    eyes = sweep(visitor.page)
    visitor.reach(TOPIC)
    eyes.look("topic, blocks")
    visitor.link("Faire votre première déclaration").click()
    expect(visitor.button("Continuer vers le rendez-vous")).to_be_visible()
    eyes.look("topic, an answer first")
    visitor.page.go_back()
    visitor.choose_topic(UNDERSTAND_NOTICE)
    expect(visitor.page.get_by_role("radio").first).to_be_visible()
    eyes.look("channel")
    visitor.choose_channel("Par téléphone")
    expect(visitor.open_days().first).to_be_visible()
    eyes.look("agenda")
    visitor.choose_slot()
    visitor.link("Étape précédente").click()
    visitor.is_at(SLOT, "Choisissez un créneau")
    eyes.look("agenda, day and time chosen")
    visitor.button("Voir en liste").click()
    expect(visitor.page.get_by_role("table")).to_have_count(0)
    eyes.look("agenda, list")
    visitor.page.get_by_role("button", name="Continuer", exact=True).click()
    visitor.is_at(DETAILS, "Vos informations")
    expect(visitor.page.get_by_role("timer")).not_to_be_empty()
    eyes.look("details")
    visitor.press_confirm()
    expect(visitor.summary).to_be_focused()
    eyes.look("details, errors")
    visitor.fill_in(Identity(email="axe@example.org"), captcha=False)
    visitor.button("Prolonger").click()
    visitor.says("prolongé")
    eyes.look("details, hold extended")
    shift_hold(visitor, timedelta(seconds=-1))
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says("plus réservé")
    eyes.look("details, hold ended")
    visitor.copy_captcha()
    visitor.confirm()
    eyes.look("confirmation")


def test_questions_and_refusals(arrive: Arrive, portal: Portal, sweep: Begin) -> None:
    visitor = arrive()
    visitor.reach(DETAILS)
    hold = held_by(visitor)
    take_every_seat_at(hold.office_id, hold.starts_at)
    visitor.fill_in(Identity(email="axe.parti@example.org"))
    visitor.press_confirm()
    visitor.is_at(SLOT, "Choisissez un créneau")
    expect(visitor.summary).to_be_visible()
    sweep(visitor.page).look("agenda, the seat has gone")
    visitor.new_tab()
    eyes = sweep(visitor.page)
    for step in ("/contact", CHANNEL):
        visitor.go(step)
        visitor.has_loaded()
        expect(visitor.button("Reprendre")).to_be_visible()
        eyes.look(f"resume or start again, {step}")
    visitor.tolerate("404")
    visitor.go("/nulle-part")
    expect(visitor.title).to_have_text("Cette page n’existe pas")
    eyes.look("page not found")
    visitor.go("/captcha/nothing.html")
    expect(visitor.title).to_be_visible()
    eyes.look("error page of the server")

    full = arrive()
    full.find_office("1 rue de l’Exemple", "23000", "Guéret (Creuse)")
    full.begin_booking()
    full.choose_topic()
    full.choose_channel()
    expect(full.page.get_by_role("heading", name="Aucun créneau n’est libre")).to_be_visible()
    sweep(full.page).look("agenda, no free slot")

    with line_to(portal.port, without_cookies=True) as line:
        refusing = arrive(address=line.url)
        refusing.tolerate("ERR_", "WebSocket")
        refusing.go(CHANNEL)
        expect(refusing.page.get_by_role("heading", name="Votre navigateur refuse les cookies")).to_be_visible()
        eyes = sweep(refusing.page)
        eyes.look("no cookies")
        with line.cut():
            expect(refusing.page.get_by_text("Connexion interrompue.")).to_be_visible(timeout=60_000)
            eyes.look("connection lost")


def test_a_page_on_its_way(visitor: Visitor, sweep: Begin) -> None:
    # Without its websocket a page waits for ever.
    visitor.context.route_web_socket(re.compile("_event"), lambda _socket: None)
    eyes = sweep(visitor.page)
    for path in (DETAILS, SLOT, "/contact?chemin=particulier", "/rendez-vous/suivi/abcdef-abcdef", "/demo/courriels"):
        visitor.go(path)
        expect(visitor.page.get_by_role("main").get_by_role("status").first).to_be_attached()
        eyes.look(f"waiting, {path}", loaded=False)


def test_moving_and_cancelling(visitor: Visitor, sweep: Begin) -> None:
    visitor.reach(DETAILS)
    hold = held_by(visitor)
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", re.compile("Vos démarches"))
    mine = book(hold.office_id, hold.starts_at, "axe.deplace@example.org")
    link = f"/rendez-vous/suivi/{access.manage_token(mine.public_id)}"
    eyes = sweep(visitor.page)
    visitor.go(link)
    expect(visitor.button("Replanifier")).to_be_visible()
    eyes.look("follow-up")
    visitor.button("Replanifier").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    expect(visitor.open_days().first).to_be_visible()
    eyes.look("move, agenda")
    visitor.go("/rendez-vous/replanifier/modalite")
    visitor.has_loaded()
    visitor.page.get_by_role("radio", name="Par téléphone").check()
    eyes.look("move, channel")
    visitor.button("Rechercher un créneau disponible").click()
    visitor.is_at("/rendez-vous/replanifier/creneau", "Choisissez un créneau")
    visitor.choose_day(1)
    visitor.choose_time(0)
    visitor.is_at("/rendez-vous/replanifier/verification", "Vérifiez le changement")
    visitor.field("Numéro à appeler").fill("12")
    visitor.button("Confirmer le nouveau rendez-vous").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("move, check, error")
    visitor.field("Numéro à appeler").fill("06 39 98 12 34")
    visitor.button("Confirmer le nouveau rendez-vous").click()
    visitor.is_at("/rendez-vous/replanifier/confirmation", "Votre rendez-vous est déplacé")
    assert visitor.fact("Référence")
    eyes.look("move, confirmation")
    visitor.go(link)
    visitor.has_loaded()
    visitor.page.get_by_role("button", name="Annuler", exact=True).click()
    expect(visitor.page.get_by_role("heading", name="Annuler ce rendez-vous ?")).to_be_visible()
    eyes.look("follow-up, cancel?")
    visitor.button("Oui, annuler").click()
    visitor.says("Ce rendez-vous est annulé.")
    eyes.look("follow-up, cancelled")
    with database.writing() as session:
        session.exec(
            update(Appointment)
            .where(col(Appointment.public_id) == mine.public_id)
            .values(status="booked", starts_at=clock.now() - timedelta(days=2))
        )
    visitor.go(link)
    visitor.says("Ce rendez-vous est passé.")
    eyes.look("follow-up, past")
    visitor.go("/rendez-vous/suivi/abcdef-abcdefghijklmnop")
    visitor.says("Ce lien ne mène plus à un rendez-vous")
    eyes.look("follow-up, unknown link")


def test_the_demo_mailbox(pages: None, arrive: Arrive, sweep: Begin, tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(Portal(tmp_path_factory.mktemp("mailbox"))) as own, settings_of(own):
        visitor = arrive(at=own)
        eyes = sweep(visitor.page)
        visitor.go("/demo/courriels")
        visitor.says("Aucun courriel pour l’instant.")
        eyes.look("mailbox, empty")
        visitor.book(Identity(email="axe.boite@example.org"))
        visitor.go("/demo/courriels")
        visitor.has_loaded()
        visitor.page.get_by_role("button", name=re.compile("^Ouvrir")).click()
        expect(visitor.page.get_by_role("article")).to_be_visible()
        eyes.look("mailbox, a mail")
        visitor.link("Voir le message mis en forme").click()
        expect(visitor.page).to_have_url(re.compile("/demo/courriels/[0-9]+/message$"))
        eyes.look("mailbox, the HTML form of a mail")


def test_the_menu_on_a_phone(arrive: Arrive, sweep: Begin) -> None:
    visitor = arrive({"width": 360, "height": 740})
    visitor.go("/")
    visitor.has_loaded()
    visitor.button("Menu").click()
    expect(visitor.page.get_by_role("navigation", name="Menu principal")).to_be_visible()
    assert axe.violations(visitor.page) == []
    visitor.page.emulate_media(color_scheme="dark")
    assert axe.violations(visitor.page) == []
    assert axe.wider_than_screen(visitor.page) == []

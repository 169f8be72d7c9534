"""Whoever can neither read the picture nor listen to the sound passes without copying anything (WCAG 3.3.8)."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect
from sqlmodel import col, select

from app import addresses
from app.components.captcha import SCRIPT
from app.models import CaptchaChallenge
from app.services import captcha, database
from tests.e2e.axe import Sweep
from tests.e2e.test_one_seat import holds
from tests.e2e.visitor import DETAILS, PHONE, Identity, Visitor

CHOICE = "Je ne peux ni lire ni écouter : vérifier sans recopier"
DONE = "Vérification faite"
SIGN_IN = addresses.PROFESSIONAL_SIGN_IN


def group(page: Page) -> Locator:
    return page.get_by_role("group", name="Vérification sans recopier")


def compute(page: Page) -> None:
    """Choose the computation and wait for its end."""
    page.get_by_role("button", name=CHOICE).click()
    finish(page)


def finish(page: Page) -> None:
    expect(group(page).get_by_role("status")).to_contain_text(DONE, timeout=60_000)


def newest(visitor: Visitor) -> CaptchaChallenge:
    with database.reading() as session:
        statement = select(CaptchaChallenge).where(CaptchaChallenge.visitor_key == visitor.key())
        found = session.exec(statement.order_by(col(CaptchaChallenge.created_at).desc())).first()
    assert found
    return found


def test_an_appointment_is_booked_without_copying_anything(visitor: Visitor) -> None:
    loaded: list[str] = []
    visitor.page.on("request", lambda request: loaded.append(request.url))
    visitor.reach(DETAILS)
    assert not [url for url in loaded if SCRIPT in url], "nobody loads it before choosing it"
    visitor.fill_in(Identity(), captcha=False)
    compute(visitor.page)
    assert [url for url in loaded if SCRIPT in url]
    assert all(url.startswith(visitor.address) for url in loaded), "nothing leaves the site"
    visitor.confirm()


def test_by_keyboard_the_focus_goes_to_the_computation_and_back(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go(SIGN_IN)
    visitor.has_loaded()
    page.get_by_role("button", name=CHOICE).focus()
    page.keyboard.press("Enter")
    expect(group(page)).to_be_focused()
    finish(page)
    page.get_by_role("button", name="Recopier une image").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Vérification", exact=True)).to_be_focused()
    expect(page.get_by_role("img", name="Image à recopier")).to_be_visible()


def test_sending_too_early_keeps_what_was_typed_and_the_computation(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go(addresses.ASSISTANCE)
    visitor.has_loaded()
    page.get_by_role("button", name=CHOICE).click()
    expect(group(page)).to_be_visible()
    visitor.reach(DETAILS)
    visitor.fill_in(Identity(), captcha=False)
    # A computation that never ends, as on a very slow device.
    page.route(f"**{SCRIPT}", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.reload()
    visitor.has_loaded()
    page.get_by_role("button", name=CHOICE).click()
    expect(group(page)).to_be_focused()
    visitor.press_confirm()
    expect(visitor.summary).to_contain_text("Attendez la fin de la vérification")
    holds(visitor, {"Nom": "O’Connor-Ñuñez", "Prénom": "Lila"})
    page.get_by_role("link", name="Attendez la fin").click()
    expect(page.locator("#captcha")).to_be_focused()
    assert newest(visitor).used_at is None


def test_an_expired_computation_begins_again_by_itself(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(Identity(), captcha=False)
    compute(visitor.page)
    first = newest(visitor)
    assert first.kind == captcha.WORK
    captcha.check(visitor.key(), first.id, "used elsewhere")
    visitor.press_confirm()
    expect(visitor.summary).to_contain_text("La vérification a expiré")
    finish(visitor.page)
    assert newest(visitor).id != first.id
    visitor.confirm()


def test_the_form_the_browser_posts_itself_carries_it(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go(SIGN_IN)
    visitor.has_loaded()
    visitor.field("Adresse électronique").fill("personne@example.org")
    visitor.field("Mot de passe").fill("Un mot de passe quelconque 1")
    compute(page)
    done = newest(visitor)
    visitor.button("Se connecter").click()
    # The password is wrong, the computation was right.
    expect(page.get_by_role("alert").filter(has_text="Vous n’êtes pas connecté")).not_to_contain_text("caractères")
    with database.reading() as session:
        used = session.get(CaptchaChallenge, done.id)
        assert used
        assert used.used_at is not None
    expect(visitor.field("Adresse électronique")).to_have_value("personne@example.org")
    finish(page)
    assert newest(visitor).id != done.id, "a new one begins by itself"


def test_a_browser_that_cannot_compute_says_what_to_do(visitor: Visitor) -> None:
    visitor.page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })")
    visitor.go(SIGN_IN)
    visitor.has_loaded()
    visitor.page.get_by_role("button", name=CHOICE).click()
    expect(group(visitor.page).get_by_role("status")).to_contain_text("connexion sécurisée")
    expect(visitor.page.get_by_role("button", name="Recopier une image")).to_be_visible()


def test_every_state_of_it_satisfies_axe(visitor: Visitor, sweep: Callable[[Page], Sweep]) -> None:
    page = visitor.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    eyes = sweep(page)
    visitor.go(addresses.DEMO_COMPONENTS)
    visitor.has_loaded()
    expect(page.get_by_alt_text("Image à recopier")).to_be_visible()
    stopped = "crypto.subtle.deriveBits = () => new Promise(() => {})"
    page.evaluate(f"() => {{ {stopped} }}")
    page.get_by_role("button", name=CHOICE).click()
    expect(group(page).get_by_role("progressbar")).to_be_visible()
    expect(group(page).get_by_role("status")).to_contain_text(re.compile("en cours"))
    eyes.look("computing")
    page.get_by_role("button", name="Avec ou sans erreur").click()
    expect(page.locator("#captcha-erreur")).to_be_visible()
    eyes.look("computing, with an error")
    page.reload()
    visitor.has_loaded()
    finish(page)
    eyes.look("computed")

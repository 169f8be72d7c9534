"""Somebody else's tab, link, appointment and mail; steps skipped; pages of other sites (OWASP ASVS 8.2, 4.4)."""

import asyncio
from typing import Any

import httpx
import pytest

from app import addresses
from app.services import visitors
from tests.e2e.portal import Portal
from tests.hostile import walk
from tests.hostile.attacker import ROOT, Attacker, HungUpError, attack, visit
from tests.hostile.walk import CHANNEL, DETAILS, FOLLOW_UP, JOURNEY, MAILBOX, OTHER_OFFICE, PERSON, SLOT, TOPIC, Victim

LOADED = (
    "/contact?chemin=particulier/dossier/calcul/revenu",
    "/contact/service",
    "/rendez-vous/motif",
    "/rendez-vous/modalite",
    "/rendez-vous/creneau",
    "/rendez-vous/informations",
    "/rendez-vous/confirmation",
    "/rendez-vous/replanifier/creneau",
    "/rendez-vous/replanifier/verification",
    "/rendez-vous/replanifier/confirmation",
    "/demo/courriels",
)


class TestAStolenToken:
    @pytest.mark.parametrize("cookie", ["other", None])
    def test_shows_nothing_of_the_tab_it_was_stolen_from(
        self, portal: Portal, victim: Victim, cookie: str | None
    ) -> None:
        own = visitors.new_token() if cookie else None

        async def steal() -> str:
            async with attack(portal.url, cookie=own, token=victim.token) as thief:
                await thief.settle()
                await thief.call(f"{ROOT}.hydrate")
                for page in LOADED:
                    await thief.go(page)
                return "".join(thief.heard)

        _assert_nothing_of(victim, asyncio.run(steal()))

    def test_shows_nothing_while_the_tab_is_open_either(self, portal: Portal) -> None:
        async def steal() -> tuple[str, str]:
            async with visit(portal.url) as person:
                await walk.to_details(person, walk.SECRET_STREET)
                await person.call(f"{DETAILS}.keep", {"name": "last_name", "value": "Grandsecret"})
                await person.settle()
                async with attack(portal.url, cookie=visitors.new_token(), token=person.token) as thief:
                    await thief.settle()
                    for page in LOADED:
                        await thief.go(page)
                    await person.go("/rendez-vous/informations")
                    await thief.listen(0.5)
                    return "".join(thief.heard), "".join(person.heard)

        thief, person = asyncio.run(steal())
        assert "Grandsecret" in person
        assert "Grandsecret" not in thief
        assert walk.SECRET_STREET not in thief

    def test_does_give_the_tab_back_to_its_own_browser(self, portal: Portal) -> None:
        async def come_back() -> Any:
            cookie = visitors.new_token()
            async with visit(portal.url, cookie=cookie) as person:
                await walk.to_details(person)
                token = person.token
            async with attack(portal.url, cookie=cookie, token=token) as person:
                await person.go("/rendez-vous/informations")
                return person.get("journey_state", "phase")

        assert asyncio.run(come_back()) == "ready"


class TestTheWebsocket:
    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", None])
    def test_is_closed_to_pages_of_other_sites(self, portal: Portal, victim: Victim, origin: str | None) -> None:
        async def ride() -> None:
            async with attack(portal.url, cookie=victim.cookie, origin=origin):
                pass

        with pytest.raises(HungUpError):
            asyncio.run(ride())

    @pytest.mark.parametrize("token", ["x", "a" * 37, "é" * 36, "../../../../../../../../etc/passwd--", "{0}" * 12])
    def test_takes_no_token_that_no_browser_makes(self, portal: Portal, token: str) -> None:
        async def connect() -> None:
            async with attack(portal.url, cookie=visitors.new_token(), token=token):
                pass

        with pytest.raises(HungUpError):
            asyncio.run(connect())


class TestNoStepCanBeSkipped:
    def test_nothing_is_booked_without_a_journey(self, portal: Portal) -> None:
        async def skip(attacker: Attacker) -> None:
            for handler in (f"{TOPIC}.choose", f"{SLOT}.take_first", f"{SLOT}.take_chosen", f"{JOURNEY}.extend"):
                await attacker.call(handler)
            await attacker.call(f"{CHANNEL}.choose", {"data": {"canal": "1"}})
            await attacker.call(f"{DETAILS}.submit", {"data": {**PERSON, "captcha": "AAAAAA"}})
            await attacker.settle()

        assert _booked_by(portal, skip) == 0

    def test_nothing_is_booked_without_a_chosen_time(self, portal: Portal) -> None:
        async def skip(attacker: Attacker) -> None:
            await walk.to_slot(attacker)
            await attacker.call(f"{DETAILS}.change_captcha")
            await attacker.settle()
            await attacker.call(f"{DETAILS}.submit", {"data": {**PERSON, "captcha": walk.newest_captcha_answer()}})
            await attacker.settle()
            assert attacker.redirects[-1] == "/rendez-vous/creneau"

        assert _booked_by(portal, skip) == 0

    @pytest.mark.parametrize("captcha", ["", "AAAAAA", "0" * 20])
    def test_nothing_is_booked_without_the_captcha(self, portal: Portal, captcha: str) -> None:
        async def skip(attacker: Attacker) -> None:
            await walk.to_details(attacker)
            await attacker.call(f"{DETAILS}.submit", {"data": {**PERSON, "captcha": captcha}})
            await attacker.settle()
            assert "captcha" in attacker.get("details_state", "errors")

        assert _booked_by(portal, skip) == 0

    def test_two_submissions_at_once_book_once(self, portal: Portal) -> None:
        async def insist(attacker: Attacker) -> None:
            await walk.to_details(attacker)
            data = {"data": {**PERSON, "captcha": walk.newest_captcha_answer()}}
            for _ in range(5):
                await attacker.call(f"{DETAILS}.submit", data)
            await attacker.settle()

        assert _booked_by(portal, insist) == 1

    def test_an_office_or_a_channel_that_was_not_offered_is_not_taken(self, portal: Portal) -> None:
        async def choose(attacker: Attacker) -> None:
            await walk.to_slot(attacker)
            facts = attacker.get("slot_state", "facts")
            for office in (1, 2, 3, 500, 2**31 - 1):
                await attacker.call(f"{SLOT}.take_office", {"office_id": office})
            for channel in (0, 3, 4, 7, 64):
                await attacker.call(f"{SLOT}.take_channel", {"channel": channel})
            await attacker.settle()
            assert attacker.get("slot_state", "facts") == facts

        assert _booked_by(portal, choose) == 0

    def test_a_time_that_was_not_shown_is_not_chosen(self, portal: Portal) -> None:
        async def choose(attacker: Attacker) -> None:
            await walk.to_slot(attacker)
            for day in ("2020-01-06", "2099-01-05", attacker.get("slot_state", "first_day")):
                await attacker.call(f"{SLOT}.choose_day", {"day": day})
                for at in ({}, {"day": day}, {"day": "2099-01-06"}, {"day": "x"}):
                    await attacker.call(f"{SLOT}.choose_time", {"time": "03:07", **at})
                await attacker.call(f"{SLOT}.take_chosen")
            await attacker.settle()
            assert attacker.get("slot_state", "chosen_time") == ""
            assert "/rendez-vous/informations" not in attacker.redirects

        assert _booked_by(portal, choose) == 0

    def test_an_office_of_another_kind_is_not_taken(self, portal: Portal) -> None:
        async def choose(attacker: Attacker) -> None:
            await walk.to_slot(attacker)
            before = attacker.get("office_state", "office")
            attacker.path = "/contact/autre-service"
            for office in range(1, 12):
                await attacker.call(f"{OTHER_OFFICE}.take", {"office_id": office})
            await attacker.go("/contact/service")
            assert before is None or attacker.get("office_state", "office")["name"]

        assert _booked_by(portal, choose) == 0


def test_an_address_of_any_length_is_taken_as_far_as_it_fits(portal: Portal) -> None:
    async def search() -> list[str]:
        async with visit(portal.url) as attacker:
            await attacker.go(walk.CONTACT_PAGE)
            long = {"voie": "é" * 4000, "code-postal": "33000", "commune": "é" * 4000}
            await attacker.call(f"{walk.CONTACT}.search", {"data": long})
            await attacker.settle()
            return attacker.redirects

    assert asyncio.run(search()) == ["/contact/service"]


def test_leaving_takes_everything_out_of_the_tab(portal: Portal) -> None:
    async def leave() -> tuple[str, str]:
        async with visit(portal.url) as person:
            await walk.to_details(person, walk.SECRET_STREET)
            await person.call(f"{DETAILS}.keep", {"name": "last_name", "value": "Grandsecret"})
            await person.go("/rendez-vous/informations")
            await person.go(walk.CONTACT_PAGE)
            shown = "".join(person.heard)
            await person.call(f"{JOURNEY}.leave")
            await person.settle()
            person.heard.clear()
            await person.call(f"{ROOT}.hydrate")
            for page in LOADED:
                await person.go(page)
            return shown, "".join(person.heard)

    shown, left = asyncio.run(leave())
    assert walk.SECRET_STREET in shown
    assert "Grandsecret" in shown
    assert walk.SECRET_STREET not in left
    assert "Grandsecret" not in left


class TestAnAppointment:
    @pytest.mark.parametrize("change", ["", "x", "é", "%00", "/..", "A" * 5000])
    def test_does_nothing_at_a_link_the_portal_did_not_make(self, portal: Portal, victim: Victim, change: str) -> None:
        forged = [
            f"/rendez-vous/suivi/{victim.public_id}{change}",
            f"{victim.link.rstrip('/')}{change or 'a'}",
            f"/rendez-vous/suivi/{change}",
            f"/rendez-vous/suivi/{victim.reference}",
        ]

        async def try_all(attacker: Attacker) -> None:
            for link in forged:
                await attacker.go(link)
                for action in ("ask", "cancel", "reschedule"):
                    await attacker.call(f"{FOLLOW_UP}.{action}")
                await attacker.settle()
                assert attacker.get("follow_up_state", "status") in ("unknown", "loading")

        _attack_on(portal, victim, try_all)

    def test_is_not_cancelled_by_a_link_alone_nor_without_asking(self, portal: Portal, victim: Victim) -> None:
        async def open_link(attacker: Attacker) -> None:
            await attacker.go(victim.link)
            await attacker.call(f"{FOLLOW_UP}.cancel")
            await attacker.settle()

        _attack_on(portal, victim, open_link, sees=True)

    def test_is_not_moved_without_its_link(self, portal: Portal, victim: Victim) -> None:
        async def move(attacker: Attacker) -> None:
            for page in ("/rendez-vous/replanifier/creneau", "/rendez-vous/replanifier/verification"):
                await attacker.go(page)
                await attacker.call(f"{SLOT}.take_first")
                await attacker.call(f"{JOURNEY}.app___state___details____check_state.submit", {"data": {"phone": ""}})
                await attacker.settle()

        _attack_on(portal, victim, move)

    def test_has_mails_that_only_its_own_browser_reads(self, portal: Portal, victim: Victim) -> None:
        async def read(attacker: Attacker) -> None:
            await attacker.go("/demo/courriels")
            for mail in range(1, 40):
                await attacker.call(f"{MAILBOX}.open", {"mail_id": mail})
            await attacker.settle()
            assert attacker.get("mailbox_state", "letters") == []

        _attack_on(portal, victim, read)

    def test_has_mails_whose_files_only_its_own_browser_opens(self, portal: Portal, victim: Victim) -> None:
        name = visitors.cookie_name()
        with httpx.Client(base_url=portal.url) as stranger:
            for mail in range(1, 40):
                for path in (addresses.mail_page(mail), addresses.mail_calendar(mail)):
                    for cookies in ({}, {"Cookie": f"{name}={visitors.new_token()}"}):
                        answer = stranger.get(path, headers=cookies)
                        assert answer.status_code == 404
                        _assert_nothing_of(victim, answer.text)
            own = {"Cookie": f"{name}={victim.cookie}"}
            opened = [stranger.get(addresses.mail_page(mail), headers=own) for mail in range(1, 40)]
        assert any(victim.reference in answer.text for answer in opened)


def _attack_on(portal: Portal, victim: Victim, attack_it: Any, *, sees: bool = False) -> None:
    before = walk.appointments()

    async def run() -> str:
        async with visit(portal.url) as attacker:
            await attack_it(attacker)
            return "".join(attacker.heard)

    heard = asyncio.run(run())
    assert walk.appointments() == before
    if not sees:
        _assert_nothing_of(victim, heard)


def _booked_by(portal: Portal, do: Any) -> int:
    """Return how many appointments this made; whatever time it held is free again."""
    before = len(walk.appointments())

    async def run() -> None:
        async with visit(portal.url) as attacker:
            await do(attacker)
            await attacker.call(f"{JOURNEY}.leave")
            await attacker.settle()

    asyncio.run(run())
    return len(walk.appointments()) - before


def _assert_nothing_of(victim: Victim, heard: str) -> None:
    shown = [secret for secret in victim.secrets() if secret in heard]
    # What the attacker typed into an address comes back to the attacker.
    typed = (victim.public_id, victim.reference, victim.link)
    assert [secret for secret in shown if secret not in typed] == []

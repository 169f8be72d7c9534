"""Somebody else's sign-up, code and space: a stolen tab, every handler by hand, two tabs (OWASP ASVS 8.2, 7.2)."""

import asyncio
from typing import Any

import pytest

from app import addresses
from app.services import visitors
from tests.e2e.portal import Portal
from tests.hostile import account_walk
from tests.hostile.account_walk import ACTIVATION, FORM, PAGES, SIGN_UP, SUMMARY, TYPED, Owner
from tests.hostile.attacker import ROOT, Attacker, attack, visit
from tests.hostile.inventory import Handler

DRAFT = (TYPED["last_name"], TYPED["trust_answer"], TYPED["phone"], TYPED["street_name"])


def test_the_owner_did_hear_what_nobody_else_may(owner: Owner) -> None:
    heard = _joined(owner.heard)
    for secret in (TYPED["last_name"], TYPED["trust_answer"], account_walk.EMAIL, owner.code, owner.number):
        assert secret in heard
    for never in (account_walk.PASSWORD, owner.session, owner.cookie, *owner.captcha_answers):
        assert never not in heard


class TestAStolenToken:
    @pytest.mark.parametrize("cookie", ["other", None])
    def test_shows_nothing_of_the_space(self, portal: Portal, owner: Owner, cookie: str | None) -> None:
        own = visitors.new_token() if cookie else None

        async def steal() -> str:
            async with attack(portal.url, cookie=own, token=owner.token) as thief:
                return await _look_everywhere(thief)

        _assert_nothing_of(owner, asyncio.run(steal()))

    def test_shows_nothing_of_a_sign_up_under_way(self, portal: Portal) -> None:
        async def steal() -> tuple[str, str]:
            cookie = visitors.new_token()
            async with visit(portal.url, cookie=cookie, network="127.0.3.1") as person:
                await account_walk.to_form(person, cookie, "en.cours@example.org")
                async with attack(portal.url, cookie=visitors.new_token(), token=person.token) as thief:
                    heard = await _look_everywhere(thief)
                    await person.go(addresses.SIGN_UP_FORM)
                    await thief.listen(0.5)
                    return heard + "".join(thief.heard), "".join(person.heard)

        thief, person = map(_joined, asyncio.run(steal()))
        for typed in (*DRAFT, "en.cours@example.org"):
            assert typed in person
            assert typed not in thief


def test_a_stranger_who_calls_every_handler_of_an_account_learns_nothing(
    portal: Portal, owner: Owner, handlers: list[Handler]
) -> None:
    about_accounts = ("sign_up", "activation", "account", "recovery", "withdrawal", "mailbox")
    own = [each for each in handlers if each.own and not each.name.endswith(".setvar")]
    called = [each for each in own if any(f"____{name}" in each.name for name in about_accounts)]

    async def pry() -> str:
        async with visit(portal.url, network="127.0.3.2") as stranger:
            for handler in called:
                plain = {"str": "email", "int": 1, "dict": {**TYPED, "email": "autre@example.org"}, "bool": True}
                await stranger.call(handler.name, {name: plain[kind] for name, kind in handler.arguments.items()})
                await stranger.settle()
            stranger.heard.clear()
            return await _look_everywhere(stranger)

    assert len(called) > 30
    _assert_nothing_of(owner, asyncio.run(pry()))


def test_a_second_tab_of_the_same_browser_is_asked_before_it_shows_anything(portal: Portal) -> None:
    async def look() -> str:
        cookie = visitors.new_token()
        async with visit(portal.url, cookie=cookie, network="127.0.3.3") as person:
            await account_walk.to_form(person, cookie, "deux.onglets@example.org")
        async with visit(portal.url, cookie=cookie, network="127.0.3.3") as other:
            return await _look_everywhere(other)

    heard = _joined([asyncio.run(look())])
    assert [typed for typed in (*DRAFT, "deux.onglets@example.org") if typed in heard] == []


@pytest.mark.parametrize("ends", ["finished", "left"])
def test_a_tab_forgets_what_was_typed_there_once_another_one_has_ended_the_sign_up(portal: Portal, ends: str) -> None:
    email = f"autre.onglet.{ends}@example.org"

    async def end() -> tuple[str, str]:
        cookie = visitors.new_token()
        network = {"finished": "127.0.3.4", "left": "127.0.3.5"}[ends]
        async with (
            visit(portal.url, cookie=cookie, network=network) as first,
            visit(portal.url, cookie=cookie, network=network) as second,
        ):
            await account_walk.to_form(first, cookie, email)
            await second.go(addresses.SIGN_UP_FORM)
            await second.call(f"{SIGN_UP}.resume")
            await second.go(addresses.SIGN_UP_FORM)
            before = "".join(second.heard)
            if ends == "finished":
                await first.call(f"{FORM}.submit", {"data": TYPED})
                await first.settle()
                await first.call(f"{SUMMARY}.submit", {"data": {}})
            else:
                await first.call(f"{SIGN_UP}.leave")
            await first.settle()
            await second.go(addresses.SIGN_UP_FORM)
            second.heard.clear()
            await second.call(f"{ROOT}.hydrate")
            for page in (addresses.SIGN_UP_REGISTERED, addresses.HOME):
                await second.go(page)
            return before, "".join(second.heard)

    before, after = map(_joined, asyncio.run(end()))
    for typed in DRAFT:
        assert typed in before
        assert typed not in after
    assert (email in after) == (ends == "finished"), "« Enregistrement » says where the code went"


def test_leaving_erases_every_form_of_the_browser(portal: Portal) -> None:
    async def leave() -> tuple[str, str]:
        cookie = visitors.new_token()
        recovery = f"{ROOT}.app___state___recovery____recovery_state"
        async with visit(portal.url, cookie=cookie, network="127.0.3.6") as person:
            await account_walk.to_form(person, cookie, "parti@example.org")
            await person.go(addresses.RECOVERY)
            await person.call(f"{recovery}.keep", {"name": "email", "value": "parti.aussi@example.org"})
            await person.go(addresses.RECOVERY)
            before = "".join(person.heard)
            # « Effacer et quitter » of any journey: whoever comes next at this computer must find nothing.
            await person.call(f"{ACTIVATION}.leave")
            await person.settle()
            person.heard.clear()
            return before, await _look_everywhere(person)

    before, after = map(_joined, asyncio.run(leave()))
    for typed in (*DRAFT, "parti@example.org", "parti.aussi@example.org"):
        assert typed in before
        assert typed not in after


async def _look_everywhere(attacker: Attacker) -> str:
    """Ask for all variables and open every page of an account; return all that was heard."""
    await attacker.settle()
    await attacker.call(f"{ROOT}.hydrate")
    for page in PAGES:
        await attacker.go(page)
    return "".join(attacker.heard)


def _assert_nothing_of(owner: Owner, heard: str) -> None:
    assert [secret for secret in owner.secrets() if secret in _joined([heard])] == []


def _joined(heard: Any) -> str:
    """Return what was heard as people read it: JSON may have written « é » as an escape."""
    text = "".join(heard)
    return text + text.encode().decode("unicode_escape", errors="ignore")

"""Which passwords are accepted, how strong they look, and that what is kept fits them and nothing else."""

import asyncio
import threading
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import bcrypt
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.services import typed_text
from app.services.accounts import passwords
from app.services.accounts.passwords import PasswordRefusedError, PasswordsBusyError, Strength
from app.settings import get_settings
from tests.accounts import PASSWORD, quick_passwords

VARIED = (
    "Éà7😀'\"«Ñ»ß-xQ9kđLw2ÂzR!mp4Ü_jVt6hB8ŷGs3nYc5fD0uœKae?Wqò&Tz1yOh"
    ")Pi;X,bE(S%oJ+vAë=HgN*rM§dCl~FuŠ/kZü<Iw>ñ^U{ç}Rb|ø@x$9€v#¿pãJ°q"
)
"""Accents, emoji, quotes and digits, to make passwords of any length from."""


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    with quick_passwords():
        yield


def of_length(length: int) -> str:
    """Return an unguessable password of so many code points."""
    return (VARIED + VARIED[::-1])[:length]


def refused(password: str, **about: object) -> str:
    with pytest.raises(PasswordRefusedError) as error:
        passwords.check(password, **about)  # type: ignore[arg-type]
    assert len(password) < 8 or password not in str(error.value)
    return error.value.message


class TestRules:
    @pytest.mark.parametrize("length", [20, 72, 73, 127, 128])
    def test_any_script_is_welcome_from_20_to_128_code_points(self, length: int) -> None:
        password = of_length(length)
        assert len(password) == length
        passwords.check(password)
        kept = passwords.hash(password)
        assert len(kept) <= 100
        assert passwords.verify(password, kept)
        assert not passwords.verify(password[:-1], kept), "bcrypt alone would stop at 72 bytes"
        assert not passwords.verify(password[:-1] + "\N{SNOWMAN}", kept)

    def test_19_code_points_are_too_few_and_129_too_many(self) -> None:
        assert "au moins 20" in refused(of_length(19))
        assert "128\u00a0caractères au plus" in refused(of_length(129))

    def test_lengths_are_counted_once_accents_are_composed(self) -> None:
        nineteen = "é7-ÑœàüQ«ß»zKw9êîôç"
        assert len(nineteen) == 19
        assert len(unicodedata.normalize("NFD", nineteen)) > 20
        assert "au moins 20" in refused(unicodedata.normalize("NFD", nineteen))

    @pytest.mark.parametrize("blank", [" ", "\u00a0", "\t", "\n", "\u2009", "\u3000", "\x1f"])
    @pytest.mark.parametrize("where", [0, 10, 27])
    def test_no_white_space_of_any_width(self, blank: str, where: int) -> None:
        assert "espaces" in refused(PASSWORD[:where] + blank + PASSWORD[where:])

    @pytest.mark.parametrize("char", ["\x00", "\x07", "\x7f", "\ud800"])
    def test_what_no_keyboard_types_is_refused(self, char: str) -> None:
        assert "invisibles" in refused(PASSWORD + char)

    @pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u2060", "\u00ad", "\u200e", "\u2069"])
    def test_what_a_paste_brought_along_unseen_is_no_part_of_it(self, unseen: str) -> None:
        pasted = f"{unseen}{PASSWORD[:9]}{unseen}{PASSWORD[9:]}{unseen}"
        passwords.check(pasted)
        assert passwords.same(pasted, PASSWORD)
        assert passwords.verify(PASSWORD, passwords.hash(pasted))
        assert passwords.verify(pasted, passwords.hash(PASSWORD))

    def test_an_override_that_turns_it_round_is_refused(self) -> None:
        assert "invisibles" in refused(f"{PASSWORD}\u202ecba")

    def test_an_emoji_made_of_several_is_welcome(self) -> None:
        passwords.check(PASSWORD + "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}\N{VARIATION SELECTOR-16}")

    def test_a_letter_and_a_digit_are_needed_in_any_script(self) -> None:
        assert "une lettre" in refused("7391-4826_9053+1748=60")
        assert "un chiffre" in refused("Lune-Bleue-Ardoise-Nigaud")
        assert "un chiffre" in refused("Lune-Bleue-Ardoise-Nigaud²")
        passwords.check("луна-синяя-доска٧-глупец-жираф")

    def test_it_may_not_hold_the_start_of_the_address(self) -> None:
        assert "adresse" in refused(f"X9{PASSWORD}Rémi.Dupont", email="remi.dupont@courriel.example")
        assert "adresse" in refused(f"{PASSWORD}REMI", email="remi@courriel.example")
        passwords.check(f"{PASSWORD}zoe", email="zoe@courriel.example")
        passwords.check(PASSWORD, email="")

    def test_it_may_not_hold_the_name_of_the_portal(self) -> None:
        assert "Guichet" in refused(f"{PASSWORD}-GuÏchEt")

    @pytest.mark.parametrize("held", ["Nunez", "ñuñez", "OCONNOR", "connor", "Lecœur", "lecoeur"])
    def test_it_may_not_hold_a_name_or_a_word_of_one(self, held: str) -> None:
        names = ("O'Connor-Ñuñez", "OConnor", "Lecœur")
        assert "nom et votre prénom" in refused(f"{PASSWORD}{held}", names=names)

    def test_a_short_name_forbids_nothing(self) -> None:
        passwords.check(f"{PASSWORD}-Ng-Li", names=("Ng", "Li", ""))

    @pytest.mark.parametrize(
        "password",
        [
            "aaaaaaaaaaaaaaaaaaaa1",
            "12345678901234567890a",
            "azertyuiopqsdfghjklm1",
            "motdepassemotdepasse1",
            "qwertyuiopqwertyuiop1",
            "x9Kdx9Kdx9Kdx9Kdx9Kd",
            "a1" * 64,
            "😀" * 19 + "a1",
        ],
    )
    def test_what_is_easy_to_guess_is_refused_however_long(self, password: str) -> None:
        assert "difficile à deviner" in refused(password)
        assert passwords.strength(password) is Strength.WEAK

    def test_every_message_says_what_to_do_and_is_no_echo(self) -> None:
        for wrong in ("", "court", "a" * 200, " ", "\ud800" * 30):
            assert refused(wrong).endswith(".")

    @given(st.text(max_size=200))
    @example("\ud800")
    @example("\x00" * 20)
    def test_any_text_is_accepted_or_gets_a_sentence(self, typed: str) -> None:
        try:
            passwords.check(typed, email="camille@courriel.example", names=("Camille", "\ud800"))
        except PasswordRefusedError:
            return
        composed = unicodedata.normalize("NFC", typed_text.visible(typed))
        assert 20 <= len(composed) <= 128
        assert not any(map(str.isspace, composed))
        assert passwords.strength(typed, ("camille", "Camille")) is not Strength.WEAK


class TestStrength:
    def test_the_level_follows_the_password(self) -> None:
        assert passwords.strength("") is Strength.WEAK
        assert passwords.strength(of_length(19)) is Strength.WEAK, "it would be refused"
        assert passwords.strength("azertyuiopSoleil2019x") is Strength.FAIR
        assert passwords.strength(PASSWORD) is Strength.STRONG
        assert passwords.strength("x" * 100_000) is Strength.WEAK

    def test_words_about_the_person_count_as_guessed(self) -> None:
        password = "fitzwilliam-darcy-1813"
        assert passwords.strength(password) is not Strength.WEAK
        assert passwords.strength(password, ("fitzwilliam-darcy", "Darcy")) is Strength.WEAK

    def test_the_estimate_is_given_little_to_work_on_whatever_is_typed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        given_: list[str] = []

        def estimate(text: str, words: list[str]) -> object:
            given_.extend([text, *words])
            return SimpleNamespace(score=0, guesses_log10=0)

        monkeypatch.setattr(passwords, "zxcvbn", estimate)
        for typed in ("1" * 128, "\ud800" * 128, VARIED[:64] * 2):
            passwords.strength(typed, (typed * 1000, ""))
        assert max(len(text) for text in given_) == passwords.LONGEST


class TestKeeping:
    @given(st.text(max_size=160), st.text(max_size=160))
    @example("\x00", "\x00\x00")
    @example("\ud800", "?")
    @example("é" * 36, "é" * 37)
    def test_a_password_fits_itself_and_no_other(self, one: str, other: str) -> None:
        assume(unicodedata.normalize("NFC", one) != unicodedata.normalize("NFC", other))
        kept = passwords.hash(one)
        assert passwords.verify(one, kept)
        assert not passwords.verify(other, kept)

    @given(st.text(alphabet="éàüÑđ̣̂ạ́Å한글e\u0301\u0327", min_size=1, max_size=60))
    def test_it_does_not_matter_how_a_keyboard_composes_accents(self, typed: str) -> None:
        kept = passwords.hash(unicodedata.normalize("NFD", typed))
        assert passwords.verify(unicodedata.normalize("NFC", typed), kept)

    def test_a_password_of_128_accents_typed_in_pieces_fits(self) -> None:
        password = "ǖ" * 128
        assert passwords.verify(unicodedata.normalize("NFD", password), passwords.hash(password))

    def test_the_same_password_is_kept_differently_each_time(self) -> None:
        assert passwords.hash(PASSWORD) != passwords.hash(PASSWORD)

    @pytest.mark.parametrize("kept", ["", "x", "$", "00000000$2b$04$short", "\ud800$2b$", "plain password"])
    def test_what_was_never_made_here_fits_nothing(self, kept: str) -> None:
        assert not passwords.verify(PASSWORD, kept)
        name = passwords.hash(PASSWORD)[:8]
        assert not passwords.verify(PASSWORD, name + kept)

    def test_an_endless_password_fits_nothing(self) -> None:
        assert not passwords.verify("a" * 60_000, passwords.hash("a" * 512))

    def test_the_bare_bcrypt_of_a_password_fits_nothing(self) -> None:
        kept = passwords.hash(PASSWORD)
        stolen = kept[:8] + bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        assert not passwords.verify(PASSWORD, stolen)


class TestSecrets:
    def test_another_secret_fits_no_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = passwords.hash(PASSWORD)
        monkeypatch.setenv("SECRET_KEY", "another")
        get_settings.cache_clear()
        assert not passwords.verify(PASSWORD, kept)

    def test_a_renewed_secret_keeps_passwords_working_and_asks_for_a_new_hash(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = passwords.hash(PASSWORD)
        assert not passwords.needs_rehash(kept)
        monkeypatch.setenv("SECRET_KEY", "newer,key-of-the-tests")
        get_settings.cache_clear()
        assert passwords.verify(PASSWORD, kept)
        assert passwords.needs_rehash(kept)
        assert not passwords.needs_rehash(passwords.hash(PASSWORD))

    def test_a_higher_cost_asks_for_a_new_hash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = passwords.hash(PASSWORD)
        monkeypatch.setattr(passwords, "COST", 5)
        assert passwords.needs_rehash(kept)
        assert passwords.verify(PASSWORD, kept)


class TestWork:
    def test_nobody_to_verify_costs_as_much_as_somebody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(passwords, "COST", 8)
        kept = passwords.hash(PASSWORD)

        worked: list[str] = []
        hashed = bcrypt.hashpw

        def work(password: bytes, salt: bytes) -> bytes:
            made = hashed(password, salt)
            worked.append(salt[:7].decode())
            return made

        monkeypatch.setattr(bcrypt, "hashpw", work)
        monkeypatch.setattr(bcrypt, "checkpw", lambda typed, kept: work(typed, kept) == kept)
        for nobody in (kept, None, "", kept[:30], "00000000" + kept[8:]):
            worked.clear()
            assert not (passwords.verify_nothing("x") if nobody is None else passwords.verify("x", nobody))
            assert worked == ["$2b$08$"], nobody

    def test_only_so_many_hash_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(passwords, "_turns", threading.BoundedSemaphore(2))
        running, most, lock = 0, 0, threading.Lock()
        hashed = bcrypt.hashpw

        def counted(password: bytes, salt: bytes) -> bytes:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.01)
            try:
                return hashed(password, salt)
            finally:
                with lock:
                    running -= 1

        monkeypatch.setattr(bcrypt, "hashpw", counted)
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(passwords.verify_nothing, ["x"] * 24))
        assert most == 2

    def test_who_waits_too_long_for_a_turn_is_told_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(passwords, "_turns", threading.BoundedSemaphore(1))
        monkeypatch.setattr(passwords, "BUSY_SECONDS", 0.01)
        with passwords._turn():
            for attempt in (lambda: passwords.hash("x"), lambda: passwords.verify_nothing("x")):
                with pytest.raises(PasswordsBusyError):
                    attempt()
        passwords.hash("x")

    def test_services_that_hash_leave_the_event_loop_and_the_other_threads_free(self) -> None:
        names: set[str] = set()

        def service(number: int, *, more: int) -> int:
            names.add(threading.current_thread().name)
            passwords.verify_nothing("x")
            return number + more

        async def all_at_once() -> list[int]:
            return await asyncio.gather(*(passwords.apart(service, number, more=1) for number in range(20)))

        assert asyncio.run(all_at_once()) == list(range(1, 21))
        assert all(name.startswith("passwords") for name in names)

    def test_a_crowd_is_turned_away_at_once_and_lets_others_in_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(passwords, "_waiting", threading.BoundedSemaphore(3))
        door = threading.Event()

        async def crowd() -> None:
            inside = [asyncio.create_task(passwords.apart(door.wait, 30)) for _ in range(3)]
            await asyncio.sleep(0)
            with pytest.raises(PasswordsBusyError):
                await passwords.apart(door.wait, 30)
            inside[0].cancel()
            await asyncio.sleep(0)
            with pytest.raises(PasswordsBusyError):
                await passwords.apart(door.wait, 30)
            door.set()
            assert await inside[1]
            assert await inside[2]
            await asyncio.sleep(0.05)
            assert await passwords.apart(door.wait, 30)

        asyncio.run(crowd())

    def test_an_error_of_the_service_comes_back(self) -> None:
        with pytest.raises(ZeroDivisionError):
            asyncio.run(passwords.apart(lambda: 1 // 0))

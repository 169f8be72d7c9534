"""Which mail addresses are asked about, « Vouliez-vous dire… ? », and which never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.mail_domains import COMMON, REAL
from app.services.near_address import meant

LONG = [domain for domain in COMMON if len(domain.partition(".")[0]) >= 5]


def domain_meant(domain: str) -> str | None:
    found = meant(f"lila@{domain}")
    return found.removeprefix("lila@") if found else None


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("gmail.con", "gmail.com"),
        ("gmial.com", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("gmail.fr", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmail.comm", "gmail.com"),
        ("gmail.com.", "gmail.com"),
        ("gmail", "gmail.com"),
        ("gmailcom", "gmail.com"),
        ("gmail,com", "gmail.com"),
        ("gmail..com", "gmail.com"),
        ("gmai.lcom", "gmail.com"),
        ("gmaol.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("GMAIL.CON", "gmail.com"),
        ("orange.f", "orange.fr"),
        ("orange.fe", "orange.fr"),
        ("oragne.fr", "orange.fr"),
        ("orang.fr", "orange.fr"),
        ("orange", "orange.fr"),
        ("hotmial.fr", "hotmail.fr"),
        ("hotmial.com", "hotmail.com"),
        ("hotmail.con", "hotmail.com"),
        ("hotmail.f", "hotmail.fr"),
        ("htomial.fr", "hotmail.fr"),
        ("hotmail.cm", "hotmail.com"),
        ("yaho.fr", "yahoo.fr"),
        ("yahooo.fr", "yahoo.fr"),
        ("yahoo.om", "yahoo.com"),
        ("wanado.fr", "wanadoo.fr"),
        ("wanadou.fr", "wanadoo.fr"),
        ("laposte.ne", "laposte.net"),
        ("lapost.net", "laposte.net"),
        ("laposte.com", "laposte.net"),
        ("free.f", "free.fr"),
        ("freefr", "free.fr"),
        ("fre.fr", "free.fr"),
        ("fere.fr", "free.fr"),
        ("freee.fr", "free.fr"),
        ("sfr.f", "sfr.fr"),
        ("sfrr.fr", "sfr.fr"),
        ("srf.fr", "sfr.fr"),
        ("sfr,fr", "sfr.fr"),
        ("outlok.fr", "outlook.fr"),
        ("outloook.com", "outlook.com"),
        ("icoud.com", "icloud.com"),
        ("icloud.fr", "icloud.com"),
        ("icloud.con", "icloud.com"),
        ("live.con", "live.com"),
        ("live.cm", "live.com"),
        ("me.con", "me.com"),
        ("proton.m", "proton.me"),
        ("protonmail.fr", "protonmail.com"),
        ("clubinternet.fr", "club-internet.fr"),
        ("aliceadls.fr", "aliceadsl.fr"),
    ],
)
def test_a_slip_of_the_finger_is_asked_about(typed: str, known: str) -> None:
    assert domain_meant(typed) == known


@pytest.mark.parametrize(
    "domain",
    [
        *COMMON,
        *sorted(REAL),
        # Names their owner has in other countries.
        *("yahoo.ca", "yahoo.co.uk", "yahoo.com.br", "hotmail.be", "hotmail.it", "live.be", "live.co.uk", "outlook.de"),
        *("gmx.de", "gmx.net", "aol.co.uk", "msn.nl"),
        # Names that others have too.
        *("orange.be", "orange.es", "orange.cm", "orange.com", "free.org", "free.de", "mac.fr", "live.nl", "me.org"),
        # Words a letter away from a short name.
        *("fred.fr", "tree.fr", "frey.fr", "fret.fr", "lice.fr", "olive.fr", "alive.fr", "lives.fr", "live-event.fr"),
        *("neuve.fr", "boeuf.fr", "sur.fr", "sr.fr", "ser.fr", "amc.com", "mic.com", "macs.com", "men.com", "pme.com"),
        *("aos.com", "man.com", "bbb.fr", "noms.fr"),
        # Companies, administrations, schools.
        *("orangina.fr", "lacoste.fr", "lacoste.com", "poste.it", "poste.net", "hotel.fr", "outlet.fr", "norden.fr"),
        *("google.com", "interieur.gouv.fr", "ac-lyon.fr", "univ-nantes.fr", "mairie-orange.fr", "free-pro.fr"),
        *(
            "edf.fr",
            "cnrs.fr",
            "courriel.example",
            "exemple.fr",
            "domaine.fr",
            "example.org",
            "mail.con",
            "email.it",
            "a.fr",
            "x.y",
        ),
    ],
)
def test_a_domain_that_exists_is_not_asked_about(domain: str) -> None:
    assert domain_meant(domain) is None
    assert domain_meant(domain.upper()) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "lila",
        "@gmail.con",
        "lila@",
        "lila@@gmail.con",
        "li la@gmail.con",
        "Lila <lila@gmail.con>",
        "a@" + "g" * 400,
    ],
)
def test_what_is_no_address_is_not_asked_about(text: str) -> None:
    assert meant(text) is None


@pytest.mark.parametrize("local", ["lila", "Lila.Martin+Impots", "O'Connor", "l_i-l.a", "é", "a" * 64])
def test_what_precedes_the_at_stays_as_typed(local: str) -> None:
    assert meant(f"{local}@gmial.com") == f"{local}@gmail.com"


def test_blanks_and_what_nobody_sees_do_not_count() -> None:
    assert meant(" \u200blila@gmial.com\u00a0 ") == "lila@gmail.com"
    assert meant(" lila@gmail.com ") is None, "it is right as it is"


def test_one_that_is_too_long_is_left_alone() -> None:
    assert meant("a" * 400 + "@gmial.com") is None


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    for typed in (text, f"{text}@gmial.com", f"lila@{text}", f"lila@{text}.com"):
        found = meant(typed)
        assert found is None or found.rpartition("@")[-1] in COMMON


@given(st.text(alphabet="abcdefgilmnorstuy.-@", max_size=24), st.sampled_from(["", *COMMON]))
def test_what_is_proposed_is_not_asked_about_again(text: str, domain: str) -> None:
    found = meant(f"lila@{text}{domain}")
    assert found is None or meant(found) is None


def slips(domain: str) -> set[str]:
    """Return the domain with two neighbours exchanged, one letter left out or doubled, wherever."""
    places = range(len(domain))
    exchanged = {domain[:at] + domain[at + 1] + domain[at] + domain[at + 2 :] for at in places[:-1]}
    left_out = {domain[:at] + domain[at + 1 :] for at in places}
    doubled = {domain[:at] + domain[at] + domain[at:] for at in places}
    return (exchanged | left_out | doubled) - set(COMMON) - REAL


@pytest.mark.parametrize("domain", LONG)
def test_every_single_slip_in_a_long_domain_is_mended(domain: str) -> None:
    others = {typed: found for typed in slips(domain) if (found := domain_meant(typed)) != domain}
    assert others == {}

"""What people in France write after the @ of their mail address, and what merely looks like it.

Read by `app.services.near_address`. A domain missing here means a question that nobody is asked, never a refusal.
"""

COMMON = (
    # The more widespread of two comes first: it is the one meant where both are as near.
    "gmail.com",
    "hotmail.fr",
    "hotmail.com",
    "orange.fr",
    "wanadoo.fr",
    "yahoo.fr",
    "yahoo.com",
    "outlook.fr",
    "outlook.com",
    "free.fr",
    "laposte.net",
    "sfr.fr",
    "live.fr",
    "live.com",
    "icloud.com",
    "neuf.fr",
    "msn.com",
    "bbox.fr",
    "numericable.fr",
    "numericable.com",
    "club-internet.fr",
    "cegetel.net",
    "aliceadsl.fr",
    "aol.com",
    "aol.fr",
    "gmx.fr",
    "gmx.com",
    "ymail.com",
    "googlemail.com",
    "protonmail.com",
    "proton.me",
    "me.com",
    "mac.com",
    "noos.fr",
    "libertysurf.fr",
    "nordnet.fr",
    "rocketmail.com",
    "mailo.com",
    "netcourrier.com",
    "mediaserv.net",
)

WORDS = frozenset(("orange", "free", "live", "neuf", "proton", "me", "mac", "sfr", "bbox", "noos", "nordnet"))
"""Names that others have under another ending too: only a slip in the ending is asked about."""

NATIONAL = frozenset(("yahoo", "hotmail", "outlook", "live", "msn", "aol", "gmx"))
"""Names that their owner has under the endings of many countries."""

SLIPS_OF_COM = frozenset(("cm", "co", "om"))
"""Endings of countries that come of a letter forgotten in « com » rather than of an address there."""

REAL = frozenset(
    (
        # Of mail providers.
        "mail.com",
        "mail.fr",
        "mail.de",
        "mail.ru",
        "email.com",
        "email.fr",
        "email.de",
        "fastmail.com",
        "fastmail.fr",
        "zohomail.com",
        "gmx.net",
        "pm.me",
        "protonmail.ch",
        "proton.ch",
        "dbmail.com",
        "infomaniak.com",
        "web.de",
        "wanadoo.es",
        "wanadoo.nl",
        "wanadoo.co.uk",
        "windowslive.com",
        # Of the providers’ own staff.
        "laposte.fr",
        "orange.com",
        "sfr.com",
        # Of others, a letter away.
        "box.fr",
        "cloud.com",
        "fee.fr",
        "grange.fr",
        "mca.com",
        "nef.fr",
        "nos.fr",
        "oranger.fr",
        "oranges.fr",
        "photon.me",
        "range.fr",
    )
)
"""Domains in use that lie near a common one: nobody is asked about them."""

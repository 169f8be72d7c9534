"""The frame of every page: banner, header with menu, breadcrumb, main part, footer."""

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.el.elements.inline import A

from app import addresses
from app.components import blocks, icons, notices, session
from app.components.native_form import native_form
from app.content import topics
from app.state.account import AccountState
from app.state.detour import DetourState
from app.state.failure import FailureState

ASSISTANCE_PHONE = topics.assistance().phone
ASSISTANCE_HOURS = topics.assistance().hours
ASSISTANCE_CALL = f"tel:+33{''.join(filter(str.isdigit, ASSISTANCE_PHONE))[1:]}"

_CONTACT = ("Contact et rendez-vous", addresses.CONTACT)
_PERSONAL = ("Connexion à l’espace particulier", addresses.PERSONAL_SIGN_IN)
_PROFESSIONAL = ("Connexion à l’espace professionnel", addresses.PROFESSIONAL_SIGN_IN)
_FOOTER = (
    ("Aide", addresses.HELP),
    ("Plan du site", addresses.SITE_MAP),
    ("Accessibilité : non conforme", addresses.ACCESSIBILITY),
    ("Mentions légales", addresses.LEGAL),
    ("Données personnelles", addresses.PRIVACY),
)
# Reflex says « not hydrated » from the moment an address is left until what the next page needs has arrived.
_LOADED = {"data-loaded": rx.cond(rx.State.is_hydrated, "yes", "no")}
Crumb = tuple[str, str]


def page(
    *content: rx.Component,
    crumbs: Sequence[Crumb] = (),
    here: Any = "",
    more: Any = None,
    home: bool = False,
    to_read: bool = False,
) -> rx.Component:
    """Return a whole page: `content` inside the frame, under the links `crumbs` and the name `here` of this page.

    Unless it is only `to_read`, it says without JavaScript what else one can do.
    """
    trail = [] if home else [breadcrumb(crumbs, here, more)]
    if not (home or to_read):
        trail.append(rx.el.noscript(notices.without_script()))
    inner: list[rx.Component] = (
        list(content) if home else [rx.el.div(*trail, failure(), detour(), *content, class_name="wrap")]
    )
    return rx.fragment(
        # Not `rx.el.a`: its router would lead to the address of the page with a final slash, which is another address.
        jump("Aller au contenu", "contenu", class_name="skip"),
        demo_banner(),
        header(),
        rx.el.main(*inner, id="contenu", tab_index=-1, class_name="home" if home else "", custom_attrs=_LOADED),
        footer(),
        session.warning(),
    )


def detour() -> rx.Component:
    """Return why one reads this page instead of the one asked for."""
    return rx.cond(DetourState.words != "", notices.notice(DetourState.words, tone="warm", role="status"))


def jump(label: str, anchor: str, **attributes: Any) -> rx.Component:
    """Return a link to a place on the same page; the router's own links would lead to the page again."""
    return A.create(label, href=f"#{anchor}", **attributes)


def demo_banner() -> rx.Component:
    """Return the permanent notice that nothing here is official."""
    return rx.el.aside(
        rx.el.div(
            rx.el.b("Site de démonstration."),
            rx.el.span("Aucune démarche réelle, aucune administration réelle."),
            class_name="wrap",
        ),
        class_name="demo-banner",
        aria_label="Nature du site",
    )


def header() -> rx.Component:
    """Return the header: mark, navigation, and on phones and tablets the menu button."""
    return rx.el.header(
        rx.el.div(
            rx.el.a(
                icons.mark(),
                rx.el.span("Guichet", rx.el.small("Service fiscal de démonstration")),
                href=addresses.HOME,
                class_name="brand",
            ),
            rx.el.nav(_navigation(), class_name="main-nav", aria_label="Navigation principale"),
            rx.el.button(
                icons.bars(),
                "Menu",
                type="button",
                class_name="menu-button",
                custom_attrs={"popoverTarget": "menu"},
            ),
            class_name="wrap",
        ),
        rx.el.nav(
            rx.el.div(
                rx.el.b("Menu"),
                rx.el.button(
                    "Fermer",
                    type="button",
                    class_name="btn quiet",
                    custom_attrs={"popoverTarget": "menu", "popoverTargetAction": "hide"},
                ),
                class_name="top",
            ),
            _navigation(),
            id="menu",
            class_name="menu-panel",
            aria_label="Menu principal",
            custom_attrs={"popover": "auto"},
        ),
        class_name="site-header",
    )


def footer() -> rx.Component:
    """Return the footer; help stays at the same place on every page (WCAG 3.2.6)."""
    return rx.el.footer(
        rx.el.div(
            rx.el.nav(_links(_FOOTER), aria_label="Pied de page"),
            assistance_block(),
            class_name="wrap",
        ),
        class_name="site-footer",
    )


def assistance_block() -> rx.Component:
    """Return how to reach somebody: telephone, hours, and the form."""
    return rx.el.section(
        rx.el.h2("Assistance", id="assistance"),
        rx.el.p(rx.el.a(ASSISTANCE_PHONE, href=ASSISTANCE_CALL), f", {ASSISTANCE_HOURS}"),
        rx.el.p(rx.el.a("Écrire à l’assistance", href=addresses.ASSISTANCE)),
        class_name="assistance",
        aria_labelledby="assistance",
    )


def breadcrumb(crumbs: Sequence[Crumb], here: Any, more: Any = None) -> rx.Component:
    """Return the way from the home page to this page; `more` is a state's list of further links."""
    links = [rx.el.li(rx.el.a(label, href=href)) for label, href in (("Accueil", addresses.HOME), *crumbs)]
    if more is not None:
        links.append(rx.foreach(more, lambda item: rx.el.li(rx.el.a(item.label, href=item.href))))
    current = rx.el.li(rx.el.span(here, custom_attrs={"aria-current": "page"}))
    return rx.el.nav(rx.el.ol(*links, current), class_name="crumbs", aria_label="Fil d’Ariane")


def connection_notice() -> rx.Component:
    """Return the quiet notice of a lost connection; it shows after 1.5 s and goes by itself.

    Reflex puts the whole page inside what this returns: a fragment, so that the page is not inside the status.
    """
    return rx.fragment(
        rx.el.div(rx.cond(has_connection_errors, connection_lost()), role="status"),
        # assets/guichet.js says these where nothing else could: nobody else knows that an answer does not come.
        rx.el.div(role="status", id="ligne"),
        rx.el.div(line_silent(), id="ligne-muette", hidden=True),
        rx.el.div(line_back(), id="ligne-revenue", hidden=True),
        # Pages with a changing address, like the one mails link to, are empty until a script draws them.
        rx.el.noscript(rx.el.div(notices.without_script(), class_name="lone wrap")),
    )


def connection_lost() -> rx.Component:
    """Return what a lost connection is told with."""
    return _of_the_line("Connexion interrompue. ", "Votre saisie est conservée\u00a0; la page reprendra d’elle-même.")


def line_silent() -> rx.Component:
    """Return what is said when an answer takes longer than it ever should."""
    return _of_the_line(
        "Pas de réponse pour l’instant. ",
        "Votre saisie est conservée\u00a0; nous continuons d’essayer. Inutile d’appuyer de nouveau.",
    )


def line_back() -> rx.Component:
    """Return what is said when the line is back and a press of before may have got lost on it."""
    return _of_the_line(
        "La connexion est revenue. ",
        "La page montre ce que nous avons reçu\u00a0: si votre dernière action n’y est pas, appuyez de nouveau.",
    )


def _of_the_line(what: str, then: str) -> rx.Component:
    return rx.el.div(rx.el.p(rx.el.b(what), then), class_name="connection")


def failure() -> rx.Component:
    """Return the notice that something went wrong on our side, empty most of the time."""
    return rx.el.div(rx.cond(FailureState.reference != "", incident(FailureState.reference)), role="alert")


def incident(reference: Any) -> rx.Component:
    """Return what a failure on our side is told with."""
    return rx.el.div(
        rx.el.p(
            rx.el.b("Un incident nous empêche de terminer. "),
            "Rien de ce que vous avez saisi n’est perdu. Réessayez dans un instant ; si cela se répète, "
            "appelez l’assistance en donnant la référence ",
            blocks.code(reference),
            ".",
        ),
        class_name="notice danger",
    )


def _navigation() -> rx.Component:
    """Return the links of the header; whoever is signed in finds their space and the way out in place of the way in.

    « Mes contacts » comes last but the way out: it is looked for at the top right.
    """
    professional, personal = AccountState.name != "", AccountState.personal_name != ""
    both = professional & personal
    return rx.el.ul(
        _link(*_CONTACT),
        rx.cond(personal, rx.fragment(), _link(*_PERSONAL)),
        rx.cond(professional, _professional_space(both), _link(*_PROFESSIONAL)),
        rx.cond(personal, _personal_space(both)),
    )


def _professional_space(both: Any) -> rx.Component:
    name = rx.el.a(
        rx.el.span("Espace professionnel de ", class_name="unseen"),
        AccountState.name,
        href=addresses.PROFESSIONAL_SPACE,
        class_name="who",
    )
    return rx.fragment(rx.el.li(name), _sign_out(addresses.PROFESSIONAL_SIGN_OUT, "de l’espace professionnel", both))


def _personal_space(both: Any) -> rx.Component:
    contacts = rx.el.a(
        "Mes contacts",
        rx.el.small(AccountState.personal_name),
        href=addresses.PERSONAL_SPACE,
        class_name="who mine",
    )
    return rx.fragment(rx.el.li(contacts), _sign_out(addresses.PERSONAL_SIGN_OUT, "de l’espace particulier", both))


def _sign_out(action: str, space: str, both: Any) -> rx.Component:
    """Return the way out of a space; which one is said where somebody is signed in to `both`."""
    label = rx.cond(both, rx.el.span(f" {space}", class_name="unseen"))
    form = native_form(
        rx.el.button("Se déconnecter", label, type="submit", class_name="btn second"),
        action=action,
        custom_attrs={"data-sign-out": ""},
    )
    return rx.el.li(form)


def _link(label: str, href: str) -> rx.Component:
    return rx.el.li(rx.el.a(label, href=href))


def _links(links: Sequence[Crumb]) -> rx.Component:
    return rx.el.ul(*(rx.el.li(rx.el.a(label, href=href)) for label, href in links))

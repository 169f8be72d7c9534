"""Pages that only say something: help, legal pages, site map, page not found."""

import reflex as rx

from app import addresses
from app.components import buttons, layout, mailbox
from app.components.durations import told
from app.content import static_pages, topics
from app.content.static_pages import Part, Section
from app.settings import get_settings

_CRUMBS = {"payer-impots-locaux": (("Espace professionnel", addresses.PROFESSIONAL_SIGN_IN),)}


def information(page_id: str) -> rx.Component:
    """Return the page of static text with this identifier."""
    page = static_pages.page(page_id)
    crumbs = _CRUMBS.get(page_id, (("Aide", addresses.HELP),) if page_id.startswith("aide-") else ())
    return layout.page(
        rx.el.h1(page.title, id="titre", tab_index=-1),
        rx.el.p(*told(page.lead), class_name="lead"),
        rx.el.div(*(_section(section) for section in page.sections), class_name="prose"),
        crumbs=crumbs,
        here=page.title,
        to_read=True,
    )


def site_map() -> rx.Component:
    """Return every page one may go to."""
    top = topics.contact_block("")
    contact_links = [(node.label, addresses.contact(node.path)) for node in (top.children if top else ())]
    return layout.page(
        rx.el.h1("Plan du site", id="titre", tab_index=-1),
        _links("Rendez-vous", ("Contact et rendez-vous", addresses.CONTACT), *contact_links),
        _links(
            "Vos espaces",
            ("Connexion à l’espace particulier", addresses.PERSONAL_SIGN_IN),
            ("Je crée mon espace particulier", addresses.PERSONAL_SIGN_UP),
            ("Mes contacts", addresses.PERSONAL_SPACE),
            ("Activer votre espace particulier", addresses.PERSONAL_ACTIVATION),
            ("Annulez votre demande d’espace particulier", addresses.PERSONAL_WITHDRAWAL),
            ("Mot de passe oublié, espace particulier", addresses.PERSONAL_RECOVERY),
            ("Connexion à votre espace professionnel", addresses.PROFESSIONAL_SIGN_IN),
            ("Créer votre espace professionnel", addresses.SPACE_CHOICE),
            ("Activer votre espace professionnel", addresses.ACTIVATION_CODE),
            ("Annulez votre demande", addresses.WITHDRAWAL),
            ("Mot de passe oublié, espace professionnel", addresses.RECOVERY),
            ("Payer vos impôts locaux", addresses.LOCAL_TAXES),
        ),
        _links("Aide", ("Aide", addresses.HELP), *_help_sheets(), ("Écrire à l’assistance", addresses.ASSISTANCE)),
        _links(
            "À propos",
            ("Accessibilité", addresses.ACCESSIBILITY),
            ("Mentions légales", addresses.LEGAL),
            ("Données personnelles", addresses.PRIVACY),
            ("Conditions générales", addresses.TERMS),
        ),
        *([_demonstration()] if get_settings().is_demo else []),
        here="Plan du site",
        to_read=True,
    )


def _help_sheets() -> list[tuple[str, str]]:
    sheets = (page for page in static_pages.all_pages() if page.id.startswith("aide-"))
    return [(page.title, f"{addresses.HELP}/{page.id.removeprefix('aide-')}") for page in sheets]


def not_found() -> rx.Component:
    """Return the page for an address that leads nowhere."""
    return layout.page(
        rx.el.h1("Cette page n’existe pas", id="titre", tab_index=-1),
        rx.el.p("L’adresse est peut-être incomplète, ou la page a changé de place.", class_name="lead"),
        buttons.actions(
            buttons.go("Revenir à l’accueil", addresses.HOME),
            buttons.go("Voir le plan du site", addresses.SITE_MAP, "btn second"),
        ),
        here="Page introuvable",
        to_read=True,
    )


def _section(section: Section) -> rx.Component:
    return rx.el.section(
        rx.el.h2(section.heading, id=section.anchor),
        *_part(section.always, ordered=section.ordered),
        *([mailbox.only_there(*_part(section.if_mailbox))] if section.if_mailbox else []),
        *([mailbox.only_sent(*_part(section.if_server))] if section.if_server else []),
        aria_labelledby=section.anchor,
    )


def _part(part: Part, *, ordered: bool = False) -> list[rx.Component]:
    listing = rx.el.ol if ordered else rx.el.ul
    return [
        *(rx.el.p(*told(paragraph)) for paragraph in part.paragraphs),
        *([listing(*(rx.el.li(*told(item)) for item in part.items))] if part.items else []),
        *([rx.el.ul(*(_line(link.label, link.path) for link in part.links))] if part.links else []),
    ]


def _demonstration() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Démonstration"),
        rx.el.ul(
            mailbox.only_there(_line("Boîte de démonstration", addresses.DEMO_MAILBOX)),
            _line("Identités de démonstration", addresses.DEMO_IDENTITIES),
            _line("Composants", addresses.DEMO_COMPONENTS),
        ),
    )


def _links(heading: str, *links: tuple[str, str]) -> rx.Component:
    return rx.el.section(rx.el.h2(heading), rx.el.ul(*(_line(label, href) for label, href in links)))


def _line(label: str, href: str) -> rx.Component:
    return rx.el.li(rx.el.a(label, href=href))

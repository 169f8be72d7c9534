"""« Annulez votre demande » and « Ce n'est pas moi »."""

import reflex as rx

from app import addresses
from app.components import buttons, fields, layout, notices
from app.components.captcha import captcha
from app.components.journey import no_cookies
from app.state.withdrawal import NotMeState, WithdrawalState

_SPACE = ("Espace professionnel", addresses.PROFESSIONAL_SIGN_IN)


def withdrawal() -> rx.Component:
    """Return the form that withdraws a request and frees its address."""
    return layout.page(
        rx.el.h1("Annulez votre demande", id="titre", tab_index=-1),
        rx.cond(
            WithdrawalState.no_cookies,
            no_cookies(),
            rx.cond(WithdrawalState.done, _done("professionnel", addresses.SPACE_CHOICE), _form()),
        ),
        crumbs=(_SPACE, ("Choix du mode", addresses.SPACE_CHOICE)),
        here="Annuler une demande",
    )


def not_me() -> rx.Component:
    """Return the page for whoever got a code without having asked for a space."""
    return not_me_page("professionnel", _SPACE, addresses.ACTIVATION_CODE, addresses.SPACE_CHOICE)


def not_me_page(space: str, crumb: layout.Crumb, activation: str, creation: str) -> rx.Component:
    """Return that page for a kind of space, `space` in words, with where it is activated and asked for."""
    return layout.page(
        rx.el.h1("Ce n’est pas vous ?", id="titre", tab_index=-1),
        rx.match(
            NotMeState.status,
            ("pending", _question(space, activation)),
            ("done", _done(space, creation)),
            ("gone", _gone()),
            notices.waiting(),
        ),
        crumbs=(crumb,),
        here="Ce n’est pas moi",
    )


def _form() -> rx.Component:
    state = WithdrawalState
    return rx.fragment(
        rx.el.p(
            "Vous renoncez à l’espace que vous avez demandé : la demande est effacée et son adresse peut servir à "
            "nouveau.",
            class_name="lead",
        ),
        fields.error_summary(state),
        fields.form(
            fields.required_note("Tous les champs sont obligatoires."),
            fields.text_field(
                state,
                "email",
                "Adresse électronique de la demande",
                hint="Par exemple : nom@domaine.fr",
                kind="email",
                autoComplete="email",
                spellCheck="false",
                maxLength="254",
            ),
            fields.text_field(
                state,
                "code",
                "Code d’activation",
                hint="12 caractères, reçus par courriel.",
                short=True,
                autoComplete="off",
                autoCapitalize="none",
                spellCheck="false",
                maxLength="40",
            ),
            rx.cond(state.human, rx.fragment(), captcha(state)),
            buttons.actions(
                buttons.submit("Annuler ma demande", state.busy),
                buttons.go("Etape précédente", addresses.SPACE_CHOICE, "btn second"),
            ),
            on_submit=state.submit,
        ),
        rx.el.p(
            "Vous n’avez pas reçu le code ? Rien à faire : une demande qui n’est pas activée s’efface d’elle-même "
            "48 heures après l’envoi du code.",
            class_name="soft",
        ),
    )


def _question(space: str, activation: str) -> rx.Component:
    return rx.fragment(
        rx.el.p(
            f"Quelqu’un a demandé un espace {space} avec votre adresse électronique, peut-être par erreur.",
            class_name="lead",
        ),
        rx.el.p(
            "Sans le code que vous avez reçu, cet espace ne peut pas être ouvert, et la demande s’efface d’elle-même "
            "au bout de 48 heures. Vous pouvez l’effacer dès maintenant."
        ),
        buttons.actions(
            buttons.act("Ce n’est pas moi, effacer la demande", NotMeState.erase, "btn"),
            buttons.go("C’est bien moi, activer l’espace", activation, "btn second"),
        ),
    )


def _done(space: str, creation: str) -> rx.Component:
    return rx.fragment(
        notices.notice(
            rx.el.p(rx.el.b("La demande est effacée. "), "Son code ne sert plus et l’adresse est libérée."),
            tone="ok",
            role="status",
        ),
        buttons.actions(
            buttons.go("Revenir à l’accueil", addresses.HOME),
            buttons.go(f"Créer un espace {space}", creation, "btn second"),
        ),
    )


def _gone() -> rx.Component:
    return rx.fragment(
        notices.notice(
            rx.el.p(
                "Il n’y a rien à effacer : ce lien est incomplet, ou la demande est déjà activée, annulée ou passée."
            )
        ),
        rx.el.p(
            "Si un espace a été ouvert avec votre adresse sans votre accord, appelez l’assistance au bas de la page."
        ),
        buttons.actions(buttons.go("Revenir à l’accueil", addresses.HOME)),
    )

"""« Annulez votre demande » and « Ce n'est pas moi »."""

import reflex as rx

from app import addresses
from app.components import buttons, fields, layout, notices
from app.components.captcha import captcha
from app.components.durations import ACTIVATION
from app.components.journey import no_cookies
from app.state.withdrawal import NotMeState, WithdrawalState

_TITLE = "Annulez votre demande"
_SPACE = ("Espace professionnel", addresses.PROFESSIONAL_SIGN_IN)
_PERSONAL = ("Espace particulier", addresses.PERSONAL_SIGN_IN)


def withdrawal() -> rx.Component:
    """Return the form that withdraws a request for a professional space and frees its address."""
    crumbs = (_SPACE, ("Choix du mode", addresses.SPACE_CHOICE))
    return _page(_done("professionnel", addresses.SPACE_CHOICE), addresses.SPACE_CHOICE, crumbs)


def personal_withdrawal() -> rx.Component:
    """Return the same form, for whoever asked for a personal space."""
    # Its way back goes on to the screen that waits for the code, in the browser where there is one.
    return _page(_done("particulier", addresses.PERSONAL_SIGN_UP), addresses.PERSONAL_ACTIVATION, (_PERSONAL,))


def change_of_mind() -> rx.Component:
    """Return the line under the code of a personal space that leads to the form."""
    return rx.el.p("Vous changez d’avis ? ", rx.el.a(_TITLE, href=addresses.PERSONAL_WITHDRAWAL), ".")


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


def _page(done: rx.Component, back: str, crumbs: tuple[layout.Crumb, ...]) -> rx.Component:
    state = WithdrawalState
    return layout.page(
        rx.el.h1(_TITLE, id="titre", tab_index=-1),
        rx.cond(state.no_cookies, no_cookies(), rx.cond(state.done, done, _form(back))),
        crumbs=crumbs,
        here="Annuler une demande",
    )


def _form(back: str) -> rx.Component:
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
            buttons.steps(
                buttons.submit("Annuler ma demande", state.busy),
                buttons.go("Étape précédente", back, "btn second"),
            ),
            on_submit=state.submit,
        ),
        rx.el.p(
            "Vous n’avez pas reçu le code ? Rien à faire : une demande qui n’est pas activée s’efface d’elle-même ",
            ACTIVATION,
            " après l’envoi du code.",
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
            "au bout de ",
            ACTIVATION,
            ". Vous pouvez l’effacer dès maintenant.",
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


# The causes stay together: the mail may have gone to a stranger, who must not learn whether a space was opened.
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

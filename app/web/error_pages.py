"""The page shown when something goes wrong before or outside the pages themselves: plain, French, no script."""

from html import escape
from string import Template

from starlette.types import Scope, Send

_WORDS = {
    400: ("Cette demande n’est pas valable", "L’adresse ou la demande reçue est incomplète."),
    403: (
        "Cette demande ne vient pas de ce site",
        "Par sécurité, elle n’a pas été prise en compte. Revenez à l’accueil et recommencez depuis nos pages.",
    ),
    404: ("Cette page n’existe pas", "L’adresse est peut-être incomplète, ou la page a été déplacée."),
    405: ("Cette demande n’est pas possible ici", "Revenez à l’accueil pour reprendre votre démarche."),
    408: ("La demande a mis trop de temps à arriver", "Vérifiez votre connexion, puis recommencez."),
    410: ("Ce rendez-vous a été annulé", "Il n’y a plus de fichier d’agenda pour ce rendez-vous."),
    413: ("L’envoi est trop volumineux", "Réduisez la longueur de votre texte, puis recommencez."),
    414: ("Cette adresse est trop longue", "Revenez à l’accueil pour reprendre votre démarche."),
    431: (
        "Votre navigateur envoie trop d’informations",
        "Effacez les cookies de ce site dans votre navigateur, puis recommencez.",
    ),
    500: (
        "Une erreur est survenue de notre côté",
        "Votre démarche n’est pas perdue : ce qui était enregistré l’est toujours. Réessayez dans quelques instants.",
    ),
}

_PAGE = Template("""<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title – Guichet</title>
<link rel="stylesheet" href="/erreur.css">
</head>
<body>
<aside aria-label="Nature du site">
<b>Site de démonstration.</b> Aucune démarche réelle, aucune administration réelle.
</aside>
<header><a href="/">Guichet</a></header>
<main>
<h1>$title</h1>
<p>$text</p>
$reference<p><a class="button" href="/">Revenir à l’accueil</a></p>
</main>
</body>
</html>
""")
_REFERENCE = Template("""<p>Si l’erreur se répète, indiquez cette référence à l’assistance : <code>$reference</code></p>
""")


def html(status: int, reference: str = "") -> str:
    """Return the page for an HTTP status; `reference` finds the incident in the log again."""
    title, text = _WORDS.get(status) or _WORDS[500 if status >= 500 else 400]
    shown = _REFERENCE.substitute(reference=escape(reference)) if reference else ""
    return _PAGE.substitute(title=title, text=text, reference=shown)


async def answer(
    scope: Scope, send: Send, status: int, *, reference: str = "", headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Send the page for `status` as a whole HTTP answer that nobody keeps."""
    body = html(status, reference).encode()
    own = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    )
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

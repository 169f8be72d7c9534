"""The page that the service worker shows while the network is away (assets/sw.js): plain, French, one small script.

It holds nothing about anybody: assets/hors-ligne.js adds what the person chose to keep on the device.
"""

from fastapi import APIRouter, Response
from starlette.responses import HTMLResponse

from app import addresses

# Asked again at each new version of the worker; nobody needs to keep it otherwise.
_HEADERS = {"Cache-Control": "no-cache", "X-Robots-Tag": "noindex"}
_PAGE = """<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Pas de connexion – Guichet</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/erreur.css">
<script src="/hors-ligne.js" defer></script>
</head>
<body>
<aside aria-label="Nature du site">
<b>Site de démonstration.</b> Aucune démarche réelle, aucune administration réelle.
</aside>
<header><a href="/">Guichet</a></header>
<main>
<h1>Vous n’êtes pas connecté à internet</h1>
<p>Cette page ne peut pas s’afficher sans connexion. Ce que vous avez déjà confirmé est enregistré, et ce que vous
aviez saisi vous attend encore une heure.</p>
<p>Vérifiez le Wi-Fi ou les données mobiles de votre appareil, puis réessayez. La page reviendra aussi d’elle-même
quand la connexion sera là.</p>
<p><button type="button" id="reessayer" class="button">Réessayer</button></p>
<section id="rendez-vous" aria-labelledby="rendez-vous-titre" hidden>
<h2 id="rendez-vous-titre">Votre prochain rendez-vous</h2>
<p>Gardé sur cet appareil à votre demande. S’il a été déplacé ou annulé depuis, seul le dernier courriel fait foi.</p>
<dl id="rendez-vous-faits"></dl>
<p><button type="button" id="effacer" class="plain">Effacer de cet appareil</button></p>
</section>
<p id="dit" role="status"></p>
</main>
</body>
</html>
"""


def offline_routes() -> APIRouter:
    """Return the route of the offline page."""
    router = APIRouter()
    router.add_api_route(addresses.OFFLINE, _answer, methods=["GET", "HEAD"])
    return router


async def _answer() -> Response:
    return HTMLResponse(_PAGE, headers=_HEADERS)

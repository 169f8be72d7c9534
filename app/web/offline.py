"""The page that the service worker shows while the network is away (assets/sw.js): plain, French, one small script.

It holds nothing about anybody: assets/hors-ligne.js adds what the person chose to keep on the device. The worker is
another one as soon as a file that it keeps is another one: browsers compare it at each visit, and only then fetch anew.
"""

import asyncio
import hashlib
import re
from datetime import timedelta
from pathlib import Path

from fastapi import APIRouter, Response
from starlette.responses import HTMLResponse

from app import addresses, frontend
from app.services import journeys

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
aviez saisi vous attend {hours} heures après votre dernière action.</p>
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
""".replace("{hours}", str(journeys.LIFETIME // timedelta(hours=1)))
_NAME = '"guichet-1"'
_KEPT_FILE = re.compile(r'"(/[\w./-]+)"')


def offline_routes() -> APIRouter:
    """Return the routes of the offline page and of the worker that keeps it."""
    router = APIRouter()
    router.add_api_route(addresses.OFFLINE, _answer, methods=["GET", "HEAD"])
    router.add_api_route(addresses.SERVICE_WORKER, _worker, methods=["GET", "HEAD"])
    return router


async def _answer() -> Response:
    return HTMLResponse(_PAGE, headers=_HEADERS)


async def _worker() -> Response:
    try:
        script = await asyncio.to_thread(worker, frontend.PAGES)
    except FileNotFoundError:
        return Response(status_code=404)
    return Response(script, media_type="text/javascript")


def worker(pages: Path) -> str:
    """Return the service worker of the build in `pages`, its cache named by what is to be kept; FileNotFoundError."""
    script = (pages / addresses.SERVICE_WORKER.removeprefix("/")).read_text(encoding="utf-8")
    kept = hashlib.sha256()
    for path in _KEPT_FILE.findall(script):
        kept.update(_PAGE.encode() if path == addresses.OFFLINE else (pages / path.removeprefix("/")).read_bytes())
    return script.replace(_NAME, f'"guichet-{kept.hexdigest()[:16]}"')

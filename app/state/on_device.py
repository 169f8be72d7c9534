"""The next appointment on the person's own device, at their wish, for the page without a connection.

It stays in the browser's storage (assets/on-device.js writes it, assets/hors-ligne.js reads it) and never comes back
to the server, which accepts no variable from a browser (app/web/events.py).
"""

NAME = "prochain-rendez-vous"

"""Journeys in a real browser, against the production build, a real database and a real mail server."""

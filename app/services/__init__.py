"""The rules: plain functions on a database session, without Reflex or HTTP."""

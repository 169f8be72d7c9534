"""Reflex states: one per page module, thin."""

"""Guichet: an online front door for public administrations."""

"""Accounts: signing up, activating, signing in, recovering, changing."""

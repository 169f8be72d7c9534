"""Mails: what they say, the outbox, and how they leave."""

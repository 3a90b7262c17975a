"""Commit: prepared rows, and people's decisions, into the store, in one transaction."""

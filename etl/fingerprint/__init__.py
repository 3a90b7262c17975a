"""Fingerprint: text to shingles, signature and band keys, by a recipe.  Pure."""

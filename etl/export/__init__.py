"""Export: the corpus as files."""

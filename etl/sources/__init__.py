"""Sources: where the files of each source lie, and by which day."""

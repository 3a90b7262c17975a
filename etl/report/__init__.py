"""Report: questions to a store, and its audit."""

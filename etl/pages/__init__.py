"""Pages: the store for people who run it, as HTML that an orchestrator's server shows; they read, and never write."""

"""Web: URLs, addresses, and one safe request."""

"""Fetch: pages that feeds, sitemaps and lists name, into the landing zone."""

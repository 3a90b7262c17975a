"""Fetch: pages that feeds, sitemaps and lists of URLs name, into the landing zone."""

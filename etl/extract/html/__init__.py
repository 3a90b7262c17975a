"""Extract from HTML pages: which lines are the article, and what the page says about it.  Pure."""

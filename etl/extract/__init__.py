"""Extract: a raw document to an article, or Rejected with stage and reason.  Pure."""

"""Command line: `wirecopy`, its commands and what they share."""

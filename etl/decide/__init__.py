"""Decide: which revision is current, which text stands for which, what changed, what a run may change.  Pure."""

"""Prepare: a shard's files to rows that can be committed, in child processes."""

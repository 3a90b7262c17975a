"""Texts to signatures with Daft's own MinHash, one core."""
# ruff: noqa: E402

import os

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # before Daft counts the cores

import daft
from contest import Contest
from daft import col
from daft.functions import minhash

contest = Contest()
_, texts = contest.read()
frame = daft.from_pydict({"text": texts}).collect()
job = contest.job
frame.select(minhash(col("text"), num_hashes=job["permutations"], ngram_size=job["shingle"], seed=1)).to_arrow()
contest.passed("fingerprint")
contest.finish()

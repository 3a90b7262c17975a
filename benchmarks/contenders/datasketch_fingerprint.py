"""Texts to signatures with datasketch's update_batch, shingles made in Python, one core."""

import mmh3
from contest import Contest
from datasketch import MinHash

contest = Contest()


def hashed(shingle: bytes) -> int:
    return int(mmh3.hash(shingle, signed=False))


_, texts = contest.read()
signatures = []
for text in texts:
    minhash = MinHash(num_perm=contest.job["permutations"], hashfunc=hashed)
    minhash.update_batch({s.encode() for s in contest.shingles(text)})
    signatures.append(minhash)
contest.passed("fingerprint")
contest.finish()

"""datasketch at its best: update_batch with MurmurHash, verified."""

import mmh3
from contest import Contest, Union
from datasketch import MinHash, MinHashLSH

contest = Contest()
job = contest.job


def hashed(shingle: bytes) -> int:
    return int(mmh3.hash(shingle, signed=False))


ids, texts = contest.read()
lsh = MinHashLSH(threshold=job["threshold"], num_perm=job["permutations"])
union = Union(len(texts))
sets: list[set[bytes]] = []
for n, text in enumerate(texts):
    shingles = {s.encode() for s in contest.shingles(text)}
    minhash = MinHash(num_perm=job["permutations"], hashfunc=hashed)
    minhash.update_batch(shingles)
    for other in lsh.query(minhash):
        if len(shingles & sets[other]) >= job["threshold"] * len(shingles | sets[other]):
            union.join(n, other)
    lsh.insert(n, minhash, check_duplication=False)
    sets.append(shingles)
contest.passed("decide")
contest.finish(union.clusters(ids))

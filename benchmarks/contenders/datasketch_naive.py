"""datasketch as its first page shows it: a MinHash updated shingle by shingle, an LSH asked text by text, verified."""

from contest import Contest, Union
from datasketch import MinHash, MinHashLSH

contest = Contest()
job = contest.job
ids, texts = contest.read()
lsh = MinHashLSH(threshold=job["threshold"], num_perm=job["permutations"])
union = Union(len(texts))
sets: list[set[bytes]] = []
for n, text in enumerate(texts):
    shingles = {s.encode() for s in contest.shingles(text)}
    minhash = MinHash(num_perm=job["permutations"])
    for shingle in shingles:
        minhash.update(shingle)
    for other in lsh.query(minhash):
        if len(shingles & sets[other]) >= job["threshold"] * len(shingles | sets[other]):
            union.join(n, other)
    lsh.insert(n, minhash)
    sets.append(shingles)
contest.passed("decide")
contest.finish(union.clusters(ids))

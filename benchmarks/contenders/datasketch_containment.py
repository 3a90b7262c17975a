"""datasketch's index of containment (LSH Ensemble) at its defaults: pairs, verified if the job says "check": "true"."""

from contest import Contest
from datasketch import MinHash, MinHashLSHEnsemble

contest = Contest()
job = contest.job
ids, texts = contest.read()
sets = [{shingle.encode() for shingle in contest.shingles(text)} for text in texts]
hashes = MinHash.bulk(sets, num_perm=job["permutations"])
index = MinHashLSHEnsemble(threshold=job["threshold"], num_perm=job["permutations"])
index.index((n, minhash, len(own)) for n, (minhash, own) in enumerate(zip(hashes, sets, strict=True)))
pairs: set[tuple[int, int]] = set()
for n, minhash in enumerate(hashes):
    for other in index.query(minhash, len(sets[n])):
        shared = len(sets[n] & sets[other]) if job["check"] == "true" else len(sets[n])
        if other != n and shared >= job["threshold"] * len(sets[n]):
            pairs.add((min(n, other), max(n, other)))
contest.passed("decide")
contest.finish(pairs=sorted((ids[one], ids[other]) for one, other in pairs))

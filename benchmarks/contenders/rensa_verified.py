"""rensa's sketch and LSH in a script that verifies candidates, as a careful user writes it."""

from contest import Contest, Union
from rensa import RMinHash, RMinHashLSH

contest = Contest()
job = contest.job
ids, texts = contest.read()
lsh = RMinHashLSH(threshold=job["threshold"], num_perm=job["permutations"], num_bands=job["permutations"] // 4)
union = Union(len(texts))
sets: list[set[bytes]] = []
for n, text in enumerate(texts):
    shingles = set(contest.shingles(text))
    minhash = RMinHash(num_perm=job["permutations"], seed=1)
    minhash.update(list(shingles))
    for other in lsh.query(minhash):
        if len(shingles & sets[other]) >= job["threshold"] * len(shingles | sets[other]):
            union.join(n, other)
    lsh.insert(n, minhash)
    sets.append(shingles)
contest.passed("decide")
contest.finish(union.clusters(ids))

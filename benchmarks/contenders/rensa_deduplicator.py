"""rensa's own deduplicator, as its documentation shows it: decided by the estimate, not verified."""

from contest import Contest
from rensa import RMinHashDeduplicator

contest = Contest()
job = contest.job
ids, texts = contest.read()
deduplicator = RMinHashDeduplicator(
    threshold=job["threshold"], num_perm=job["permutations"], use_lsh=True, num_bands=job["permutations"] // 4
)
kept = deduplicator.add_pairs((str(n), contest.shingles(text)) for n, text in enumerate(texts))
contest.passed("decide")
gone = [n for n, keep in enumerate(kept) if not keep]
found = deduplicator.get_duplicate_sets([contest.shingles(texts[n]) for n in gone])
clusters = {own: own for own in ids}
for n, candidates in zip(gone, found, strict=True):
    if candidates:
        clusters[ids[n]] = ids[min(map(int, candidates))]
contest.passed("say which")
contest.finish(clusters)

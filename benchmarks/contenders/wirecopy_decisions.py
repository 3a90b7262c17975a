"""wirecopy from texts to decisions, without a store."""

from contest import Contest

from benchmarks.decisions import decide, fingerprints, workers
from etl.fingerprint.recipe import Recipe


def run() -> None:
    recipe = Recipe()
    with workers(recipe) as pool:
        contest = Contest()
        job = contest.job
        assert (recipe.shingle, recipe.permutations) == (job["shingle"], job["permutations"])
        assert recipe.threshold == job["threshold"]
        ids, texts = contest.read()
        prints = fingerprints(texts, recipe, pool)
        contest.passed("fingerprint")
    clusters, verified = decide(ids, texts, prints, recipe)
    contest.passed("elect")
    contest.finish(clusters, verified=verified)


if __name__ == "__main__":
    run()

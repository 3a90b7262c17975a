"""wirecopy from texts to decisions, without a store."""

from contest import Contest

from benchmarks.decisions import decide, signed, workers
from etl.fingerprint.recipe import Recipe


def run() -> None:
    recipe = Recipe()
    with workers(recipe) as pool:
        contest = Contest()
        job = contest.job
        assert (recipe.shingle, recipe.permutations) == (job["shingle"], job["permutations"])
        assert recipe.threshold == job["threshold"]
        texts = signed(job["corpus"], recipe, pool)
        contest.passed("fingerprint")
        clusters, verified = decide(*texts, recipe)
        contest.passed("elect")
    contest.finish(clusters, verified=verified)


if __name__ == "__main__":
    run()

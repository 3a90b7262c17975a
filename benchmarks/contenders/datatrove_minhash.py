"""datatrove's four MinHash steps with the local executor, two workers, its documented 14 buckets of 8 hashes.

Its threshold is where that banding has it (about 0.72); it does not verify.
"""

import gzip
import json
import os

from contest import Contest
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.typeshelper import Languages

WORKERS = 2


def run(contest: Contest) -> None:
    job, scratch = contest.job, contest.job["scratch"]
    with open(job["corpus"], encoding="utf-8") as file:
        lines = file.readlines()
    os.makedirs(f"{scratch}/in")
    for worker in range(WORKERS):
        with open(f"{scratch}/in/{worker}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(lines[worker * len(lines) // WORKERS : (worker + 1) * len(lines) // WORKERS])
    contest.passed("read")
    config = MinhashConfig(
        hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8, n_grams=job["shingle"]
    )
    reader = JsonlReader(f"{scratch}/in")
    signatures = MinhashDedupSignature(output_folder=f"{scratch}/sig", config=config, language=Languages.english)
    buckets = MinhashDedupBuckets(input_folder=f"{scratch}/sig", output_folder=f"{scratch}/buckets", config=config)
    cluster = MinhashDedupCluster(
        input_folder=f"{scratch}/buckets", output_folder=f"{scratch}/remove", config=config, save_cluster_id=True
    )
    keep = MinhashDedupFilter(
        input_folder=f"{scratch}/remove",
        load_cluster_ids=True,
        exclusion_writer=JsonlWriter(f"{scratch}/removed"),
    )
    steps = [
        ([reader, signatures], WORKERS),
        ([buckets], config.num_buckets),
        ([cluster], 1),
        ([reader, keep, JsonlWriter(f"{scratch}/kept")], WORKERS),
    ]
    for n, (pipeline, tasks) in enumerate(steps):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=WORKERS, logging_dir=f"{scratch}/log{n}").run()
    contest.passed("decide")
    contest.finish(clusters(scratch))


def clusters(scratch: str) -> dict[str, str]:
    kept, removed = records(f"{scratch}/kept"), records(f"{scratch}/removed")
    head = {cluster: own for own, cluster in kept if cluster >= 0}
    return {own: own for own, _ in kept} | {own: head.get(cluster, own) for own, cluster in removed}


def records(folder: str) -> list[tuple[str, int]]:
    """(id, cluster or -1) of each record in a folder."""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        with gzip.open(f"{folder}/{name}", "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                found.append((record["id"], record["metadata"].get("minhash_cluster_id", -1)))
    return found


if __name__ == "__main__":
    run(Contest())

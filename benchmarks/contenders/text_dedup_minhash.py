"""text-dedup's MinHash with two processes and its check of false positives, unless the job says "check": "false".

Its cache of data sets starts empty.
"""

import os
import pickle
import sys

from contest import Contest
from pydantic_settings import CliApp
from text_dedup.config import Config
from text_dedup.minhash import main

CONFIG = """[input]
input_type = "local_files"
file_type = "json"
[input.read_arguments]
path = "json"
data_files = "{corpus}"
split = "train"
[algorithm]
algorithm_name = "minhash"
text_column = "text"
seed = 42
batch_size = 10000
num_perm = {permutations}
threshold = {threshold}
false_positive_weight = 0.5
false_negative_weight = 0.5
hash_bits = 64
ngram_size = {shingle}
min_length = 1
num_proc = 2
check_false_positive = {check}
[output]
output_dir = "{scratch}/out"
clean_cache = true
save_clusters = true
[debug]
enable_profiling = false
"""


def run(contest: Contest) -> None:
    scratch = contest.job["scratch"]
    os.chdir(scratch)
    with open("config.toml", "w", encoding="utf-8") as file:
        file.write(CONFIG.format(**{"check": "true"} | contest.job))
    sys.argv = sys.argv[:1]
    main(CliApp.run(Config))
    contest.passed("decide")
    with open(f"{scratch}/out/clusters.pickle", "rb") as file:
        found = pickle.load(file)
    with open(contest.job["corpus"], encoding="utf-8") as file:
        count = sum(1 for line in file)
    # It keeps the record whose number is the cluster's; the benchmark's ids are the numbers of the lines.
    contest.finish({str(n): str(found.get(n, n)) for n in range(count)})


if __name__ == "__main__":
    run(Contest())

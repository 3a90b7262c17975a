"""wirecopy: article files in, one copy of each story out.  The tree is the pipeline; data flows down this list.

Shell, which reads and writes:
    cli*, __main__, terminal    the command line          tasks       the same steps as an orchestrator calls them
    local               a whole run without Airflow       pipeline    discover, prepare, commit: one function a task
    shards, workers     a shard's files to rows, in child processes that a document may end; prefetch: meanwhile
    fetch*              what feeds, sitemaps and lists name, into the landing zone
    ask, manners, web   a URL: what its host wishes, how it is asked, one safe request
    segments, visits    what landed; what is remembered of it
    landing, staging    files that wait, shards between tasks; places, remote: wherever they lie
    alarm               who is told of failures
    commit, settle      a batch of articles into the store; who stands for whom after it
    curate, judging, rebuild, roles    what people decide, singly or by the file; another recipe; who may do what
    store, bulk, database    what is read of a store and written to it; many rows at once; connections, migrations
    runs, report, explain, verify    the journal of runs; questions to a store; its audit
    export*             the corpus as files: Parquet, JSON lines, CSV
    quarantine, retry   what could not be read, and reading it again

Pure, values in and values out:
    read*               bytes of a file → raw documents        decode     bytes → characters
    guard               pages that no parser should see        page       one parse of a page
    extract*, metadata* raw document → Article                 language   which, and figures of the text's quality
    normalise           text → stored text                     prepare    articles → rows to commit
    characters          text → what it is compared by          kernels, fingerprint    → shingles, signature, band keys
    standings, buckets, elect    candidates, exact similarity → which text stands for which
    revise, feed, limits    which revision is current; what consumers see change; what a run may change
    holdings, report_plots, report_page    what a store holds: tables, plots, one page
    explanation, diff   what became of an article, in words; what two texts say differently
    listing, polls, visit, urls, addresses    what is asked on the web, and when
    sources, declared, partition    where files lie, by day or hour; what sources.toml says of it
    credentials         a connection, as options of a file system
    recipe, settings, errors    numbers, choices, and what went wrong

Imports go one way, up this list never; `etl` never imports airflow; a pure module imports no shell: a test holds all
three (tests/test_architecture.py).
"""

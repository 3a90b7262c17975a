"""wirecopy: article files in, one copy of each story out.

The tree is the pipeline.  Folders from low to high; a module imports from its own folder and from those above it in
this list.  "Pure" ones take values and return values.

    errors, compiled, alarm, settings    no folders: what went wrong, numba, failure alarm, the settings
    text          bytes to characters, characters to stored text, language, dates, people    pure
    web           URLs, addresses, one safe request
    fingerprint   text to shingles, signature and band keys, by a recipe                     pure
    decide        which revision is current, which text stands for which, what changed,
                  what a run may change                                                      pure
    read          the bytes of a file to raw documents                                       pure
    extract       a raw document to an article                                               pure
    store         the only SQL: connections, schema, the rows of each table
    sources       where the files of each source lie, by day or hour
    prepare       the files of a shard to rows, in child processes; the staging folder
    fetch         what feeds, sitemaps and lists name, into the landing zone
    export        the corpus as files
    commit        prepared rows, and people's decisions, into the store, in one transaction
    report        questions to a store, and its audit
    pages         the store as pages, which Airflow's server shows
    pipeline      one function a task: discover, prepare, commit; a whole run without Airflow
    spark         a whole archive built by a cluster, and its load into a store
    cli           the command line

`schemas` holds what flows, what is kept and what consumers see.  `etl` never imports airflow.  The order is the table
ROOMS in tests/test_architecture.py, which holds every module to it; docs/architecture.md draws the flow.
"""

"""The benchmarks: what wirecopy costs and how right it is, beside what people use otherwise.

    __main__        the command: steps, one after the other, into the results file
    plan            how much is measured, and who takes part
    steps_peers     fingerprints, decisions, damaged copies, extraction
    steps_store     files to a store, archives that grow, copies of a template
    steps_consumers, views    the documented queries, export, explain
    flames          where the time goes
    news, words     articles with planted copies, of any number        pages    pages made around them
    truth, score    every pair that reaches the threshold, exactly; how good clusters are beside that
    measure, environments, contenders/    whole processes, timed in turn, each in an environment of its own
    results, tables, goals, plots    the results file, and what README and docs show of it
    decisions       texts to decisions without a store

orders, backfill, fetching, extraction, train_lines and train_dates stand by themselves.
"""

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE "article" (
    article_id VARCHAR(32) NOT NULL,
    source TEXT NOT NULL,
    source_key TEXT NOT NULL,
    content_hash VARCHAR(32) NOT NULL,
    text_id INTEGER,
    day INTEGER NOT NULL,
    length INTEGER NOT NULL,
    partition_date DATE, agency TEXT, publisher TEXT, origin TEXT, origin_by VARCHAR(8), language TEXT DEFAULT 'und' NOT NULL,
    CONSTRAINT fk_article_current_revision FOREIGN KEY(article_id, content_hash) REFERENCES revision (article_id, content_hash) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_article_stands FOREIGN KEY(text_id) REFERENCES cluster_member (text_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT pk_article PRIMARY KEY (article_id),
    CONSTRAINT uq_article_text_id_article_id UNIQUE (text_id, article_id)
);

CREATE INDEX ix_article_agency_partition_date ON article (agency, partition_date) WHERE agency IS NOT NULL;

CREATE INDEX ix_article_partition_date_source ON article (partition_date, source);

CREATE INDEX ix_article_source_key ON article (source_key);

CREATE TABLE bucket (
    band_key BIGINT NOT NULL,
    canonical_id BIGINT NOT NULL,
    own BOOLEAN NOT NULL,
    CONSTRAINT pk_bucket PRIMARY KEY (band_key, canonical_id)
)
 WITHOUT ROWID;

CREATE TABLE "change" (
    position INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    article_id VARCHAR(32) NOT NULL,
    change VARCHAR(16) NOT NULL,
    canonical_id VARCHAR(32),
    at DATETIME NOT NULL,
    CONSTRAINT ck_change_a_canonical_is_its_own CHECK (change <> 'became_canonical' OR canonical_id = article_id),
    CONSTRAINT ck_change_a_duplicate_is_not CHECK (change <> 'became_duplicate' OR canonical_id <> article_id),
    CONSTRAINT ck_change_ck_change_known_change CHECK (change IN ('added', 'became_duplicate', 'became_canonical', 'revised', 'retracted')),
    CONSTRAINT ck_change_who_stands_has_a_canonical CHECK ((change = 'retracted') = (canonical_id IS NULL)),
    CONSTRAINT fk_change_run_id FOREIGN KEY(run_id) REFERENCES run (run_id),
    CONSTRAINT pk_change PRIMARY KEY (position)
);

CREATE INDEX ix_change_article_id ON change (article_id);

CREATE INDEX ix_change_run_id ON change (run_id);

CREATE TABLE "cluster_member" (
    text_id INTEGER NOT NULL,
    canonical_id INTEGER NOT NULL,
    jaccard FLOAT NOT NULL,
    bands INTEGER NOT NULL,
    day INTEGER NOT NULL,
    length INTEGER NOT NULL,
    article_id VARCHAR(32) NOT NULL,
    shingles INTEGER NOT NULL,
    judged BOOLEAN DEFAULT 0 NOT NULL,
    CONSTRAINT ck_cluster_member_ck_cluster_member_a_canonical_is_itself CHECK (text_id <> canonical_id OR jaccard = 1),
    CONSTRAINT ck_cluster_member_ck_cluster_member_jaccard_is_a_share CHECK (jaccard >= 0 AND jaccard <= 1),
    CONSTRAINT ck_cluster_member_nobody_judges_a_canonical CHECK (text_id <> canonical_id OR NOT judged),
    CONSTRAINT fk_cluster_member_canonical_stands FOREIGN KEY(canonical_id, canonical_id) REFERENCES cluster_member (text_id, canonical_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_cluster_member_has_the_text FOREIGN KEY(text_id, article_id) REFERENCES article (text_id, article_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_cluster_member_text_id FOREIGN KEY(text_id) REFERENCES text (text_id),
    CONSTRAINT pk_cluster_member PRIMARY KEY (text_id),
    CONSTRAINT uq_cluster_member_text_id_canonical_id UNIQUE (text_id, canonical_id)
);

CREATE INDEX ix_cluster_member_article_id ON cluster_member (article_id);

CREATE INDEX ix_cluster_member_canonical_id ON cluster_member (canonical_id);

CREATE INDEX ix_cluster_member_jaccard ON cluster_member (jaccard) WHERE jaccard < 1;

CREATE TABLE "decision" (
    position INTEGER NOT NULL,
    run_id INTEGER,
    at DATETIME NOT NULL,
    who TEXT NOT NULL,
    word VARCHAR(9) NOT NULL,
    article_id VARCHAR(32) NOT NULL,
    other_id VARCHAR(32),
    reason TEXT NOT NULL,
    CONSTRAINT ck_decision_ck_decision_known_word CHECK (word IN ('same', 'different', 'undo') AND other_id IS NOT NULL AND article_id < other_id OR word IN ('retract', 'restore', 'erase') AND other_id IS NULL),
    CONSTRAINT fk_decision_run_id FOREIGN KEY(run_id) REFERENCES run (run_id),
    CONSTRAINT pk_decision PRIMARY KEY (position)
);

CREATE INDEX ix_decision_article_id ON decision (article_id);

CREATE INDEX ix_decision_other_id ON decision (other_id);

CREATE TABLE judgement (
    article_id VARCHAR(32) NOT NULL,
    other_id VARCHAR(32) NOT NULL,
    word VARCHAR(9) NOT NULL,
    reason TEXT NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT ck_judgement_ck_judgement_known_word CHECK (word IN ('same', 'different')),
    CONSTRAINT ck_judgement_ck_judgement_one_row_a_pair CHECK (article_id < other_id),
    CONSTRAINT fk_judgement_article_id FOREIGN KEY(article_id) REFERENCES article (article_id),
    CONSTRAINT fk_judgement_other_id FOREIGN KEY(other_id) REFERENCES article (article_id),
    CONSTRAINT pk_judgement PRIMARY KEY (article_id, other_id)
);

CREATE INDEX ix_judgement_other_id ON judgement (other_id);

CREATE TABLE preview (
    preview_id INTEGER NOT NULL,
    label TEXT NOT NULL,
    at DATETIME NOT NULL,
    report JSON NOT NULL,
    changes JSON NOT NULL,
    examples JSON,
    margins JSON,
    CONSTRAINT pk_preview PRIMARY KEY (preview_id)
);

CREATE TABLE quarantine (
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    record INTEGER NOT NULL,
    partition_date DATE,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    head BLOB NOT NULL,
    quarantine_id VARCHAR(32) NOT NULL,
    CONSTRAINT pk_quarantine PRIMARY KEY (quarantine_id)
);

CREATE INDEX ix_quarantine_path ON quarantine (path);

CREATE INDEX ix_quarantine_source ON quarantine (source);

CREATE TABLE recipe (
    name TEXT NOT NULL, relations TEXT,
    CONSTRAINT pk_recipe PRIMARY KEY (name)
);

CREATE TABLE reference (
    number INTEGER NOT NULL,
    reference_id VARCHAR(32) NOT NULL,
    source TEXT NOT NULL,
    source_key TEXT NOT NULL,
    content_hash VARCHAR(32) NOT NULL,
    last_date DATE,
    fetched_at DATETIME,
    reader INTEGER NOT NULL,
    path TEXT NOT NULL,
    record INTEGER,
    url TEXT,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    withdrawn TEXT,
    shingles INTEGER NOT NULL,
    run_id BIGINT NOT NULL,
    CONSTRAINT pk_reference PRIMARY KEY (number),
    CONSTRAINT uq_reference_reference_id UNIQUE (reference_id)
);

CREATE INDEX ix_reference_source ON reference (source);

CREATE TABLE reference_common (
    shingle INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    CONSTRAINT pk_reference_common PRIMARY KEY (shingle)
);

CREATE TABLE reference_match (
    text_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    shared INTEGER NOT NULL,
    shingles INTEGER NOT NULL,
    longest INTEGER NOT NULL,
    run_id BIGINT NOT NULL,
    CONSTRAINT fk_reference_match_number FOREIGN KEY(number) REFERENCES reference (number),
    CONSTRAINT fk_reference_match_text_id FOREIGN KEY(text_id) REFERENCES text (text_id),
    CONSTRAINT pk_reference_match PRIMARY KEY (text_id, number)
);

CREATE INDEX ix_reference_match_number ON reference_match (number);

CREATE TABLE reference_shingle (
    shingle BIGINT NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT pk_reference_shingle PRIMARY KEY (shingle, number)
)
 WITHOUT ROWID;

CREATE TABLE relation (
    text_id BIGINT NOT NULL,
    other_text BIGINT NOT NULL,
    article_id VARCHAR(32) NOT NULL,
    other_id VARCHAR(32) NOT NULL,
    kind VARCHAR(7) NOT NULL,
    shared INTEGER NOT NULL,
    size INTEGER NOT NULL,
    other_size INTEGER NOT NULL,
    longest INTEGER NOT NULL,
    passages JSON NOT NULL,
    run_id BIGINT NOT NULL,
    CONSTRAINT ck_relation_ck_relation_known_kind CHECK (kind IN ('rewrite', 'excerpt', 'shares')),
    CONSTRAINT ck_relation_ck_relation_two_texts CHECK (text_id <> other_text),
    CONSTRAINT fk_relation_other_text_is_canonical FOREIGN KEY(other_text, other_text) REFERENCES cluster_member (text_id, canonical_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_relation_text_id_is_canonical FOREIGN KEY(text_id, text_id) REFERENCES cluster_member (text_id, canonical_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT pk_relation PRIMARY KEY (text_id, other_text)
);

CREATE INDEX ix_relation_other_text ON relation (other_text);

CREATE TABLE relation_change (
    position INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    article_id VARCHAR(32) NOT NULL,
    other_id VARCHAR(32) NOT NULL,
    change VARCHAR(7) NOT NULL,
    kind VARCHAR(7) NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT ck_relation_change_ck_relation_change_known_change CHECK (change IN ('added', 'changed', 'removed')),
    CONSTRAINT ck_relation_change_ck_relation_change_known_kind CHECK (kind IN ('rewrite', 'excerpt', 'shares')),
    CONSTRAINT fk_relation_change_run_id FOREIGN KEY(run_id) REFERENCES run (run_id),
    CONSTRAINT pk_relation_change PRIMARY KEY (position)
);

CREATE TABLE retraction (
    article_id VARCHAR(32) NOT NULL,
    reason TEXT NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT fk_retraction_article_id FOREIGN KEY(article_id) REFERENCES article (article_id),
    CONSTRAINT pk_retraction PRIMARY KEY (article_id)
);

CREATE TABLE revision (
    article_id VARCHAR(32) NOT NULL,
    content_hash VARCHAR(32) NOT NULL,
    first_date DATE,
    last_date DATE,
    fetched_at DATETIME,
    reader INTEGER NOT NULL,
    path TEXT NOT NULL,
    record INTEGER,
    url TEXT,
    title TEXT NOT NULL,
    kicker TEXT,
    byline TEXT,
    authors JSON NOT NULL,
    credit TEXT,
    dateline TEXT,
    trailer TEXT,
    published_at DATETIME,
    modified_at DATETIME,
    section TEXT,
    site TEXT,
    language TEXT NOT NULL,
    evidence JSON NOT NULL,
    words INTEGER NOT NULL,
    body TEXT NOT NULL, mean_word_length FLOAT, letter_share FLOAT, repeated_line_share FLOAT, stop_word_share FLOAT, run_id BIGINT, licence TEXT, rights JSON, tdm_reserved BOOLEAN, free_to_read BOOLEAN,
    CONSTRAINT fk_revision_article_id FOREIGN KEY(article_id) REFERENCES article (article_id),
    CONSTRAINT pk_revision PRIMARY KEY (article_id, content_hash)
);

CREATE INDEX ix_revision_path ON revision (path) WHERE length(path) <= 500;

CREATE INDEX ix_revision_published_at ON revision (published_at) WHERE published_at IS NOT NULL;

CREATE INDEX ix_revision_url ON revision (url) WHERE url IS NOT NULL;

CREATE TABLE run (
    run_id INTEGER NOT NULL,
    label TEXT NOT NULL,
    source TEXT NOT NULL,
    partition_date DATE,
    started_at DATETIME NOT NULL,
    finished_at DATETIME NOT NULL,
    version TEXT NOT NULL,
    read INTEGER NOT NULL,
    new INTEGER NOT NULL,
    revised INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    articles INTEGER NOT NULL,
    canonical INTEGER NOT NULL,
    exact INTEGER NOT NULL,
    near INTEGER NOT NULL,
    retracted INTEGER NOT NULL, refused TEXT, accepted TEXT, accepted_by TEXT, examples JSON, margins JSON,
    CONSTRAINT ck_run_ck_run_articles_add_up CHECK (articles = canonical + exact + near),
    CONSTRAINT ck_run_ck_run_read_adds_up CHECK (read = new + revised + unchanged + stale + quarantined),
    CONSTRAINT pk_run PRIMARY KEY (run_id)
);

CREATE TABLE sample (
    text_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    CONSTRAINT fk_sample_is_canonical FOREIGN KEY(text_id, text_id) REFERENCES cluster_member (text_id, canonical_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT pk_sample PRIMARY KEY (text_id)
);

CREATE TABLE sample_hash (
    hash BIGINT NOT NULL,
    day INTEGER NOT NULL,
    text_id BIGINT NOT NULL,
    CONSTRAINT pk_sample_hash PRIMARY KEY (hash, day, text_id)
)
 WITHOUT ROWID;

CREATE TABLE signature (
    text_id INTEGER NOT NULL,
    minima BLOB NOT NULL,
    CONSTRAINT fk_signature_text_id FOREIGN KEY(text_id) REFERENCES text (text_id),
    CONSTRAINT pk_signature PRIMARY KEY (text_id)
);

CREATE TABLE "source" (
    name TEXT NOT NULL,
    kind TEXT,
    schedule TEXT,
    publisher TEXT,
    rank INTEGER DEFAULT '0' NOT NULL,
    role TEXT,
    earliest DATE,
    agency TEXT,
    id_name TEXT,
    CONSTRAINT pk_source PRIMARY KEY (name),
    CONSTRAINT uq_source_id_name UNIQUE (id_name)
);

CREATE TABLE source_day (
    source TEXT NOT NULL,
    day DATE NOT NULL,
    texts INTEGER NOT NULL,
    come INTEGER NOT NULL,
    articles INTEGER NOT NULL,
    canonical INTEGER NOT NULL,
    alike INTEGER NOT NULL,
    CONSTRAINT pk_source_day PRIMARY KEY (source, day)
);

CREATE TABLE "text" (
    text_id INTEGER NOT NULL,
    digest BLOB NOT NULL,
    CONSTRAINT pk_text PRIMARY KEY (text_id)
);

CREATE TABLE tombstone (
    article_id VARCHAR(32) NOT NULL,
    source TEXT NOT NULL,
    who TEXT NOT NULL,
    reason TEXT NOT NULL,
    at DATETIME NOT NULL,
    run_id INTEGER NOT NULL,
    pending TEXT,
    CONSTRAINT fk_tombstone_run_id FOREIGN KEY(run_id) REFERENCES run (run_id),
    CONSTRAINT pk_tombstone PRIMARY KEY (article_id)
);

CREATE TABLE visit (
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    role VARCHAR(7) NOT NULL,
    asked_at DATETIME NOT NULL,
    status INTEGER NOT NULL,
    etag TEXT,
    last_modified TEXT,
    digest TEXT,
    stamp TEXT,
    failures INTEGER NOT NULL,
    landed_at DATETIME,
    listing TEXT,
    listed_at DATETIME,
    gone_at DATETIME,
    gone TEXT,
    interval_s INTEGER,
    next_at DATETIME,
    content TEXT,
    CONSTRAINT ck_visit_ck_visit_known_role CHECK (role IN ('page', 'listing', 'robots')),
    CONSTRAINT pk_visit PRIMARY KEY (source, url)
);

CREATE INDEX ix_visit_source_listing ON visit (source, listing);

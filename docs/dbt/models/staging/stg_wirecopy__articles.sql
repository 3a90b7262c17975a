-- Every article that stands, with its text and what stands for it: canonical ones and their copies in one model.
select
    article_id, canonical_id, relation, source, url, publisher, agency, title, authors, section, language,
    published_at, modified_at, partition_date, words, body
from (
    select
        article_id, article_id as canonical_id, 'canonical' as relation, source, url, publisher, agency, title, authors,
        section, language, published_at, modified_at, partition_date, words, body
    from {{ source('wirecopy', 'corpus_article') }}
    union all
    select
        article_id, canonical_id, relation, source, url, publisher, agency, title, authors,
        section, language, published_at, modified_at, partition_date, words, body
    from {{ source('wirecopy', 'corpus_duplicate') }}
) as printed

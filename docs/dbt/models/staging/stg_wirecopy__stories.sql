-- One row a story, with the headline of its canonical and who printed it first.
select
    s.canonical_id, s.title, s.partition_date, s.copies, s.publishers, s.agencies, s.span_days,
    f.source as first_source, f.publisher as first_publisher, f.published_at as first_published_at
from {{ source('wirecopy', 'corpus_story') }} as s
inner join {{ source('wirecopy', 'corpus_member') }} as f on f.article_id = s.first_printed

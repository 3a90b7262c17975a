-- The changes of the corpus, read on from the last position that is here.
{{ config(materialized='incremental', unique_key='position') }}
select c.position, c.run_id, c.article_id, c.change, c.canonical_id, c."at" as changed_at
from {{ source('wirecopy', 'corpus_change') }} as c
{% if is_incremental() %}
where c.position > (select coalesce(max(t.position), 0) from {{ this }} as t)
{% endif %}

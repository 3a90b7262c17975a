"""The relation of a duplicate: Python and SQL say the same, and the contract lists what they say."""

from typing import get_args

import sqlalchemy as sa

from schemas.contract.views import CONTRACT
from schemas.relations import COUNTED_AS, Relation, relation, relation_sql
from schemas.tables import STORE_COUNTS

CASES = [(7, 7, False), (7, 9, False), (7, 9, True)]


def test_sql_and_python_give_each_text_the_same_relation():
    with sa.create_engine("sqlite://").connect() as connection:
        for case in CASES:
            row = dict(zip(("text_id", "canonical_id", "judged"), case, strict=True))
            member = "SELECT :text_id AS text_id, :canonical_id AS canonical_id, :judged AS judged"
            said = f"SELECT {relation_sql('m')} FROM ({member}) AS m"
            assert connection.scalar(sa.text(said), row) == relation(*case)
    assert {relation(*case) for case in CASES} == set(get_args(Relation))


def test_every_relation_is_in_the_contract_and_in_one_count_of_a_run():
    assert set(get_args(Relation)) == set(CONTRACT["corpus_duplicate"]["relation"].values) == set(COUNTED_AS)
    assert set(COUNTED_AS.values()) <= set(STORE_COUNTS)

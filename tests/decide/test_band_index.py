"""The filter of band keys: it may let a key pass that is not there, and never denies one that is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from etl.decide.band_index import KeyFilter

KEYS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20)


@given(st.lists(KEYS, max_size=4))
def test_a_key_that_was_added_is_never_denied(portions):
    known = KeyFilter()
    for portion in portions:
        known.add(np.array(portion, dtype=np.int64))
    assert known.may_hold(np.array([key for portion in portions for key in portion], dtype=np.int64)).all()


def test_nearly_all_other_keys_are_denied():
    keys = np.random.default_rng(1).integers(-(2**63), 2**63, 600_000, dtype=np.int64)
    known = KeyFilter()
    known.add(keys[:300_000])
    wrong = known.may_hold(keys[300_000:]).mean()
    assert wrong < 1e-4  # 300,000 keys set 0.45 % of the bits: four of them are set by chance once in 2.5 billion

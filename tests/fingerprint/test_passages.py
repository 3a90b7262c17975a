"""What two texts share, as the loops count it, is what their words say."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from etl.decide.relations import least_shared
from etl.fingerprint import passages
from etl.fingerprint.passages import InCommon, Lot
from etl.report.verify_relations import overlap_by_definition, sampled_by_definition
from tests.support.relating import passage

RUNS = [passage(n, 25).split() for n in range(6)]
SPELLED = st.lists(st.one_of(st.sampled_from(RUNS), st.lists(st.sampled_from("abc"), min_size=1, max_size=9)), min_size=1, max_size=9)  # fmt: skip  # noqa: E501


@given(spelled=st.lists(SPELLED, min_size=2, max_size=6))
@examples(max_examples=40)
def test_pairs_share_what_their_words_say_however_texts_repeat_themselves(spelled):
    words = sorted(([word for run in runs for word in run] for runs in spelled), key=len)
    hashes = passages.spell([" ".join(each) for each in words])
    assert [each.tolist() for each in passages.sample(*hashes)] == [sampled_by_definition(" ".join(w)) for w in words]
    lot = Lot.of(*hashes)
    large, small = (np.array(each) for each in zip(*((i, j) for i in range(len(words)) for j in range(i)), strict=True))
    least = least_shared(lot.sizes[small], (np.diff(lot.ends) - lot.sizes)[small])
    counted = passages.shared_shingles(lot, large, small, np.zeros(len(large), np.int64)).tolist()
    found = passages.common_passages(lot, large, small)
    sizes = lot.sizes.tolist()
    for i, j, count, told in zip(large.tolist(), small.tolist(), counted, found, strict=True):
        assert InCommon.of(count, sizes[j], sizes[i], told) == overlap_by_definition(words[j], words[i])
    for wanted in (least, np.array(counted), np.array(counted) + 1):
        shared = passages.shared_shingles(lot, large, small, wanted).tolist()
        assert shared == [n if n >= least else 0 for n, least in zip(counted, wanted.tolist(), strict=True)]

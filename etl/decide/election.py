"""Election: which text stands for which.  Pure.

Texts stand in one total order, best first: by rank (day, then longest, then article).  Walking it, a text that
has an edge to an earlier canonical text becomes a duplicate of the earliest such text; any other becomes
canonical.  An edge is a candidate pair (it shares a band key) whose exact similarity reaches the threshold.  The
canonical texts are the lexicographically first maximal independent set of that graph: no two of them share an
edge, every duplicate has one to its canonical, and the order of arrival plays no part.

Incrementally the same: a text's standing depends only on earlier canonical texts, so texts look again
in order, from a priority queue.  Who becomes canonical has its later neighbours look again; who stops being
canonical has its members do so.  A text looks at most once a call, and cascades are short.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from etl.decide.band_index import Buckets, Keys
from etl.decide.standings import (
    NO_JUDGEMENTS,
    Archive,
    BucketRows,
    Content,
    Judgements,
    Outcome,
    Rank,
    Standing,
    Text,
)
from etl.decide.walk import Walked, apart_from, walk
from etl.fingerprint.kernels import agreement
from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import similarity


def elect(
    arrivals: Mapping[int, tuple[Text, Content]],
    departures: Iterable[Text],
    archive: Archive,
    recipe: Recipe,
    judgements: Judgements = NO_JUDGEMENTS,
    reconsidered: Iterable[Text] = (),
) -> Outcome:
    """The standings that change when texts arrive and depart.

    arrivals      texts that come, or come again at another rank (then they depart as well)
    departures    stored texts, with their standing, that go, or leave their rank
    reconsidered  stored texts that must look again although nothing about them moved: their judgements did
    """
    election = _Election(arrivals, archive, recipe, judgements)
    election.depart(departures)
    election.arrive(reconsidered)
    election.settle()
    return election.outcome()


class _Election:
    """The state of one call of elect()."""

    def __init__(
        self, arrivals: Mapping[int, tuple[Text, Content]], archive: Archive, recipe: Recipe, judgements: Judgements
    ) -> None:
        self.archive, self.recipe, self.judgements = archive, recipe, judgements
        self.alone = partial(Standing, jaccard=1.0, bands=recipe.bands)
        self.arrivals = arrivals
        self.least_ratio, self.least_agreement = recipe.least_ratio(), recipe.least_agreement()
        self.texts: dict[int, Text] = {}  # every text met so far, with its standing as it is now
        self.contents: dict[int, Content] = {}
        self.before: dict[int, Standing | None] = {}  # standings as they were, of those that changed
        self.gone: set[int] = set()
        self.buckets = Buckets()
        self.members: dict[int, list[Text]] = {}  # stored duplicates of a canonical, as they were stored
        self.waiting: set[int] = set()  # texts in the queue whose band keys were not looked up
        self.walked = Walked({}, BucketRows(), 0)
        self.queue: list[tuple[Rank, int]] = []
        self.queued: set[int] = set()
        self.verified = 0

    def depart(self, departures: Iterable[Text]) -> None:
        leaving = {text.text_id: text for text in departures}
        self.texts |= leaving
        for text in leaving.values():
            self.before[text.text_id] = text.standing
            self.texts[text.text_id] = Text(text.text_id, text.rank, text.shingles)
            self.gone.add(text.text_id)
        led = [i for i, text in leaving.items() if text.standing is not None and text.standing.canonical_id == i]
        self._look_again(m for m in self._members(led) if m.text_id not in leaving)
        self.contents.update(self.archive.contents([i for i in leaving if i not in self.arrivals]))

    def arrive(self, reconsidered: Iterable[Text]) -> None:
        for text_id, (text, content) in self.arrivals.items():
            self.texts[text_id] = text
            self.contents[text_id] = content
            self.before.setdefault(text_id, None)
        self.gone -= self.arrivals.keys()
        self.queued |= self.arrivals.keys()
        self.waiting |= self.arrivals.keys()
        for text in reconsidered:
            self._look_again([self.texts.setdefault(text.text_id, text)])
        if self.waiting:
            self._look_up()
        self.queue += [(self.texts[i].rank, i) for i in self.arrivals.keys() - self.walked.texts.keys()]
        heapq.heapify(self.queue)

    def settle(self) -> None:
        while self.queue:
            _, text_id = heapq.heappop(self.queue)
            self.queued.discard(text_id)
            if text_id in self.waiting:
                self._look_up()
            text = self.texts[text_id]
            old, new = text.standing, self._standing(text)
            if new == old:
                continue
            self.before.setdefault(text_id, old)
            self.texts[text_id] = Text(text_id, text.rank, text.shingles, new)
            led, leads = old is not None and old.canonical_id == text_id, new.canonical_id == text_id
            if leads and not led:
                self.buckets.take(text_id)
                if self.buckets.rows:
                    self._look_again(self._later_neighbours(text))
            elif led and not leads:
                self._look_again(self._members([text_id]))

    def outcome(self) -> Outcome:
        outcome = Outcome(verified=self.verified + self.walked.verified)
        joined: defaultdict[int, list[int]] = defaultdict(list)
        left: defaultdict[int, list[int]] = defaultdict(list)
        walked = self.walked.texts
        for text_id, old in self.before.items():
            text = walked.get(text_id) or self.texts[text_id]
            new = text.standing
            if new == old and text_id not in self.arrivals:
                continue
            outcome.texts[text_id] = text if new is not None else None
            outcome.before[text_id] = old
            if text_id not in walked and (old and old.canonical_id) != (new and new.canonical_id):
                if old is not None:
                    left[old.canonical_id].append(text_id)
                if new is not None:
                    joined[new.canonical_id].append(text_id)
        self._load_contents(chain.from_iterable(left.values()))
        outcome.dropped = self._rows_without_text(left)
        outcome.added = self._new_rows(joined, set(outcome.dropped))
        return outcome

    def _standing(self, text: Text) -> Standing:
        """The earliest earlier canonical text with an edge to it; else itself."""
        same = self.judgements.same.get(text.text_id, ())
        if not (self.buckets.met[text.text_id] or same):  # most texts
            return self.alone(text.text_id)
        shared = self.buckets.shared(text.text_id)
        for other in same:
            if other in self.texts:
                shared.setdefault(other, 0)
        earlier = [
            (self.texts[other].rank, other, bands)
            for other, bands in shared.items()
            if other != text.text_id and self._is_canonical(other) and self.texts[other].rank < text.rank
        ]
        for _, other, bands in sorted(earlier):
            if other in self.judgements.different.get(text.text_id, ()):
                continue
            alike = self._similarity(text.text_id, other, must=other in same)
            edge = bands > 0 and alike >= self.recipe.threshold
            if edge or other in same:
                return Standing(other, alike, bands, judged=not edge)
        return self.alone(text.text_id)

    def _similarity(self, left: int, right: int, must: bool) -> float:
        """Exact similarity; 0.0 for a pair that cannot reach the threshold (`must`: never spared)."""
        if not (must or self._may_be_alike(left, right)):
            return 0.0
        self.verified += 1
        return similarity(self.archive.shingle_set(left), self.archive.shingle_set(right), self.recipe)

    def _may_be_alike(self, left: int, right: int) -> bool:
        """Whether a pair may reach the threshold, by the sizes of its sets and by its signatures."""
        if not self._are_of_like_size(self.texts[left], self.texts[right]):
            return False
        agreed = agreement(self.contents[left].signature, self.contents[right].signature)
        return bool(agreed >= self.least_agreement)

    def _are_of_like_size(self, left: Text, right: Text) -> bool:
        small, large = sorted((left.shingles, right.shingles))
        return small >= self.least_ratio * large

    def _later_neighbours(self, text: Text) -> Iterable[Text]:
        """Stored texts whose standing may change now that this one is canonical: those that it may have an edge to.

        Of canonicals that share a key with it, and members that do of clusters whose canonical stands later.  The more
        a store holds, the more of them share a key by chance.
        """
        clusters = {c for c in self.buckets.clusters(text.text_id) if self.texts[c].rank > text.rank}
        owners = self.buckets.shared(text.text_id).keys() & clusters
        yield from (self.texts[c] for c in owners if self._is_canonical(c) and self._may_be_alike(text.text_id, c))
        keys = set(self.buckets.met[text.text_id])
        later = [m for m in self._members(clusters) if m.rank > text.rank and self._are_of_like_size(text, m)]
        self._load_contents(m.text_id for m in later)
        near = (m for m in later if self._may_be_alike(text.text_id, m.text_id))
        yield from (m for m in near if not keys.isdisjoint(self.contents[m.text_id].keys.tolist()))
        same = self.judgements.same.get(text.text_id, ())
        yield from (self.texts[i] for i in same if i in self.texts and self.texts[i].rank > text.rank)

    def _members(self, canonical_ids: Collection[int]) -> Iterable[Text]:
        """Stored duplicates of these canonicals that still are."""
        self._load_members(canonical_ids)
        for canonical_id in canonical_ids:
            for member in self.members.get(canonical_id, ()):
                if self.texts[member.text_id].standing == member.standing:
                    yield self.texts[member.text_id]

    def _load_members(self, canonical_ids: Iterable[int]) -> None:
        missing = {i for i in canonical_ids if i not in self.members}
        if missing:
            self.members.update((i, []) for i in missing)
            for member in self.archive.members(missing):
                if member.standing is not None:
                    self.members[member.standing.canonical_id].append(member)
                self.texts.setdefault(member.text_id, member)

    def _look_again(self, texts: Iterable[Text]) -> None:
        for text in list(texts):
            if text.text_id not in self.gone and text.text_id not in self.queued:
                self._push(text)

    def _push(self, text: Text) -> None:
        heapq.heappush(self.queue, (text.rank, text.text_id))
        self.queued.add(text.text_id)
        if text.text_id not in self.buckets.met:
            self.waiting.add(text.text_id)

    def _look_up(self) -> None:
        """Load what stands in the buckets of all texts that wait: one look-up for all.

        Another is for the stored texts that are to look again if those become canonical, as most do: one by one they
        would take a look-up each.
        """
        text_ids, self.waiting = list(self.waiting), set()
        looking = map(self.texts.__getitem__, self._find(text_ids))
        again = {later.text_id for text in looking for later in self._later_neighbours(text)}
        if soon := again - self.buckets.met.keys() - self.gone:
            self._find(list(soon))

    def _find(self, text_ids: Sequence[int]) -> Sequence[int]:
        """Load what stands in the buckets of these texts; those of them that are not settled by that."""
        self._load_contents(text_ids)
        keys = Keys([self.contents[text_id].keys for text_id in text_ids])
        judged = {i for text_id in text_ids for i in self.judgements.same.get(text_id, ())}
        stored, named = self.buckets.load(self.archive.buckets(keys.distinct))
        has_rows = keys.among(stored)
        open_ = self._walk(text_ids, keys, has_rows)
        text_ids = [text_ids[n] for n in open_.tolist()]
        self._meet(named | judged)
        self.buckets.meet(text_ids, keys.picked((keys.counts > 1) | has_rows, open_))
        met = ((self.texts[i].rank, c) for i in text_ids for c in self.buckets.clusters(i))
        self._load_members(c for rank, c in met if self.texts[c].rank > rank)  # whose members these may change
        self._load_contents(other for i in text_ids for other in self._of_like_size(i))
        sharing = {i for i, shares in zip(text_ids, keys.have(keys.counts > 1)[open_].tolist(), strict=True) if shares}
        self.archive.expect((judged & self.texts.keys()) | sharing | self._comparable(text_ids))
        return text_ids

    def _walk(self, text_ids: Sequence[int], keys: Keys, has_rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Settle what arrives and no stored row or judgement touches; positions of the other texts.

        has_rows  of the distinct keys, which have stored rows
        """
        decided = self.judgements.same.keys() | self.judgements.different.keys()
        others = np.array([i not in self.arrivals or i in decided for i in text_ids])
        touched = keys.have(has_rows) | others | self.recipe.characters  # characters are measured otherwise
        apart = apart_from(touched, keys)
        if apart.any():
            looking = [(self.texts[text_id], self.contents[text_id]) for text_id in text_ids]
            self.walked = walk(np.flatnonzero(apart), looking, keys, self.archive, self.recipe)
        return np.flatnonzero(~apart)

    def _of_like_size(self, text_id: int) -> Iterable[int]:
        """Texts with whose signatures this one's may be compared: they share a key with it, or their cluster does."""
        members = (m.text_id for c in self.buckets.clusters(text_id) for m in self.members.get(c, ()))
        sharing = chain(self.buckets.shared(text_id), members)
        return (i for i in sharing if self._are_of_like_size(self.texts[text_id], self.texts[i]))

    def _comparable(self, text_ids: Iterable[int]) -> set[int]:
        """Texts that may be compared: of pairs of one of these and a canonical.

        Most pairs share one key by chance.  Bodies of stored texts lie all over the file: only those are read that the
        pair's signatures leave in doubt.
        """
        found: set[int] = set()
        for text_id in text_ids:
            near = [i for i in self.buckets.shared(text_id) if i != text_id and self._may_be_alike(text_id, i)]
            found.update(near and [text_id, *near])
        return found

    def _meet(self, text_ids: Iterable[int]) -> None:
        missing = {i for i in text_ids if i not in self.texts}
        if missing:
            self.texts.update((text.text_id, text) for text in self.archive.texts(missing))

    def _load_contents(self, text_ids: Iterable[int]) -> None:
        missing = {i for i in text_ids if i not in self.contents}
        if missing:
            self.contents.update(self.archive.contents(missing))

    def _is_canonical(self, text_id: int) -> bool:
        standing = self.texts[text_id].standing
        return standing is not None and standing.canonical_id == text_id

    def _rows_without_text(self, left: Mapping[int, Sequence[int]]) -> list[tuple[int, int]]:
        """Bucket rows of clusters that texts left, which no text of the cluster accounts for any more."""
        dropped = []
        self._meet(left)
        remaining = [c for c in left if self._is_canonical(c)]
        keys_of: dict[int, set[int]] = {c: set() for c in remaining}
        if remaining:
            stay = list(self._members(remaining))
            self._load_contents([*(m.text_id for m in stay), *remaining])
            for canonical_id in remaining:
                keys_of[canonical_id].update(self.contents[canonical_id].keys.tolist())
            for member in stay:
                if member.standing is not None:
                    keys_of[member.standing.canonical_id].update(self.contents[member.text_id].keys.tolist())
        for canonical_id, texts in left.items():
            lost = {key for text_id in texts for key in self.contents[text_id].keys.tolist()}
            dropped += [(key, canonical_id) for key in lost - keys_of.get(canonical_id, set())]
        return dropped

    def _new_rows(self, joined: Mapping[int, Sequence[int]], dropped: set[tuple[int, int]]) -> BucketRows:
        """Bucket rows that clusters need for the texts that joined them, the canonical's own first."""
        added = self.walked.rows
        for canonical_id, texts in joined.items():
            there: set[int] = set()
            for text_id in sorted(texts, key=lambda i: i != canonical_id) if len(texts) > 1 else texts:
                keys = self.contents[text_id].keys
                if there or canonical_id in self.buckets.named:
                    known = self.buckets.is_stored
                    new = [k for k in keys.tolist() if k not in there and not known(k, canonical_id, dropped)]
                    keys = np.array(new, dtype=np.int64)
                if len(texts) > 1:
                    there.update(keys.tolist())
                added.add(keys, canonical_id, text_id == canonical_id)
        return added

"""The same demand again: a customer's turns that say once more what was said before.

Two turns say the same when their content words agree well, whatever the wording around them. A
recogniser that loops, or invents a closing formula in silence, repeats too: such turns are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .records import Conversation, Speaker, Turn
from .text import Feature
from .text.analyzer import Batch
from .text.features import lemma_hash

#: Turns with fewer content words (はい, そうですか) are no demands.
MIN_CONTENT = 2
#: Agreement of content words from which two turns say the same, 0 to 1.
SAME = 0.7
#: Only a caller's latest so many different turns are compared, which keeps long calls cheap.
WINDOW = 60
#: Whisper takes its own text for a loop where it compresses better than this (openai/whisper,
#: transcribe.py, compression_ratio_threshold); a recogniser as unsure as the second figure is not to
#: be held against a caller.
LOOP_RATIO, POOR_CONFIDENCE = 2.4, 0.4
#: Closing formulas of videos, which recognisers invent in silence.
_INVENTED = re.compile(
    r"(ご視聴|ご覧いただき|チャンネル登録|最後までご覧).{0,12}(ありがとう|お願い)"
)
_CONTENT_POS = ("名詞-普通名詞", "名詞-固有名詞", "動詞-一般", "形容詞", "形状詞")
#: Words that make no demand by themselves.
_EMPTY = frozenset(
    [
        "為る",
        "有る",
        "居る",
        "言う",
        "成る",
        "事",
        "物",
        "訳",
        "所",
        "方",
        "様",
        "御",
        "さん",
        "今日",
        "電話",
        "本当",
        "貴方",
        "願う",
        "思う",
        "済む",
        "分かる",
        "此方",
        "其方",
        "良い",
        "無い",
        "遣る",
        "来る",
        "行く",
        "出来る",
        "人",
        "時",
        "私",
        "自分",
        "聞く",
        "話",
        "話す",
        "見る",
        "頂く",
        "下さる",
    ]
)


@dataclass(frozen=True, slots=True)
class Repetition:
    """Every turn that says one demand, in order; the first is the demand itself."""

    turns: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.turns)


def is_doubtful(turn: Turn) -> bool:
    """Whether the recogniser, rather than the customer, may have said this."""
    if turn.confidence is not None and turn.confidence < POOR_CONFIDENCE:
        return True
    if turn.compression_ratio is not None and turn.compression_ratio > LOOP_RATIO:
        return True
    return _INVENTED.search(turn.text) is not None


def content_hash(feature: Feature) -> int:
    """A hash of a word that carries meaning of its own, 0 for any other."""
    if feature.lemma is None or feature.lemma in _EMPTY:
        return 0
    return lemma_hash(feature.lemma) if feature.pos.startswith(_CONTENT_POS) else 0


#: The hashes of the content words of each text of a batch, and where each text's begin.
Content = tuple[NDArray[np.uint32], list[int]]


def content_words(batch: Batch) -> Content:
    """The content words of every text, each once, in the order of their hashes."""
    hashes = batch.column("content").copy()
    offsets = np.zeros(len(batch.token_offsets), np.int64)
    count = _content(hashes, batch.token_offsets, offsets)
    return hashes[:count], offsets.tolist()


@njit(nogil=True, cache=True)
def _content(
    hashes: NDArray[np.uint32], token_offsets: NDArray[np.int64], offsets: NDArray[np.int64]
) -> int:
    count = 0
    for text in range(len(token_offsets) - 1):
        first = count
        for at in range(token_offsets[text], token_offsets[text + 1]):
            word = hashes[at]
            if word == 0:
                continue
            place = first
            while place < count and hashes[place] < word:
                place += 1
            if place < count and hashes[place] == word:
                continue
            # In place: what is kept never outgrows what has been read.
            for move in range(count, place, -1):
                hashes[move] = hashes[move - 1]
            hashes[place] = word
            count += 1
        offsets[text + 1] = count
    return count


@njit(nogil=True, cache=True)
def _group(
    words: NDArray[np.uint32],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    least: int,
    same: float,
    window: int,
) -> NDArray[np.int32]:
    """For each turn the first turn that says the same: itself where it is new, -1 where it has fewer than
    ``least`` words, which are ``words[begins[i]:ends[i]]``."""
    turns = len(begins)
    group = np.full(turns, -1, np.int32)
    leaders = np.empty(turns, np.int32)
    count = 0
    for i in range(turns):
        a, a_end = begins[i], ends[i]
        if a_end - a < least:
            continue
        best, best_agreement = -1, same
        for k in range(max(0, count - window), count):
            j = leaders[k]
            x, y, common = a, begins[j], 0
            b_end = ends[j]
            while x < a_end and y < b_end:
                if words[x] == words[y]:
                    common += 1
                    x += 1
                    y += 1
                elif words[x] < words[y]:
                    x += 1
                else:
                    y += 1
            na, nb = a_end - a, b_end - begins[j]
            # Between the overlap coefficient and Dice: a shorter rewording still agrees, a long
            # turn that happens to hold two common words does not.
            agreement = common / max(min(na, nb), (na + nb) / 3)
            if agreement >= best_agreement and common >= least:
                best, best_agreement = j, agreement
        if best >= 0:
            group[i] = best
        else:
            group[i] = i
            leaders[count] = i
            count += 1
    return group


def find(
    conversation: Conversation,
    batch: Batch,
    text_of: Sequence[int | None],
    content: Content | None = None,
) -> tuple[Repetition, ...]:
    """The repeated demands of one conversation, the most repeated first.

    ``text_of[i]`` is the text of turn ``i`` in ``batch``, or None for a turn not to be looked at.
    ``content`` are the batch's content words, where the caller has them already. The same text twice with nobody speaking between is the mark of a loop and counts once.
    """
    turns = conversation.turns
    hashes, bounds = content or content_words(batch)
    begins, ends = [0] * len(turns), [0] * len(turns)
    usable = 0
    previous: str | None = None
    for i, (turn, text) in enumerate(zip(turns, text_of, strict=True)):
        if turn.speaker is Speaker.AGENT:
            previous = None
        if text is not None:
            first, last = bounds[text], bounds[text + 1]
            if last - first >= MIN_CONTENT and turn.text != previous and not is_doubtful(turn):
                begins[i], ends[i] = first, last
                usable += 1
            previous = turn.text
    if usable < 2:
        return ()
    group = _group(
        hashes, np.array(begins, np.int64), np.array(ends, np.int64), MIN_CONTENT, SAME, WINDOW
    )
    members: dict[int, list[int]] = {}
    for i, leader in enumerate(group.tolist()):
        if leader >= 0:
            members.setdefault(leader, []).append(i)
    found = [Repetition(tuple(m)) for m in members.values() if len(m) > 1]
    return tuple(sorted(found, key=lambda r: (-r.count, r.turns)))

"""The part of the pretrained vocabulary that Japanese text needs, and its tokenizer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace

from .pretrained import Pretrained

_SPACE = "▁"
_KANA = re.compile(f"{_SPACE}?[ぁ-ゖァ-ヺー一-鿿々〆]*[ぁ-ゖァ-ヺ][ぁ-ゖァ-ヺー一-鿿々〆]*")
_KANJI = re.compile(f"{_SPACE}?[一-鿿々]+")


def _japanese(piece: str) -> bool:
    """Kana, kanji of JIS X 0208, or a single ASCII sign."""
    if _KANA.fullmatch(piece):
        return True
    if _KANJI.fullmatch(piece):
        return all(len(c.encode("euc_jp", "ignore")) == 2 for c in piece.removeprefix(_SPACE))
    return len(piece.removeprefix(_SPACE)) <= 1 and piece.isascii()


def kept(pretrained: Pretrained, used: Iterable[int]) -> list[int]:
    """The numbers of the pieces kept: of Japanese, and those ``used``; the unknown one comes first."""
    chosen = {i for i, piece in enumerate(pretrained.pieces) if _japanese(piece)} | set(used)
    chosen.add(pretrained.pieces.index(_SPACE))
    chosen.discard(pretrained.unknown)
    return [pretrained.unknown, *sorted(chosen)]


def tokenizer(pretrained: Pretrained, pieces: Iterable[int]) -> Tokenizer:
    """A unigram tokenizer (Kudo 2018) over these pieces, the first of them the unknown one."""
    vocabulary = [(pretrained.pieces[i], float(pretrained.scores[i])) for i in pieces]
    made = Tokenizer(Unigram(vocabulary, unk_id=0))
    made.pre_tokenizer = Metaspace(replacement=_SPACE, prepend_scheme="always", split=False)
    return made

"""Transcripts and mails of many formats become conversations; what cannot be read is reported.

The modules, in the order data flows:

``sources``     files, folders and standard input become bytes
``recognise``   which format the bytes are in
``documents``   one opened input, read by the reader of its format
``jsontext``    JSON lines and JSON documents
``contract``    the neutral contract, checked field by field
``vendors``     the JSON of other products: ``amazon``, ``genesys``, ``whisper``, ``azure``, ``ccai``
``parquet``     archives in columns
``subtitles``   WebVTT and SubRip
``mail``        one mail, with ``mailheader``, ``mailhtml``, ``mailtext``, ``mailsignature``; ``mbox``
``charset``     text of mails and subtitles, with ``jis``
``roles``       labels of voices and channels
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from screening.errors import Reject
from screening.intake.contract import conversation_from_json
from screening.intake.documents import FORMATS, read_stream
from screening.intake.origin import Located, Origin
from screening.intake.roles import prepare
from screening.intake.sources import COMPRESSION_ERRORS, STDIN, open_bytes, walk
from screening.records import Conversation, Speaker

_SAME = "同じ id・同じ内容の会話を先に読み込みました（重複）。この1件は飛ばしました。"
_DIFFERENT = "同じ id で内容の異なる会話を先に読み込みました（重複）。id を会話ごとに変えて、もう一度読み込んでください。"

__all__ = ["FORMATS", "conversation_from_json", "read"]


def read(
    paths: Sequence[str | Path],
    *,
    format: str | None = None,
    role_map: Mapping[str, Speaker] | None = None,
) -> Iterator[Conversation | Reject]:
    """Conversations and rejects of files, folders and standard input (``-``), in order.

    ``format`` (one of ``FORMATS``) overrides what the content says. ``role_map`` gives the role of labels
    such as ``spk_0``, ``ch_1``, a name, a mail address or ``@example.jp``. Raises ValueError for an unknown
    format or role, before anything is read; an input that cannot be read is a ``Reject``.

    Of conversations with one id only the first is given. One hash of 64 bits for each id is kept, about
    100 MB for a million.
    """
    if format is not None and format not in FORMATS:
        raise ValueError(f"形式 {format} はありません。{'、'.join(FORMATS)} から選んでください。")
    return _without_duplicates(_read_all(paths, format, prepare(role_map)))


def _read_all(
    paths: Sequence[str | Path], format: str | None, roles: Mapping[str, Speaker]
) -> Iterator[Located]:
    for path in walk(paths):
        if isinstance(path, Reject):
            yield Origin(path.file), path
            continue
        origin = Origin(STDIN if path == "-" else path, roles=roles)
        try:
            with open_bytes(path) as stream:
                yield from read_stream(stream, origin, format)
        except COMPRESSION_ERRORS:
            yield (
                origin,
                origin.reject(
                    "", "圧縮ファイルが途中で切れているか壊れています。作り直してください。"
                ),
            )
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "読み取りエラー"
            yield (
                origin,
                origin.reject(
                    "", f"ファイルを読めません（{reason}）。権限と媒体を確かめてください。"
                ),
            )
        except Exception as error:  # one poisoned file must not stop an archive
            name = type(error).__name__
            yield (
                origin,
                origin.reject(
                    "",
                    f"読み込み中に想定外のエラーが起きました（{name}）。開発元にご連絡ください。",
                ),
            )


def _without_duplicates(located: Iterator[Located]) -> Iterator[Conversation | Reject]:
    seen: dict[int, int] = {}
    for origin, item in located:
        if isinstance(item, Conversation):
            key, content = hash(item.id), hash(item)
            if key in seen:
                yield origin.reject("id", _SAME if seen[key] == content else _DIFFERENT)
                continue
            seen[key] = content
        yield item

"""Files, folders and standard input become streams of bytes; compression is taken off."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import zstandard

from screening.errors import Reject

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: Bytes by which a format is recognised.
SNIFF_BYTES = 1 << 16
STDIN = "（標準入力）"
#: What reading from ``open_bytes`` raises for damaged or cut-off compression.
COMPRESSION_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError)
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def walk(paths: Sequence[str | Path]) -> Iterator[str | Reject]:
    """The files of ``paths`` in order, folders in the order of names; ``-`` is standard input.

    Hidden files and folders are passed over; what is neither file nor folder, or cannot be listed, is
    reported. A folder that links lead to twice is read once.
    """
    seen: set[tuple[int, int]] = set()
    for given in paths:
        path = str(given)
        if path == "-":
            yield path
        elif os.path.isdir(path):
            yield from _folder(path, seen)
        elif os.path.exists(path):
            yield path
        else:
            yield Reject(path, "", "", "ファイルが見つかりません。パスを確かめてください。")


def _folder(folder: str, seen: set[tuple[int, int]]) -> Iterator[str | Reject]:
    try:
        status = os.stat(folder)
        names = sorted(os.listdir(folder))
    except OSError:
        yield Reject(folder, "", "", "フォルダーを開けません。読み取り権限を確かめてください。")
        return
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for name in names:
        if name.startswith("."):
            continue
        path = os.path.join(folder, name)
        try:
            mode = os.stat(path).st_mode
        except OSError:
            yield Reject(path, "", "", "リンク先がないか、読み取り権限がありません。")
            continue
        if stat.S_ISDIR(mode):
            yield from _folder(path, seen)
        elif stat.S_ISREG(mode):
            yield path
        else:  # opening a pipe in a folder would wait for ever
            yield Reject(path, "", "", "通常のファイルではないため読み込みません。")


def open_bytes(path: str) -> BinaryIO:
    """The decompressed bytes of a file or of standard input. Raises OSError."""
    raw: BinaryIO = sys.stdin.buffer if path == "-" else io.BufferedReader(io.FileIO(path))
    if path != "-" and raw.seekable():
        head = raw.read(4)
        raw.seek(0)
    else:
        head = raw.read(4)
        raw = rejoined(head, raw)
    if head.startswith(_GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=raw))
    if head == _ZSTD:
        return io.BufferedReader(_Zstd(raw), SNIFF_BYTES)
    return raw


def rejoined(head: bytes, rest: BinaryIO) -> BinaryIO:
    """A stream that gives ``head`` again before the rest."""
    return io.BufferedReader(_Rejoined(head, rest), SNIFF_BYTES)


class _Rejoined(io.RawIOBase):
    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = memoryview(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._head[: len(view)] if self._head else self._rest.read(len(view))
        self._head = self._head[len(data) :] if self._head else self._head
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if self._rest is not sys.stdin.buffer:
            self._rest.close()
        super().close()


class _Zstd(io.RawIOBase):
    """Zstandard frames, one after another. zstandard's own reader ends a cut-off frame silently."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._input, self._output = source, b"", memoryview(b"")
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._fed = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        while not self._output:
            if not self._input and not (piece := self._source.read(SNIFF_BYTES)):
                if self._fed and not self._frame.eof:
                    raise EOFError("the last Zstandard frame is cut off")
                return 0
            data, self._input = self._input or piece, b""
            if self._frame.eof:
                self._frame, self._fed = zstandard.ZstdDecompressor().decompressobj(), False
            self._fed = True
            self._output = memoryview(self._frame.decompress(data))
            self._input = self._frame.unused_data if self._frame.eof else b""
        size = min(len(view), len(self._output))
        view[:size] = self._output[:size]
        self._output = self._output[size:]
        return size

    def close(self) -> None:
        if self._source is not sys.stdin.buffer:
            self._source.close()
        super().close()

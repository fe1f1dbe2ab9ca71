"""Calls the MeCab library inside fugashi's wheel, from compiled code and without the GIL.

Only MeCab's documented C interface is used (``mecab_lattice_*`` and ``struct mecab_node_t`` of
``mecab.h`` 0.996); where the library cannot be found, the caller falls back to fugashi itself.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from pathlib import Path
from typing import Any

import fugashi
import unidic_lite
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

#: Byte offsets in ``struct mecab_node_t`` on 64-bit platforms.
NODE_NEXT, NODE_FEATURE, NODE_LENGTH, NODE_RLENGTH, NODE_STAT = 8, 56, 68, 70, 79
#: ``stat`` of the node behind the last morpheme.
STAT_END = 3


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """The libmecab that fugashi was built with, or None where its wheel is laid out otherwise."""
    folder = Path(fugashi.__file__).parent.parent / "fugashi.libs"
    for path in sorted(folder.glob("libmecab*.so*")):
        lib = ctypes.CDLL(str(path))
        for name, result, arguments in (
            (
                "mecab_model_new",
                ctypes.c_void_p,
                [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)],
            ),
            ("mecab_model_new_tagger", ctypes.c_void_p, [ctypes.c_void_p]),
            ("mecab_model_new_lattice", ctypes.c_void_p, [ctypes.c_void_p]),
            ("mecab_destroy", None, [ctypes.c_void_p]),
            ("mecab_lattice_destroy", None, [ctypes.c_void_p]),
        ):
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
        return lib
    return None


@lru_cache(maxsize=1)
def _model() -> int:
    lib = library()
    assert lib is not None
    folder = Path(unidic_lite.DICDIR)
    words = [b"mecab", b"-C", b"-d", bytes(folder), b"-r", bytes(folder / "mecabrc")]
    model = lib.mecab_model_new(len(words), (ctypes.c_char_p * len(words))(*words))
    if not model:
        raise RuntimeError(f"MeCab cannot open the dictionary in {folder}")
    return int(model)


def _address(lib: ctypes.CDLL, name: str) -> int:
    return ctypes.cast(getattr(lib, name), ctypes.c_void_p).value or 0


class Parser:
    """One tagger with its lattice: use it from one thread at a time."""

    def __init__(self) -> None:
        lib = library()
        if lib is None:
            raise RuntimeError("no libmecab beside fugashi")
        self._lib = lib
        self.tagger = int(lib.mecab_model_new_tagger(_model()))
        self.lattice = int(lib.mecab_model_new_lattice(_model()))
        self.set_sentence = _address(lib, "mecab_lattice_set_sentence2")
        self.parse = _address(lib, "mecab_parse_lattice")
        self.bos = _address(lib, "mecab_lattice_get_bos_node")
        self.clear = _address(lib, "mecab_lattice_clear")

    def __del__(self) -> None:
        if lattice := getattr(self, "lattice", 0):
            self._lib.mecab_lattice_destroy(lattice)
            self._lib.mecab_destroy(self.tagger)


def feature_at(pointer: int) -> str:
    """The feature string of a node; MeCab keeps it as long as the dictionary is open."""
    return ctypes.string_at(pointer).decode("utf-8", "replace")


def _loader(bits: int) -> Any:
    @intrinsic
    def load(typingctx: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = ir.IntType(bits)
            pointer = builder.inttoptr(arguments[0], kind.as_pointer())
            value = builder.load(pointer)
            return value if bits == 64 else builder.zext(value, ir.IntType(64))

        return types.int64(types.int64), codegen

    return load


load8, load16, load64 = _loader(8), _loader(16), _loader(64)


def _codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    word = ir.IntType(64)
    kind = ir.FunctionType(word, [word] * (len(arguments) - 1))
    return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])


@intrinsic
def call1(typingctx: Any, function: Any, a: Any) -> Any:
    return types.int64(types.int64, types.int64), _codegen


@intrinsic
def call2(typingctx: Any, function: Any, a: Any, b: Any) -> Any:
    return types.int64(*[types.int64] * 3), _codegen


@intrinsic
def call3(typingctx: Any, function: Any, a: Any, b: Any, c: Any) -> Any:
    return types.int64(*[types.int64] * 4), _codegen

"""A policy file's text as plain values, with the line and column that each of them stands at.

YAML 1.2, and of that only what a form needs: mappings, lists, texts, numbers, true and false. Anchors,
aliases and tags are refused, because a reader of the file could not see what they stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import process
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from ..errors import PolicyError

#: A policy is read by people: a file beyond this many bytes is something else.
MAX_BYTES = 1_000_000
#: Similarity, 0 to 100, from which a name is worth proposing for a mistyped one.
NEAR = 60

Path = tuple[str | int, ...]
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at ``path``; ``at_key`` points at the key rather than at its value."""

    path: Path
    message: str
    at_key: bool = False


@dataclass(slots=True)
class Source:
    """``data`` is the document; lines and columns count from 1, columns in characters."""

    name: str
    data: Any = None
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def line(self, problem: Problem) -> str:
        """``file:line:column: message``, at the nearest enclosing part that is in the file."""
        path = problem.path
        places = self.keys if problem.at_key else self.values
        while path and path not in places:
            path, places = path[:-1], self.values
        line, column = places.get(path, (1, 1))
        return f"{self.name}:{line}:{column}: {problem.message}"

    def lines(self, problems: list[Problem]) -> list[str]:
        def place(problem: Problem) -> tuple[int, int]:
            _, line, column, _ = self.line(problem).removeprefix(self.name).split(":", 3)
            return int(line), int(column)

        return [self.line(p) for p in sorted(problems, key=place)]


def nearest(word: object, names: Iterator[str] | list[str]) -> str:
    """A sentence that proposes the most similar name, or nothing where none is near."""
    found = process.extractOne(str(word), list(names), score_cutoff=NEAR)
    return f"「{found[0]}」ではありませんか。" if found else ""


def parse(name: str, raw: bytes) -> Source:
    """Reads a policy file's bytes. Raises PolicyError with the place of the first thing unreadable."""
    source = Source(name)
    try:
        node = YAML(typ="safe", pure=True).compose(_text(name, raw))
    except ReaderError as error:
        raise PolicyError(
            f"{name}:1:1: 使えない制御文字（位置 {error.position + 1}）があります。取り除いてください。"
        ) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise PolicyError(
            f"{name}:{line}:{column}: YAMLとして読めません（{error.problem}）。"
            "字下げ、コロンの後の空白、引用符や括弧の閉じ忘れを確かめてください。"
        ) from None
    except (YAMLError, RecursionError, ValueError):
        raise PolicyError(f"{name}:1:1: YAMLとして読めません。入れ子が深すぎます。") from None
    if node is None:
        raise PolicyError(f"{name}:1:1: 中身がありません。方針を「項目: 値」の形で書いてください。")
    source.data = _value(source, node, (), set())
    return source


def _text(name: str, raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise PolicyError(f"{name}:1:1: 方針のファイルは{MAX_BYTES:,}バイトまでです。")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig")
        line, column = good.count("\n") + 1, len(good) - good.rfind("\n")
        raise PolicyError(
            f"{name}:{line}:{column}: UTF-8として読めません（バイト 0x{raw[error.start]:02x}）。"
            "文字コードをUTF-8にして保存し直してください。"
        ) from None


def _value(source: Source, node: Node, path: Path, seen: set[int]) -> Any:
    place = (node.start_mark.line + 1, node.start_mark.column + 1)
    source.values[path] = place
    tag = str(node.tag)
    if node.anchor or id(node) in seen:
        raise PolicyError(
            f"{source.name}:{place[0]}:{place[1]}: 別名（& や *）は使えません。値をそのまま書いてください。"
        )
    seen.add(id(node))
    if isinstance(node, MappingNode) and tag == _TAG + "map":
        return _mapping(source, node, path, seen)
    if isinstance(node, SequenceNode) and tag == _TAG + "seq":
        return [_value(source, child, (*path, i), seen) for i, child in enumerate(node.value)]
    # A date stays text: the schema reads it, and can say where an impossible one stands.
    if isinstance(node, ScalarNode) and tag.removeprefix(_TAG) in _SCALARS:
        return _SCALARS[tag.removeprefix(_TAG)](node.value)
    raise PolicyError(
        f"{source.name}:{place[0]}:{place[1]}: タグ（!）は使えません。値をそのまま書いてください。"
    )


def _mapping(source: Source, node: MappingNode, path: Path, seen: set[int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, child in node.value:
        line, column = key.start_mark.line + 1, key.start_mark.column + 1
        if not isinstance(key, ScalarNode) or key.tag == _TAG + "merge":
            raise PolicyError(f"{source.name}:{line}:{column}: 項目の名前は文字で書いてください。")
        if key.value in result:
            first = source.keys[(*path, key.value)][0]
            raise PolicyError(
                f"{source.name}:{line}:{column}: 項目「{key.value}」が二度書かれています（一度目は{first}行目）。"
            )
        source.keys[(*path, key.value)] = (line, column)
        result[key.value] = _value(source, child, (*path, key.value), seen)
    return result


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    return int(digits, 0) if digits.lstrip("+-")[:2] in ("0x", "0o", "0b") else int(digits)


def _decimal(text: str) -> float:
    return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "timestamp": str,
    "int": _integer,
    "float": _decimal,
    "bool": lambda text: text.lower() == "true",
    "null": lambda text: None,
}

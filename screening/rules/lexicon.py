"""Reads the lexicon: ``corpora/lexicon/*.yaml``.

``classes.yaml`` names classes of words, ``scopes.yaml`` what makes words harmless, ``hidden.yaml``
disguised spellings, ``veiled.yaml`` words that are kept from sight (``screening.veils``); every other file holds the rules of the category it is named after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from screening.errors import ScreeningError

from .notation import NotationError, Pattern, WordClass, expand, parse_pattern, word_class

_SHARED = ("classes", "scopes", "hidden", "veiled")
_RULE_KEYS = {
    "id", "score", "why", "anchors", "lemma_anchors", "patterns", "scopes", "unless", "needs",
    "matches", "must_not_match",
}  # fmt: skip
_REQUIRED = ("id", "why", "patterns", "matches", "must_not_match")
_CONTEXT_KEYS = {"before", "after", "sentence", "text"}
_MINIMUM_EXAMPLES = 2


class LexiconError(ScreeningError):
    """A place of the lexicon that cannot be used: ``file:line`` and what was expected there."""

    def __init__(self, path: Path | str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")


@dataclass(frozen=True, slots=True)
class Context:
    """Regular expressions searched around a match; an empty one asks nothing.

    ``before`` and ``after`` look at the rest of the match's sentence, ``sentence`` at all of it,
    ``text`` at the whole utterance.
    """

    before: str = ""
    after: str = ""
    sentence: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What makes words harmless: a context, or quotation marks followed by ``quote``."""

    name: str
    context: Context
    quote: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One family of words. ``score`` is the share of its hits that a person would confirm, 0 to 1.

    ``anchors``: a sentence is looked at where it holds all strings of any one of these sets.
    """

    id: str
    category: str
    score: float
    why: str
    anchors: tuple[frozenset[str], ...]
    lemma_anchors: frozenset[str]
    patterns: tuple[Pattern, ...]
    scopes: tuple[str, ...]
    unless: Context
    needs: Context
    matches: tuple[str, ...]
    must_not_match: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Spelling:
    """A disguised spelling: ``regex``, tried where an anchor stands, is read as ``written``."""

    regex: str
    written: str
    anchors: tuple[str, ...]
    matches: tuple[str, ...]
    must_not_match: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    rules: tuple[Rule, ...]
    scopes: Mapping[str, Scope]
    spellings: tuple[Spelling, ...]
    classes: Mapping[str, WordClass]

    @property
    def literals(self) -> frozenset[str]:
        """Every word that a pattern names as one token."""
        return frozenset().union(*(p.literals for rule in self.rules for p in rule.patterns))


def lexicon_folder() -> Path:
    return Path(str(resources.files("corpora") / "lexicon"))


def read_veiled() -> Mapping[str, Any]:
    """What ``veiled.yaml`` says: ``classes`` by name, and ``words`` with anchors, a pattern and examples."""
    root: Mapping[str, Any] = _File(lexicon_folder() / "veiled.yaml").root
    return root


class _File:
    """One file's content with the line of every key and item."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.root = YAML().load(path.read_text(encoding="utf-8"))
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise LexiconError(path, line, f"not YAML: {error.problem}") from None
        if not isinstance(self.root, dict):
            raise LexiconError(path, 1, "expected keys with values")

    def fail(self, node: Any, key: Any, message: str) -> LexiconError:
        try:
            line = node.lc.data[key][0] + 1
        except (AttributeError, KeyError, TypeError):
            line = getattr(getattr(node, "lc", None), "line", 0) + 1
        return LexiconError(self.path, line, message)

    def place(self, node: Any) -> str:
        return f"{self.path.name}:{node.lc.line + 1}"

    def check_keys(self, node: Any, allowed: Iterable[str], required: Iterable[str]) -> None:
        if not isinstance(node, dict):
            raise self.fail(node, None, "expected keys with values")
        for key in node:
            if key not in allowed:
                raise self.fail(
                    node, key, f"unknown key {key!r}; known: {', '.join(sorted(allowed))}"
                )
        for key in required:
            if node.get(key) in (None, "", []):
                raise self.fail(node, None, f"{key} is missing")

    def strings(self, node: Any, key: str, *, at_least: int = 0) -> tuple[str, ...]:
        value = node.get(key, [])
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(x, str) and x for x in items):
            raise self.fail(node, key, f"{key}: expected a list of strings (quote numbers)")
        if len(items) < at_least:
            raise self.fail(node, key, f"{key}: expected at least {at_least}")
        return tuple(items)

    def regex(self, node: Any, key: str, classes: Mapping[str, WordClass]) -> str:
        parts = self.strings(node, key)
        try:
            return "|".join(f"(?:{expand(part, classes)})" for part in parts)
        except NotationError as error:
            raise self.fail(node, key, str(error)) from None

    def context(self, node: Any, key: str, classes: Mapping[str, WordClass]) -> Context:
        value = node.get(key)
        if value is None:
            return Context()
        self.check_keys(value, _CONTEXT_KEYS, ())
        return Context(**{name: self.regex(value, name, classes) for name in value})


def _read_classes(path: Path) -> dict[str, WordClass]:
    file = _File(path)
    classes: dict[str, WordClass] = {}
    for name, node in file.root.items():
        file.check_keys(node, ("words", "regex"), ())
        words = file.strings(node, "words")
        try:
            classes[name] = word_class(name, words, "|".join(file.strings(node, "regex")), classes)
        except NotationError as error:
            raise file.fail(file.root, name, f"{name}: {error}") from None
    return classes


def _read_scopes(path: Path, classes: Mapping[str, WordClass]) -> dict[str, Scope]:
    file = _File(path)
    scopes = {}
    for name, node in file.root.items():
        file.check_keys(node, {*_CONTEXT_KEYS, "quote"}, ())
        context = Context(**{k: file.regex(node, k, classes) for k in node if k != "quote"})
        scopes[name] = Scope(name, context, file.regex(node, "quote", classes))
    return scopes


def _read_spellings(path: Path, classes: Mapping[str, WordClass]) -> tuple[Spelling, ...]:
    file = _File(path)
    file.check_keys(file.root, ("spellings",), ("spellings",))
    keys = ("regex", "written", "anchors", "matches", "must_not_match")
    found = []
    for node in file.root["spellings"]:
        file.check_keys(node, keys, keys)
        found.append(
            Spelling(
                regex=file.regex(node, "regex", classes),
                written=node["written"],
                anchors=file.strings(node, "anchors", at_least=1),
                matches=file.strings(node, "matches", at_least=_MINIMUM_EXAMPLES),
                must_not_match=file.strings(node, "must_not_match", at_least=_MINIMUM_EXAMPLES),
                place=file.place(node),
            )
        )
    return tuple(found)


def _read_rule(
    file: _File, node: Any, defaults: Any, classes: Mapping[str, WordClass], scopes: Iterable[str]
) -> Rule:
    category = file.path.stem
    file.check_keys(node, _RULE_KEYS, _REQUIRED)
    if not str(node["id"]).startswith(category + "."):
        raise file.fail(node, "id", f"id: expected {category}.…")
    score = node.get("score", defaults.get("score"))
    if not isinstance(score, int | float) or not 0 < score <= 1:
        raise file.fail(node, "score", "score: expected a number over 0, at most 1")
    named = file.strings(node if "scopes" in node else defaults, "scopes")
    for scope in named:
        if scope not in scopes:
            raise file.fail(node, "scopes", f"{scope!r} is no scope of scopes.yaml")
    patterns = []
    for index, text in enumerate(file.strings(node, "patterns", at_least=1)):
        try:
            patterns.append(parse_pattern(text, classes))
        except NotationError as error:
            raise file.fail(node["patterns"], index, str(error)) from None
    anchors = tuple(frozenset(a.split("+")) for a in file.strings(node, "anchors"))
    lemma_anchors = frozenset(file.strings(node, "lemma_anchors"))
    if not anchors and not lemma_anchors:
        raise file.fail(node, "id", "expected anchors or lemma_anchors: no rule runs without")
    return Rule(
        id=node["id"],
        category=category,
        score=float(score),
        why=node["why"],
        anchors=anchors,
        lemma_anchors=lemma_anchors,
        patterns=tuple(patterns),
        scopes=named,
        unless=file.context(node, "unless", classes),
        needs=file.context(node, "needs", classes),
        matches=file.strings(node, "matches", at_least=_MINIMUM_EXAMPLES),
        must_not_match=file.strings(node, "must_not_match", at_least=_MINIMUM_EXAMPLES),
        place=file.place(node),
    )


def read_lexicon(folder: Path | str | None = None) -> Lexicon:
    """Reads every file of ``folder``, by default the shipped lexicon.

    Raises:
        LexiconError: at the first place that cannot be used.
    """
    folder = Path(folder) if folder else lexicon_folder()
    if not (folder / "classes.yaml").is_file():
        raise LexiconError(folder, 1, "expected a lexicon folder with classes.yaml in it")
    classes = _read_classes(folder / "classes.yaml")
    scopes = _read_scopes(folder / "scopes.yaml", classes)
    spellings = _read_spellings(folder / "hidden.yaml", classes)
    rules: list[Rule] = []
    places: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.stem in _SHARED:
            continue
        file = _File(path)
        file.check_keys(file.root, ("defaults", "rules"), ("rules",))
        for node in file.root["rules"]:
            rule = _read_rule(file, node, file.root.get("defaults", {}), classes, scopes)
            if rule.id in places:
                raise file.fail(node, "id", f"{rule.id} stands already at {places[rule.id]}")
            places[rule.id] = rule.place
            rules.append(rule)
    return Lexicon(tuple(rules), scopes, spellings, classes)

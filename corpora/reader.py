"""Reads the corpus's plain-text documents.

A file holds documents, one after another::

    @@ call id=h07-c01 hand=h07 trade=介護 half=hard noise=asr doc=restraint minutes=72
    A: お電話ありがとうございます。
    C: [[verbal_abuse|この役立たず]]、早くして

    @@ email id=h07-m01 hand=h07 trade=通販 half=natural
    S: 件名
    B: 本文の一行目
    本文の二行目

A line that begins with a marker (``A:`` agent, ``C:`` customer, ``X:`` system; ``S:`` subject and
``B:`` body of a mail) starts a turn; any other line continues the turn above it. ``[[labels|words]]``
marks a span, ``labels`` being one or more category identifiers with commas between them. Spans do not
nest and only the customer's words carry them. ``doc=`` names what only the whole document shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: Means of ②, in the order of the published policy.
MEANS = (
    "physical_attack",
    "threat",
    "verbal_abuse",
    "defamation",
    "intimidation",
    "dogeza_demand",
    "persistence",
    "restraint",
    "discrimination",
    "personal_targeting",
    "trespass",
    "unauthorised_recording",
    "deception",
    "online_exposure",
    "sexual_harassment",
)
#: Demands that are inappropriate only in the light of their validity.
CONDITIONAL = ("service_change_demand", "compensation_demand", "apology_demand")
#: ①-1 and ①-2: shown by a whole conversation.
CONTENT = ("unfounded_demand", "unrelated_demand")
#: Never harassment: a person to be cared for.
CARE = ("self_harm_risk", "illness_related")
CATEGORIES = MEANS + CONDITIONAL + CONTENT + CARE

HALVES = ("natural", "hard")
NOISES = ("clean", "asr", "odd", "obfuscated")
#: What a document is an example of, beside its labels.
TRAITS = (
    "angry_legit",
    "quotation",
    "medical",
    "dialect",
    "elderly",
    "nonnative",
    "reasonable_accommodation",
    "lookalike",
    "asr_loop",
    "polite_harm",
)

_HEADER_KEYS = {
    "id", "hand", "trade", "half", "noise", "doc", "series", "date", "minutes", "traits", "region",
}  # fmt: skip
_REQUIRED = ("id", "hand", "trade", "half")
_MARKERS = {
    "call": {"A:": "agent", "C:": "customer", "X:": "system"},
    "email": {"S:": "customer", "B:": "customer"},
}
_SPAN = re.compile(r"\[\[([^|\[\]]*)\|(.*?)\]\]", re.DOTALL)


class CorpusError(ValueError):
    """A place in a corpus file that cannot be read; says where, what was expected and what to do."""

    def __init__(self, path: Path | str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path, self.line, self.message = str(path), line, message


@dataclass(frozen=True, slots=True)
class LabelledSpan:
    """Words that by themselves justify their labels; offsets in code points of the turn's text."""

    start: int
    end: int
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelledTurn:
    speaker: str
    text: str
    spans: tuple[LabelledSpan, ...]
    line: int

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(label for span in self.spans for label in span.labels)


@dataclass(frozen=True, slots=True)
class Document:
    """One call or mail with its labels. ``minutes`` is a call's length; ``date`` is ISO 8601."""

    id: str
    kind: str
    hand: str
    trade: str
    half: str
    noise: str
    doc_labels: frozenset[str]
    traits: frozenset[str]
    turns: tuple[LabelledTurn, ...]
    path: str
    line: int
    series: str | None = None
    date: str | None = None
    minutes: float | None = None
    region: str | None = None

    @property
    def labels(self) -> frozenset[str]:
        """Every label of the document: its spans' and those that only the whole shows."""
        return self.doc_labels.union(*(turn.labels for turn in self.turns))

    @property
    def customer_turns(self) -> tuple[LabelledTurn, ...]:
        return tuple(t for t in self.turns if t.speaker == "customer" and t.text)


def _parse_spans(raw: str, where: tuple[Path, int]) -> tuple[str, tuple[LabelledSpan, ...]]:
    text, spans, last = [], [], 0
    length = 0
    for match in _SPAN.finditer(raw):
        before = raw[last : match.start()]
        text.append(before)
        length += len(before)
        labels = tuple(dict.fromkeys(x.strip() for x in match[1].split(",") if x.strip()))
        words = match[2]
        unknown = [x for x in labels if x not in CATEGORIES]
        if unknown or not labels:
            raise CorpusError(*where, f"unknown label {unknown or match[1]!r}; use a category id")
        if not words.strip() or "[[" in words:
            raise CorpusError(*where, "a span is empty or nested; mark the words once")
        text.append(words)
        spans.append(LabelledSpan(length, length + len(words), labels))
        length += len(words)
        last = match.end()
    text.append(raw[last:])
    plain = "".join(text)
    if "[[" in plain or "]]" in plain:
        raise CorpusError(*where, "a span is not closed; write [[label|words]] on one turn")
    return plain, tuple(spans)


def _parse_header(line: str, where: tuple[Path, int]) -> tuple[str, dict[str, str]]:
    words = line[2:].split()
    if not words or words[0] not in _MARKERS:
        raise CorpusError(*where, "a header starts '@@ call' or '@@ email'")
    fields: dict[str, str] = {}
    for word in words[1:]:
        key, eq, value = word.partition("=")
        if not eq or key not in _HEADER_KEYS:
            raise CorpusError(
                *where, f"{word!r} is not key=value with a key of {sorted(_HEADER_KEYS)}"
            )
        fields[key] = value
    missing = [k for k in _REQUIRED if not fields.get(k)]
    if missing:
        raise CorpusError(*where, f"the header lacks {', '.join(missing)}")
    return words[0], fields


def _split(value: str | None, allowed: Iterable[str], where: tuple[Path, int]) -> frozenset[str]:
    names = frozenset(x for x in (value or "").split(",") if x)
    unknown = names.difference(allowed)
    if unknown:
        raise CorpusError(*where, f"{sorted(unknown)} not among {', '.join(allowed)}")
    return names


def _build(
    path: Path, line: int, kind: str, fields: dict[str, str], raw: list[tuple[str, int, list[str]]]
) -> Document:
    where = (path, line)
    if fields["half"] not in HALVES:
        raise CorpusError(*where, f"half={fields['half']!r}; write one of {', '.join(HALVES)}")
    noise = fields.get("noise", "clean")
    if noise not in NOISES:
        raise CorpusError(*where, f"noise={noise!r}; write one of {', '.join(NOISES)}")
    try:
        minutes = float(fields["minutes"]) if fields.get("minutes") else None
    except ValueError:
        raise CorpusError(*where, f"minutes={fields['minutes']!r} is not a number") from None
    turns = []
    for marker, at, lines in raw:
        while lines and not lines[-1].strip():
            lines.pop()
        text, spans = _parse_spans("\n".join(lines), (path, at))
        speaker = _MARKERS[kind][marker]
        if spans and speaker != "customer":
            raise CorpusError(path, at, "only the customer's words are labelled")
        turns.append(LabelledTurn(speaker, text, spans, at))
    if kind == "email" and [m for m, _, _ in raw] != ["S:", "B:"]:
        raise CorpusError(*where, "a mail has one S: line, then one B: part")
    if kind == "call" and not any(t.speaker == "customer" for t in turns):
        raise CorpusError(*where, "a call needs at least one C: turn")
    return Document(
        id=fields["id"],
        kind=kind,
        hand=fields["hand"],
        trade=fields["trade"],
        half=fields["half"],
        noise=noise,
        doc_labels=_split(fields.get("doc"), CATEGORIES, where),
        traits=_split(fields.get("traits"), TRAITS, where),
        turns=tuple(turns),
        path=str(path),
        line=line,
        series=fields.get("series") or None,
        date=fields.get("date") or None,
        minutes=minutes,
        region=fields.get("region") or None,
    )


def read_file(path: Path) -> Iterator[Document]:
    """Yields the documents of one file.

    Raises:
        CorpusError: at the first place that breaks the format.
    """
    header: tuple[int, str, dict[str, str]] | None = None
    raw: list[tuple[str, int, list[str]]] = []
    number = 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("@@"):
            if header:
                yield _build(path, *header, raw)
            header, raw = (number, *_parse_header(line, (path, number))), []
            continue
        if header is None:
            if line.strip() and not line.startswith("#"):
                raise CorpusError(path, number, "text before the first '@@' header")
            continue
        marker = line[:2]
        if marker in _MARKERS[header[1]] and (
            header[1] == "call" or marker != "B:" or len(raw) < 2
        ):
            raw.append((marker, number, [line[2:].removeprefix(" ")]))
        elif raw:
            raw[-1][2].append(line)
        elif line.strip():
            raise CorpusError(
                path, number, f"expected a line that starts {sorted(_MARKERS[header[1]])}"
            )
    if header:
        yield _build(path, *header, raw)


def corpus_files(root: Path | None = None) -> list[Path]:
    """The document files below ``root`` (this package by default), in a fixed order."""
    root = root or Path(__file__).parent
    return sorted([*(root / "dialogues").glob("*.txt"), *(root / "emails").glob("*.txt")])


def read_corpus(root: Path | None = None) -> list[Document]:
    """All documents, in the order of file names and of their place in the file.

    Raises:
        CorpusError: for a malformed place or a document id used twice.
    """
    documents: list[Document] = []
    seen: dict[str, Document] = {}
    for path in corpus_files(root):
        for document in read_file(path):
            if document.id in seen:
                first = seen[document.id]
                raise CorpusError(
                    path,
                    document.line,
                    f"id {document.id} stands already at {first.path}:{first.line}",
                )
            seen[document.id] = document
            documents.append(document)
    return documents

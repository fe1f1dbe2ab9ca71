"""``python -m models.second_reader.train``: fine-tunes the second reader on the training hands.

From the pretrained weights it takes an hour and more on two cores. When the corpus has grown, the network
that is shipped can go on learning instead (``--continue``): it reads the new hands, and of the hands that it
knows a part anew in each epoch; its window may be another (``--window``), for networks that see more or less
at once err at different places. Each epoch prints how well the dev hands are ranked; nothing is chosen by it
and the last epoch's weights are kept. Weighing their word against the first reader's is
``models.second_reader.weigh``'s.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import average_precision_score
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from corpora.hands import split_of
from corpora.reader import read_corpus
from models.encode import HEADS

from . import material, pretrained, vocabulary
from .export import LONGEST, learnt
from .network import COUNT, Network

EPOCHS = 6
RATE = 1.2e-4
#: The heads begin from nothing and so learn so many times faster.
HEADS_PACE = 10
#: When a network goes on learning: epochs, rates, and the share of what it knows that it reads again in each.
CONTINUED_EPOCHS, CONTINUED_RATE, CONTINUED_PACE = 3, 8e-5, 4
KNOWN_AGAIN = 0.35
#: When all of its layers do, and how fast the lower ones beside the upper.
DEEP_EPOCHS, DEEP_RATE, DEEP_PACE, LOWER_PACE = 2, 6e-5, 3, 0.6
#: Tokens that a network sees at once.
WINDOW = 256
#: Tokens of a batch, padding included.
TOKENS = 2048
#: The share of an epoch's documents of which a noisy copy is read as well.
NOISY = 0.2
WARM_UP = 0.06
#: What a wrong window and a wrong token count beside a wrong piece.
WHOLE_WEIGHT, TOKEN_WEIGHT = 0.4, 0.5
#: Harassment is rare among pieces and tokens: one of it counts as so many of the others.
BALANCE = 2.0
SEED = 20261001
#: Windows whose lengths are sorted together when batches are made.
_SORTED = 2000


def _fast() -> torch.autocast:
    """Multiplies in bfloat16 where the processor has tiles for it (AMX), ten times faster than in float32;
    with AVX-512 alone float32 was the faster."""
    known = torch.cpu.get_capabilities()
    return torch.autocast("cpu", torch.bfloat16, enabled=bool(known.get("amx_bf16")))


@dataclass(slots=True)
class Example:
    """One window: what the frozen layers say of it (tokens, width), or its tokens (tokens,) where no layer is
    frozen, and its labels."""

    state: Tensor
    side: Tensor
    opens: Tensor
    piece: Tensor
    tokens: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]
    counted: np.ndarray[Any, Any]
    whole: np.ndarray[Any, Any]
    whole_counted: bool
    document: int
    pieces: np.ndarray[Any, Any]


def _batches(lengths: Sequence[int], tokens: int, rng: random.Random | None) -> list[list[int]]:
    order = list(range(len(lengths)))
    if rng:
        rng.shuffle(order)
    found = []
    for at in range(0, len(order), _SORTED):
        current: list[int] = []
        for i in sorted(order[at : at + _SORTED], key=lambda i: lengths[i]):
            if current and lengths[i] * (len(current) + 1) > tokens:
                found.append(current)
                current = []
            current.append(i)
        found.append(current)
    if rng:
        rng.shuffle(found)
    return [b for b in found if b]


def _padded(rows: Sequence[Tensor], fill: float = 0) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=fill)


def _mask(lengths: Sequence[int]) -> tuple[Tensor, Tensor]:
    """What is added to attention, and 1 for every real token."""
    real = torch.arange(max(lengths))[None] < torch.tensor(list(lengths))[:, None]
    mask = torch.zeros(real.shape).masked_fill_(~real, -1e4)[:, None, None]
    return mask, real.float()


def examples(network: Network, documents: Sequence[material.Read]) -> list[Example]:
    """Every window of the documents, read by the frozen layers, if the network has any."""
    network.eval()
    windows = [(n, w) for n, d in enumerate(documents) for w in d.windows]
    lengths = [len(w.ids) for _, w in windows]
    made: list[Example | None] = [None] * len(windows)
    with torch.no_grad(), _fast():
        for batch in _batches(lengths, 8192, None):
            mask, _ = _mask([lengths[i] for i in batch])
            states = ids = _padded([torch.from_numpy(windows[i][1].ids) for i in batch])
            if network.frozen:
                states = network.read_lower(ids, mask).half()
            for i, state in zip(batch, states, strict=True):
                number, window = windows[i]
                document = documents[number]
                used, local = np.unique(window.piece, return_inverse=True)
                pieces = [document.pieces[k] for k in used.tolist()]
                labels = np.array([p.labels for p in pieces])
                counted = np.array([np.full(COUNT, p.own) for p in pieces])
                whole = document.labels
                if len(document.windows) > 1:
                    whole = labels.any(axis=0) | document.only_whole
                if document.known is not None:
                    counted &= document.known
                tokens = np.concatenate([document.pieces[k].tokens[: (window.piece == k).sum()] for k in used.tolist()])  # fmt: skip
                made[i] = Example(
                    state[: lengths[i]].clone(),
                    torch.from_numpy(window.side),
                    torch.from_numpy(window.opens),
                    torch.from_numpy(local),
                    tokens,
                    labels,
                    counted,
                    whole,
                    document.known is None,
                    number,
                    used,
                )
    return [e for e in made if e is not None]


def _answer(network: Network, batch: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits of tokens, pieces and windows, and 1 for every real token."""
    mask, real = _mask([len(e.state) for e in batch])
    before = np.cumsum([0, *(len(e.labels) for e in batch)]).tolist()
    piece = _padded([e.piece + b for e, b in zip(batch, before, strict=False)], before[-1])
    states = _padded([e.state for e in batch])
    out = network.read_upper(
        states.float() if states.is_floating_point() else network.read_lower(states, mask),
        _padded([e.side for e in batch]),
        _padded([e.opens for e in batch]),
        mask,
    )
    return (*network.pooled(out, piece, before[-1], real), real)


def _loss(network: Network, batch: Sequence[Example]) -> Tensor:
    tokens, pieces, whole, real = _answer(network, batch)
    balance = torch.full((COUNT,), BALANCE)

    def wrong(logits: Tensor, truth: Any, counted: Any, weight: Tensor | None) -> Tensor:
        truth = torch.as_tensor(np.asarray(truth), dtype=torch.float32)
        counted = torch.as_tensor(np.asarray(counted), dtype=torch.float32)
        each = binary_cross_entropy_with_logits(logits, truth, pos_weight=weight, reduction="none")
        return (each * counted).sum() / max(1.0, float(counted[..., 0].sum()))

    marked = _padded([torch.from_numpy(e.tokens) for e in batch])
    customer = _padded([e.side for e in batch]) * real
    return (
        wrong(pieces, np.concatenate([e.labels for e in batch]), np.concatenate([e.counted for e in batch]), balance)
        + WHOLE_WEIGHT * wrong(whole, [e.whole for e in batch], [np.full(COUNT, e.whole_counted) for e in batch], None)
        + TOKEN_WEIGHT * wrong(tokens, marked, customer[..., None].expand(-1, -1, COUNT), balance)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Course:
    """How fast to learn; ``rate`` is the highest, reached after ``WARM_UP`` and then falling."""

    epochs: int
    rate: float = RATE
    heads_pace: float = HEADS_PACE


def fit(network: Network, lessons: Sequence[list[Example]], course: Course, after: Any) -> None:
    """Fine-tunes the layers that are not frozen and the heads, a lesson an epoch; ``after`` is called with its
    number."""
    rng = random.Random(SEED)
    lower, upper = list(network.lower.parameters()), list(network.upper.parameters())
    layers = {id(p) for p in (*lower, *upper)}
    heads = [p for p in network.parameters() if p.requires_grad and id(p) not in layers]
    groups = [(upper, 1.0), (heads, course.heads_pace)]
    if not network.frozen:
        groups.append((lower, LOWER_PACE))
    learning = [p for group, _ in groups for p in group]
    rates = [course.rate * pace for _, pace in groups]
    optimizer = torch.optim.AdamW(
        [{"params": group, "lr": rate} for (group, _), rate in zip(groups, rates, strict=True)],
        weight_decay=0.01,
        betas=(0.9, 0.98),
        fused=True,
    )
    batches = [_batches([len(e.state) for e in lesson], TOKENS, rng) for lesson in lessons]
    step, steps = 0, sum(len(found) for found in batches)
    for epoch, (lesson, found) in enumerate(zip(lessons, batches, strict=True), 1):
        network.train()
        started, total = time.monotonic(), 0.0
        for number, batch in enumerate(found, 1):
            pace = min(1.0, (step + 1) / (WARM_UP * steps)) * max(0.02, 1 - step / steps)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * pace
            with _fast():
                loss = _loss(network, [lesson[i] for i in batch])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learning, 1.0)
            optimizer.step()
            step += 1
            total += float(loss.detach())
            if number % 100 == 0:
                print(f"epoch {epoch} {number}/{len(found)} loss {total / 100:.3f} {time.monotonic() - started:.0f} s", flush=True)  # fmt: skip
                total = 0.0
        after(epoch)


def lessons(
    network: Network,
    documents: Sequence[material.Read],
    copies: Sequence[material.Read],
    epochs: int,
    known: Sequence[bool],
) -> list[list[Example]]:
    """What is read in each epoch: of the documents that are ``known`` a part, all others, and noisy copies.

    Two copies of each document stand in ``copies``, in the documents' order and then once more.
    """
    rng = random.Random(SEED)
    count = len(copies) // 2
    chosen: list[tuple[list[int], list[int]]] = []
    for _ in range(epochs):
        kept = [n for n, old in enumerate(known) if not old or rng.random() < KNOWN_AGAIN]
        written = [n for n in kept if n < count]
        picked = rng.sample(written, int(len(written) * NOISY))
        chosen.append((kept, [n + count * rng.randrange(2) for n in picked]))
    of_documents = _by_document(network, documents, {n for kept, _ in chosen for n in kept})
    of_copies = _by_document(network, copies, {n for _, noisy in chosen for n in noisy})
    return [
        [e for n in kept for e in of_documents[n]] + [e for n in noisy for e in of_copies[n]]
        for kept, noisy in chosen
    ]


def _by_document(
    network: Network, documents: Sequence[material.Read], used: set[int]
) -> dict[int, list[Example]]:
    numbers = sorted(used)
    found: dict[int, list[Example]] = {n: [] for n in numbers}
    for example in examples(network, [documents[n] for n in numbers]):
        found[numbers[example.document]].append(example)
    return found


def ranked(network: Network, held: list[Example], documents: Sequence[material.Read]) -> str:
    """Average precision of any means over pieces and over documents."""
    pieces, truth = [], []
    best = np.full(len(documents), -20.0)
    network.eval()
    with torch.no_grad(), _fast():
        for batch in _batches([len(e.state) for e in held], 8192, None):
            chosen = [held[i] for i in batch]
            _, logits, whole, _ = _answer(network, chosen)
            counted = np.concatenate([e.counted[:, 0] for e in chosen])
            pieces.append(logits[:, 0].numpy()[counted])
            truth.append(np.concatenate([e.labels[:, 0] for e in chosen])[counted])
            for e, logit in zip(chosen, whole[:, 0].tolist(), strict=True):
                best[e.document] = max(best[e.document], logit)
    of_pieces = average_precision_score(np.concatenate(truth), np.concatenate(pieces))
    of_documents = average_precision_score([bool(d.labels[0]) for d in documents], best)
    return f"dev: average precision of sentences {of_pieces:.3f}, of documents {of_documents:.3f}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m models.second_reader.train", description=__doc__)  # fmt: skip
    parser.add_argument("--output", type=Path, help="build/second_reader/ and the window")
    parser.add_argument("--window", type=int, default=WINDOW, help=f"tokens seen at once; {WINDOW}")
    parser.add_argument("--epochs", type=int, help=f"{EPOCHS}, or {CONTINUED_EPOCHS} to go on")
    parser.add_argument(
        "--continue", dest="before", type=Path, metavar="NETWORK",
        help="go on from a trained network, NETWORK.pt or exported as NETWORK.onnx, not from the pretrained weights",
    )  # fmt: skip
    parser.add_argument("--deep", action="store_true", help="let the lower layers learn as well; goes with --continue")  # fmt: skip
    parser.add_argument("--new", default="", help="of a network that goes on, the hands that it does not know, with commas between")  # fmt: skip
    arguments = parser.parse_args()
    new = frozenset(filter(None, arguments.new.split(",")))
    if not 2 <= arguments.window <= LONGEST:
        parser.error(f"--window is from 2 to {LONGEST}")
    if (new or arguments.deep) and not arguments.before:
        parser.error("--new and --deep go with --continue")
    torch.manual_seed(SEED)
    source = pretrained.read(pretrained.bundled())
    documents = [d for d in read_corpus() if split_of(d.hand) != "test"]
    training = [d for d in documents if split_of(d.hand) == "train"]
    if unknown := new - {d.hand for d in training}:
        parser.error(f"no training hands of the corpus: {', '.join(sorted(unknown))}")
    every = vocabulary.tokenizer(source, [source.unknown, *(i for i in range(len(source.pieces)) if i != source.unknown)])  # fmt: skip
    kept = vocabulary.kept(source, _used(every, training, source.unknown))
    tokenizer = vocabulary.tokenizer(source, kept)
    output = arguments.output or Path("build/second_reader") / str(arguments.window)
    output.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(output / "tokenizer.json"))
    network = Network(source, kept)
    course = Course(arguments.epochs or EPOCHS)
    if arguments.before:
        network.load_state_dict(_learnt(arguments.before), strict=False)
        course = Course(arguments.epochs or CONTINUED_EPOCHS, CONTINUED_RATE, CONTINUED_PACE)
    if arguments.deep:
        network.free()
        course = Course(arguments.epochs or DEEP_EPOCHS, DEEP_RATE, DEEP_PACE)
    written = material.written(training, tokenizer, arguments.window)
    known = [bool(arguments.before) and d.id.split("-")[0] not in new for d in written]
    copies = material.noisy(training, tokenizer, arguments.window)
    taught = lessons(network, written, copies, course.epochs, known)
    dev = material.read([d for d in documents if split_of(d.hand) == "dev"], tokenizer, arguments.window)  # fmt: skip
    held = examples(network, dev)
    print(f"{len(kept)} pieces, {len(taught[0])} windows in the first epoch of {sum(len(e.state) for e in taught[0])} tokens", flush=True)  # fmt: skip
    print(f"before: {ranked(network, held, dev)}", flush=True)

    def after(epoch: int) -> None:
        print(f"epoch {epoch}: {ranked(network, held, dev)}", flush=True)
        taught_by = {
            "hands": sorted({d.hand for d in training}),
            "later": sorted(new),
            "deep": arguments.deep,
        }
        kept_now = {
            "state": network.state_dict(),
            "pieces": kept,
            "window": arguments.window,
            "taught_by": taught_by,
        }
        torch.save(kept_now, output / "network.pt")

    fit(network, taught, course, after)
    return 0


def _learnt(path: Path) -> dict[str, Tensor]:
    """What a network learnt, as it was trained or exported; its words' numbers are the pretrained ones."""
    if path.suffix == ".onnx":
        return learnt(path)
    state: dict[str, Tensor] = torch.load(path)["state"]
    return {name: values for name, values in state.items() if name != "word.weight"}


def _used(tokenizer: Tokenizer, documents: Any, unknown: int) -> set[int]:
    """The pieces that the documents' turns are made of, by their number in the pretrained vocabulary."""
    found: set[int] = set()
    for document in documents:
        for encoding in tokenizer.encode_batch([t.text for t in document.turns], add_special_tokens=False):  # fmt: skip
            found.update(encoding.ids)
    # The tokenizer of everything puts the unknown piece first.
    return {unknown if i == 0 else i - 1 if i <= unknown else i for i in found}


if __name__ == "__main__":
    print(f"{COUNT} heads: {', '.join(HEADS)}", flush=True)
    sys.exit(main())

"""The trained network as the ONNX file that inference runs, its weights in eight bits."""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
import torch
from onnx.numpy_helper import to_array
from onnxruntime.quantization import QuantType, quantize_dynamic

from .network import COUNT, PARTS, Network

#: Tokens that a window can have: the pretrained network has places for no more.
LONGEST = 512
#: Of the operators, those whose weights are stored in eight bits.
_QUANTISED = ["MatMul", "Gemm", "Gather"]
#: Of a layer, the parts with weights, in the order in which it uses them.
_WEIGHTS = ("query_key_value", "attended", "inner", "outer")


def export(network: Network, path: Path) -> None:
    """Writes the network for one window of any length: ``ids``, ``side`` and ``opens`` (1, tokens) go in,
    ``out`` (1, tokens, parts) comes out, the heads' biases added where the pooled mean passes them on.
    """
    network.eval()
    starts = [sum(PARTS[:n]) for n in range(len(PARTS))]
    with torch.no_grad():
        for bias, part in zip(network.bias, (0, 1, 4), strict=True):
            network.heads.bias[starts[part] : starts[part] + COUNT] += bias
            bias.zero_()
    tokens = torch.export.Dim("tokens", min=2, max=LONGEST)
    example = (
        torch.ones(1, 16, dtype=torch.int64),
        torch.ones(1, 16, dtype=torch.int64),
        torch.zeros(1, 16),
    )
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            network,
            example,
            str(plain),
            input_names=["ids", "side", "opens"],
            output_names=["out"],
            dynamic_shapes=[{1: tokens}, {1: tokens}, {1: tokens}],
            dynamo=True,
            external_data=False,
        )
        quantize_dynamic(
            str(plain),
            str(path),
            op_types_to_quantize=_QUANTISED,
            per_channel=True,
            weight_type=QuantType.QInt8,
        )


def learnt(path: Path) -> dict[str, torch.Tensor]:
    """What an exported network learnt, out of its eight bits: a part of a ``Network``'s state.

    Raises:
        ValueError: where the file is no export of a network of these layers and heads.
    """
    graph = onnx.load(str(path)).graph
    stored = {t.name: torch.from_numpy(to_array(t).copy()) for t in graph.initializer}
    layers = [n.removesuffix(".outer.bias") for n in stored if n.endswith(".outer.bias")]
    names = [f"{layer}.{part}.weight" for layer in layers for part in _WEIGHTS]
    found = {
        n: t for n, t in stored.items() if n.startswith(("lower.", "upper.")) or n == "heads.bias"
    }
    weights = [n.input[1] for n in graph.node if n.op_type == "MatMulInteger"]
    side = [stored[n.input[0]] for n in graph.node if n.op_type == "GatherND"]
    opens = [stored[i] for n in graph.node if n.op_type == "Mul" for i in n.input if i.startswith("opens_")]  # fmt: skip
    known = len(weights) == len(names) + 1 and len(side) == len(opens) == 1
    if not known or len(found["heads.bias"]) != sum(PARTS):
        raise ValueError(f"{path}: no export of a network with these layers and heads")
    found |= {"side": side[0], "opens": opens[0], "bias": torch.zeros(3, COUNT)}
    for name, weight in zip([*names, "heads.weight"], weights, strict=True):
        shift, scale = (stored[weight.replace("quantized", n)] for n in ("zero_point", "scale"))
        found[name] = ((stored[weight].float() - shift.float()) * scale).T.contiguous()
    return found

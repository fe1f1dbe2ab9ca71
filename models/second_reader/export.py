"""The trained network as the ONNX file that inference runs, its weights in eight bits."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from .network import COUNT, PARTS, Network

#: Of the operators, those whose weights are stored in eight bits.
_QUANTISED = ["MatMul", "Gemm", "Gather"]


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
    tokens = torch.export.Dim("tokens", min=2, max=512)
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

"""Take the weights of a network out of its ONNX file, so that training can go on from what is shipped."""

from __future__ import annotations

from pathlib import Path

from oral_architect.anatomy.reading.network import shipped_model
from oral_architect.errors import InputError

from .model import ArchNet


def shipped_network() -> ArchNet:
    """Return the network that comes with the program."""
    with shipped_model() as path:
        return network_of(path)


def network_of(path: Path) -> ArchNet:
    """Return the network that :func:`.export.export` wrote to an ONNX file.

    Linear layers without bias lose their names there: the exporter turns their weights round and calls them after a
    node; that node still tells whose they are.

    Raises
    ------
    InputError
        When the file is no such network.
    """
    import onnx
    import torch
    from onnx import numpy_helper

    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf raises its own kinds
        raise InputError(
            "this is no ONNX file.", where=str(path), todo="Give an arch_net.onnx that this program wrote."
        ) from error
    kept = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    state = {name.removeprefix("net."): values for name, values in kept.items() if name.startswith("net.")}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in kept:
            layer = node.name.strip("/").split("/")[1:-1]
            state.setdefault(".".join(layer) + ".weight", kept[node.input[1]].T)
    net = ArchNet()
    wanted = net.state_dict()
    lost = sorted(set(wanted) ^ set(state)) or [
        name for name, values in wanted.items() if tuple(values.shape) != state[name].shape
    ]
    if lost:
        raise InputError(
            f"this is another network than this version trains ({len(lost)} layers differ, {lost[0]} for one).",
            where=str(path),
            todo="Give an arch_net.onnx written by this version of the program.",
        )
    net.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in state.items()})
    return net.eval()

"""A card as a graph of ONNX in double precision, which sums in the order of the card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from logitkit.errors import UnsupportedError
from logitkit.scorecard.export.source import CardSource, VariableSource

__all__ = ["onnx_of"]

#: Versions of the operators, and of the file, that runtimes of 2021 and later read.
OPERATORS, OPERATORS_ML, FILE = 13, 2, 7
OUTPUTS = ("points", "log_odds", "probability")


def onnx_of(card: CardSource) -> bytes:
    """Return a card as an ONNX file.

    Every variable is an input of shape (n,) under its name: doubles, with nan for missing, or text, with the empty
    string for missing. The outputs points, log_odds and probability (of bad) are doubles of shape (n,); nan if the card
    refuses a value.
    """
    try:
        import onnx
    except ImportError as error:
        raise UnsupportedError("Writing ONNX needs the package onnx: pip install onnx.") from error
    for variable in card.variables:
        if variable.name in OUTPUTS:
            raise UnsupportedError(
                f"{variable.name!r} would be an input and an output of the graph; rename the column."
            )
    graph = _Graph(onnx)
    points = graph.constant(card.base_points)
    log_odds = graph.constant(card.intercept)
    for variable in card.variables:
        code = graph.code(variable)
        points = graph.node("Add", points, graph.node("Gather", graph.constant(_known(variable.points)), code))
        log_odds = graph.node("Add", log_odds, graph.node("Gather", graph.constant(_known(variable.logits)), code))
    one = graph.constant(1.0)
    below = graph.node("Add", one, graph.node("Exp", graph.node("Neg", log_odds)))
    graph.output(points=points, log_odds=log_odds, probability=graph.node("Div", one, below))
    return graph.file()


def _known(numbers: Sequence[float | None]) -> list[float]:
    return [np.nan if number is None else number for number in numbers]


class _Graph:
    """Nodes in the order in which they were added."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []

    def constant(self, values: Any, dtype: Any = np.float64) -> str:
        """Add a constant, and return its name."""
        name = f"logitkit_constant_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.asarray(values, dtype=dtype), name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operation, and return the name of its result."""
        name = f"logitkit_result_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def code(self, variable: VariableSource) -> str:
        """Add what finds the bin of a variable, and return the name of its code."""
        name, types = variable.name, self.onnx.TensorProto
        kind = types.DOUBLE if variable.holds_numbers else types.STRING
        self.inputs.append(self.onnx.helper.make_tensor_value_info(name, kind, ["n"]))
        if not variable.holds_numbers:
            return self.code_of_text(variable, name)
        if variable.is_number:
            column = self.node("Unsqueeze", name, self.constant([1], np.int64))
            reached = self.node("GreaterOrEqual", column, self.constant(variable.cuts))
            code = self.sum_of(self.node("Cast", reached, to=types.INT64))
            special = {float(value): place for values, place in variable.special for value in values}
        else:
            special = {float(level): place for level, place in variable.levels.items()}
            code = self.constant(variable.unseen, np.int64)
        if special:
            column = self.node("Unsqueeze", name, self.constant([1], np.int64))
            equal = self.node("Cast", self.node("Equal", column, self.constant(list(special))), to=types.INT64)
            place = self.sum_of(self.node("Mul", equal, self.constant(list(special.values()), np.int64)))
            is_one = self.node("Cast", self.sum_of(equal), to=types.BOOL)
            code = self.node("Where", is_one, place, code)
        return self.node("Where", self.node("IsNaN", name), self.constant(variable.missing, np.int64), code)

    def code_of_text(self, variable: VariableSource, name: str) -> str:
        """Add what finds the bin of a level of text."""
        levels = variable.levels
        for level in levels:
            if not isinstance(level, str) or not level:
                problem = "the empty string as a level" if level == "" else f"text and {level!r} among its levels"
                raise UnsupportedError(
                    f"{variable.name!r} has {problem}. An input of ONNX holds values of one type, and the empty "
                    "string is its missing value; export SQL, Python or JSON."
                )
        coded = {**levels, "": variable.missing}
        return self.node(
            "LabelEncoder",
            name,
            domain="ai.onnx.ml",
            keys_strings=list(coded),
            values_int64s=list(coded.values()),
            default_int64=variable.unseen,
        )

    def sum_of(self, name: str) -> str:
        """Add the sum over the second axis."""
        return self.node("ReduceSum", name, self.constant([1], np.int64), keepdims=0)

    def output(self, **results: str) -> None:
        """Name results as outputs."""
        for name, result in results.items():
            self.nodes.append(self.onnx.helper.make_node("Identity", [result], [name]))
            self.outputs.append(self.onnx.helper.make_tensor_value_info(name, self.onnx.TensorProto.DOUBLE, ["n"]))

    def file(self) -> bytes:
        """Return the file, which was checked."""
        helper = self.onnx.helper
        graph = helper.make_graph(self.nodes, "scorecard", self.inputs, self.outputs, self.constants)
        operators = [helper.make_opsetid("", OPERATORS), helper.make_opsetid("ai.onnx.ml", OPERATORS_ML)]
        model = helper.make_model(graph, producer_name="logitkit", opset_imports=operators, ir_version=FILE)
        self.onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

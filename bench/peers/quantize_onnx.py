"""Turns export_onnx.py's towers into 8-bit ones, as ONNX Runtime's dynamic quantisation does, with no more than the onnx package.

Each product with a constant matrix becomes

    x -> DynamicQuantizeLinear -> MatMulInteger (int8 weights, one scale a column, zero point 0) -> Cast -> Mul (both scales)

which ONNX Runtime fuses into its 8-bit kernels. Convolution, embeddings and products of two activations stay F32.

Run: /usr/bin/python3 bench/peers/quantize_onnx.py ONNX_DIRECTORY [--bits 7]
Writes vision_model.int8.onnx and text_model.int8.onnx beside their sources. --bits 7 keeps sums of two products within 16 bits, for
processors with AVX2 and without VNNI, whose kernels saturate there.
"""
import argparse
import os

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


def quantize(matrix, bits):
    """[K, N] floats to int8 with one scale a column."""
    largest = 2 ** (bits - 1) - 1
    scale = numpy.maximum(numpy.abs(matrix).max(axis=0), 1e-12).astype(numpy.float32) / largest
    return numpy.clip(numpy.rint(matrix / scale), -largest, largest).astype(numpy.int8), scale


class Quantizer:
    def __init__(self, graph, bits):
        self.graph = graph
        self.bits = bits
        self.constants = {tensor.name: tensor for tensor in graph.initializer}
        self.added = {}
        self.nodes = []
        self.quantized = {}  # of an activation: (uint8 values, scale, zero point); query, key and value share theirs
        self.replaced = set()

    def run(self):
        for node in self.graph.node:
            if node.op_type == "MatMul" and node.input[1] in self.constants:
                self.product(node)
            else:
                self.nodes.append(node)
        kept = [tensor for tensor in self.graph.initializer if tensor.name not in self.replaced]
        del self.graph.node[:], self.graph.initializer[:]
        self.graph.node.extend(self.nodes)
        self.graph.initializer.extend(kept + list(self.added.values()))
        return len(self.replaced)

    def add(self, operator, inputs, outputs, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, outputs, name=f"{outputs[0]}_{operator}", **attributes))

    def activation(self, name):
        if name not in self.quantized:
            self.quantized[name] = outputs = [f"{name}_uint8", f"{name}_step", f"{name}_zero"]
            self.add("DynamicQuantizeLinear", [name], outputs)
        return self.quantized[name]

    def weights(self, name):
        if name not in self.replaced:
            values, scale = quantize(numpy_helper.to_array(self.constants[name]), self.bits)
            for suffix, array in ("_int8", values), ("_scale", scale):
                self.added[name + suffix] = numpy_helper.from_array(array, name + suffix)
            self.replaced.add(name)
        return f"{name}_int8", f"{name}_scale"

    def product(self, node):
        (values, step, zero), (weights, scale) = self.activation(node.input[0]), self.weights(node.input[1])
        output = node.output[0]
        self.add("MatMulInteger", [values, weights, zero], [f"{output}_int32"])
        self.add("Cast", [f"{output}_int32"], [f"{output}_sum"], to=TensorProto.FLOAT)
        self.add("Mul", [step, scale], [f"{output}_unit"])
        self.add("Mul", [f"{output}_sum", f"{output}_unit"], [output])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("directory")
    arguments.add_argument("--bits", type=int, choices=(7, 8), default=8)
    arguments = arguments.parse_args()
    for tower in "vision_model", "text_model":
        model = onnx.load(os.path.join(arguments.directory, f"{tower}.onnx"))
        products = Quantizer(model.graph, arguments.bits).run()
        path = os.path.join(arguments.directory, f"{tower}.int8.onnx")
        onnx.save(model, path)
        print(f"{path}: {products} products in {arguments.bits} bits, {os.path.getsize(path) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()

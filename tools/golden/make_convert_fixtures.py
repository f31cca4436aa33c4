"""Writes tests/data/convert: small checkpoints of every container, and expected.json with what torch, onnx and numpy read in them.

Run with Python 3.11, torch 1.13, onnx 1.12, numpy 1.24 (Debian 12). Everything is seeded: a second run writes the same tensors.
"""
import argparse
import collections
import copy
import gzip
import hashlib
import io
import json
import pathlib
import struct
import tempfile
import zipfile
import zlib

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "convert"
__file__ = pathlib.Path(__file__).name  # torch stores it in legacy files: the name alone, wherever they are made
TYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "Bool"}
expected = {}


def entry(tensor):
    """Type, shape and SHA-256 of the row-major little-endian elements."""
    if isinstance(tensor, torch.Tensor):
        data = tensor.detach().contiguous()
        raw = (data.view(torch.int16) if data.dtype == torch.bfloat16 else data).numpy().tobytes()
        return [TYPES[tensor.dtype], list(tensor.shape), hashlib.sha256(raw).hexdigest()]
    tensor = np.ascontiguousarray(tensor) if tensor.ndim else tensor
    names = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64"}
    return [names[tensor.dtype.name], list(tensor.shape), hashlib.sha256(tensor.tobytes()).hexdigest()]


def expect(file, tensors):
    expected[file] = {name: entry(t) for name, t in tensors.items()}


# ---------------------------------------------------------------- torch

def views():
    torch.manual_seed(1)
    base = torch.randn(6, 10)
    big = torch.arange(64, dtype=torch.float64) / 7
    return collections.OrderedDict([
        ("plain", base), ("same_storage", base), ("transposed", base.t()), ("rows", base[2:5]), ("strided", base[::2, 1::3]),
        ("column", base[:, 3]), ("expanded", torch.randn(5, 1).expand(5, 7)), ("permuted", torch.randn(2, 3, 4, 5).permute(3, 0, 2, 1)),
        ("double", big.view(8, 8).t()), ("half", base.half()), ("bfloat", base.bfloat16().t()), ("scalar", torch.tensor(4.6052)),
        ("long", torch.tensor(77)), ("int", torch.arange(7, dtype=torch.int32)), ("short", torch.arange(6, dtype=torch.int16)),
        ("char", torch.arange(-3, 3, dtype=torch.int8)), ("byte", torch.arange(9, dtype=torch.uint8)),
        ("bool", torch.tensor([[True, False], [False, True]])), ("empty", torch.zeros(0, 4)), ("parameter", nn.Parameter(base * 2)),
        ("position_ids", torch.arange(5).expand(1, 5)),
    ])


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_fc = nn.Linear(4, 6)
        self.c_proj = nn.Linear(6, 4)

    def forward(self, x):
        return self.c_proj(self.c_fc(x))


class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(4.6))
        self.blocks = nn.Sequential(Mlp().half().float(), Mlp())
        self.blocks[1].c_fc = self.blocks[0].c_fc
        self.register_buffer("mask", torch.full((3, 3), -1.0).triu_(1))

    def forward(self, x):
        return self.blocks(x) * self.scale + self.mask[0, 0]


def write_torch():
    both = dict(zip=dict(), legacy=dict(_use_new_zipfile_serialization=False))
    for kind, options in both.items():
        torch.save(views(), OUT / f"views_{kind}.pt", **options)
        expect(f"views_{kind}.pt", views())

    torch.save(views(), OUT / "views_protocol4.pt", pickle_protocol=4)
    expect("views_protocol4.pt", views())

    torch.manual_seed(2)
    model = Tower()
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.randn(2, 4)).sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 3, "name": "ViT-test", "best": np.float64(0.5), "history": np.arange(4),
        "state_dict": collections.OrderedDict((f"module.{k}", v) for k, v in model.state_dict().items()),
        "optimizer": optimizer.state_dict(), "scaler": {"scale": 65536.0, "_growth_tracker": 1},
        "args": argparse.Namespace(lr=1e-3, model="ViT-B-32", device=torch.device("cpu"), dtype=torch.float16, size=torch.Size([1, 2])),
        "class": Mlp, "big": 1 << 70, "bytes": b"abc", "counts": collections.Counter("aab"), "set": {1, 2},
        "default": collections.defaultdict(list, {"a": [1]}),
    }
    for kind, options in both.items():
        torch.save(checkpoint, OUT / f"training_{kind}.pt", **options)
        expect(f"training_{kind}.pt", model.state_dict())
    torch.save(model, OUT / "module.pt")
    expect("module.pt", model.state_dict())

    script = torch.jit.trace(copy.deepcopy(model).eval(), torch.randn(2, 4))
    script.save(str(OUT / "script.pt"))
    expect("script.pt", script.state_dict())

    write_big_endian()
    write_sharded()


def write_big_endian():
    """What newer versions of torch write on a big-endian machine: a member 'byteorder', and the elements' bytes reversed."""
    state = {k: v for k, v in views().items() if v.dtype == torch.float32}
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(OUT / "big_endian.pt", "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if "/data/" in name:
                data = np.frombuffer(data, "<f4").astype(">f4").tobytes()
            target.writestr(zipfile.ZipInfo(name), data)
        target.writestr(zipfile.ZipInfo("archive/byteorder"), "big")
    expect("big_endian.pt", state)


def write_sharded():
    folder = OUT / "sharded"
    folder.mkdir(exist_ok=True)
    state = {k: v for k, v in views().items() if k in ("plain", "half", "scalar", "long")}
    names = list(state)
    weight_map = {}
    for i in range(2):
        file = f"pytorch_model-{i + 1:05}-of-00002.bin"
        torch.save({k: state[k] for k in names[i::2]}, folder / file)
        weight_map.update({k: file for k in names[i::2]})
    (folder / "config.json").write_text("{}\n")
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=1) + "\n")
    expect("sharded", state)


# ---------------------------------------------------------------- GGUF

BLOCK = 32


def quantize(kind, x):
    """ggml's layout of each type with a simple choice of scales; returns the bytes and what they stand for, in single precision."""
    f32 = np.float32
    if kind in ("F32", "F16", "F64"):
        data = x.astype({"F32": "<f4", "F16": "<f2", "F64": "<f8"}[kind])
        return data.tobytes(), data
    if kind == "BF16":
        bits = (x.astype("<f4").view("<u4") >> 16).astype("<u2")
        return bits.tobytes(), torch.from_numpy(bits.astype(np.int16).copy()).view(torch.bfloat16).reshape(x.shape)
    out, back = b"", []
    for block in x.reshape(-1, BLOCK).astype(f32):
        signed = kind in ("Q4_0", "Q5_0", "Q8_0")
        levels = {"Q4_0": 16, "Q4_1": 16, "Q5_0": 32, "Q5_1": 32, "Q8_0": 256}[kind]
        low = f32(0) if signed else f32(np.float16(block.min()))
        d = np.float16(np.abs(block).max() / (levels // 2 - 1)) if signed else np.float16((block.max() - low) / (levels - 1))
        shift = levels // 2 if signed else 0
        q = np.clip(np.round((block - low) / f32(d)) + shift, 0, levels - 1).astype(int)
        values = (q - shift).astype(f32) * f32(d)
        back.append(values if signed else values + low)
        out += np.float16(d).tobytes() + (b"" if signed else np.float16(low).tobytes())
        if kind == "Q8_0":
            out += (q - shift).astype(np.int8).tobytes()
            continue
        if levels == 32:
            out += struct.pack("<I", sum(int(v >> 4) << i for i, v in enumerate(q)))
        out += bytes((int(q[j]) & 15) | ((int(q[j + 16]) & 15) << 4) for j in range(16))
    return out, np.concatenate(back).reshape(x.shape)


GGML = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "F64": 28, "BF16": 30}


def gguf_string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf_value(value):
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + gguf_string(value)
    items = [gguf_value(v) for v in value]
    return struct.pack("<IIQ", 9, struct.unpack("<I", items[0][:4])[0], len(items)) + b"".join(i[4:] for i in items)


def write_gguf_file(file, keys, tensors, version=3):
    alignment = keys.get("general.alignment", 32)
    head = struct.pack("<4sIQQ", b"GGUF", version, len(tensors), len(keys))
    head += b"".join(gguf_string(k) + gguf_value(v) for k, v in keys.items())
    data, back = b"", {}
    for name, (kind, x) in tensors.items():
        head += gguf_string(name) + struct.pack("<I", x.ndim) + b"".join(struct.pack("<Q", n) for n in reversed(x.shape))
        head += struct.pack("<IQ", GGML[kind], len(data))
        raw, back[name] = quantize(kind, x)
        data += raw + bytes(-len(raw) % alignment)
    (OUT / file).write_bytes(head + bytes(-len(head) % alignment) + data)
    return back


CLIP_CPP = {"t.blk.0.ffn_down.weight": "text_model.encoder.layers.0.mlp.fc1.weight", "v.blk.11.ffn_up.bias": "vision_model.encoder.layers.11.mlp.fc2.bias",
            "v.blk.1.attn_out.weight": "vision_model.encoder.layers.1.self_attn.out_proj.weight", "v.pre_ln.weight": "vision_model.pre_layrnorm.weight",
            "t.post_ln.bias": "text_model.final_layer_norm.bias", "t.token_embd.weight": "text_model.embeddings.token_embedding.weight",
            "v.patch_embd.weight": "vision_model.embeddings.patch_embedding.weight", "v.class_embd": "vision_model.embeddings.class_embedding",
            "text_projection.weight": "text_projection.weight"}


def write_gguf():
    rng = np.random.default_rng(3)
    normal = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    keys = {"general.architecture": "clip", "general.name": "test", "clip.has_text_encoder": True, "clip.has_vision_encoder": True,
            "clip.use_gelu": False, "clip.vision.image_size": 224, "clip.vision.patch_size": 32, "clip.vision.attention.head_count": 12,
            "clip.text.attention.head_count": 8, "clip.vision.attention.layer_norm_epsilon": 1e-5,
            "clip.vision.image_mean": [0.48145466, 0.4578275, 0.40821073], "clip.vision.image_std": [0.26862954, 0.26130258, 0.27577711],
            "tokenizer.ggml.tokens": ["!", "\"", "é", "<|endoftext|>"]}
    kinds = ["Q4_0", "F32", "Q4_1", "F32", "F32", "Q8_0", "F16", "F32", "Q5_0"]
    shapes = [(3, 64), (5,), (2, 32), (5,), (6,), (4, 64), (4, 3, 2, 2), (5,), (2, 96)]
    tensors = {name: (kind, normal(*shape)) for name, kind, shape in zip(CLIP_CPP, kinds, shapes)}
    back = write_gguf_file("clip_cpp.gguf", keys, tensors, version=2)
    expect("clip_cpp.gguf", {CLIP_CPP[name]: value for name, value in back.items()})
    every = {f"tensor.{kind}": (kind, normal(2, 64) * 3) for kind in GGML}
    expect("every_type.gguf", write_gguf_file("every_type.gguf", {"general.architecture": "clip", "general.alignment": 64}, every))


# ---------------------------------------------------------------- ONNX

class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            setattr(self, name, nn.Linear(width, width))

    def forward(self, x):
        n, length, width = x.shape
        q, k, v = (p(x).view(n, length, self.heads, -1).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        weights = torch.softmax(q @ k.transpose(2, 3) * (width // self.heads) ** -0.5, -1)
        return self.out_proj((weights @ v).transpose(1, 2).reshape(n, length, width))


class HfMlp(nn.Module):
    def __init__(self, width, act):
        super().__init__()
        self.activation_fn = act
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(self.activation_fn(self.fc1(x)))


class Layer(nn.Module):
    def __init__(self, width, act):
        super().__init__()
        self.self_attn = Attention(width, 2)
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = HfMlp(width, act)

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Encoder(nn.Module):
    def __init__(self, width, layers, act):
        super().__init__()
        self.layers = nn.ModuleList(Layer(width, act) for _ in range(layers))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class VisionEmbeddings(nn.Module):
    def __init__(self, width, patch, tokens):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(width))
        self.patch_embedding = nn.Conv2d(3, width, patch, patch, bias=False)
        self.position_embedding = nn.Embedding(tokens, width)
        self.register_buffer("position_ids", torch.arange(tokens).expand((1, -1)), persistent=False)

    def forward(self, pixels):
        x = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(pixels.shape[0], 1, -1), x], 1)
        return x + self.position_embedding(self.position_ids)


class TextEmbeddings(nn.Module):
    def __init__(self, width, vocabulary, context):
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.position_embedding = nn.Embedding(context, width)
        self.register_buffer("position_ids", torch.arange(context).expand((1, -1)), persistent=False)

    def forward(self, ids):
        return self.token_embedding(ids) + self.position_embedding(self.position_ids[:, :ids.shape[-1]])


class VisionModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings = VisionEmbeddings(8, 4, 5)
        self.pre_layrnorm = nn.LayerNorm(8)
        self.encoder = Encoder(8, 2, QuickGelu())
        self.post_layernorm = nn.LayerNorm(8)

    def forward(self, pixels):
        return self.post_layernorm(self.encoder(self.pre_layrnorm(self.embeddings(pixels)))[:, 0])


class TextModel(nn.Module):
    def __init__(self, eos):
        super().__init__()
        self.eos = eos
        self.embeddings = TextEmbeddings(6, 11, 7)
        self.encoder = Encoder(6, 1, nn.GELU())
        self.final_layer_norm = nn.LayerNorm(6)

    def forward(self, ids):
        x = self.final_layer_norm(self.encoder(self.embeddings(ids)))
        at = (ids.int() == self.eos).int().argmax(-1) if self.eos else ids.argmax(-1)
        return x[torch.arange(x.shape[0]), at]


class Clip(nn.Module):
    def __init__(self, eos=0):
        super().__init__()
        self.logit_scale = nn.Parameter(torch.tensor(4.5))
        self.text_model, self.vision_model = TextModel(eos), VisionModel()
        self.visual_projection, self.text_projection = nn.Linear(8, 4, bias=False), nn.Linear(6, 4, bias=False)

    def forward(self, ids, pixels):
        text, image = self.text_projection(self.text_model(ids)), self.visual_projection(self.vision_model(pixels))
        text, image = text / text.norm(p=2, dim=-1, keepdim=True), image / image.norm(p=2, dim=-1, keepdim=True)
        logits = self.logit_scale.exp() * text @ image.t()
        return logits.t(), logits, text, image


def export(model):
    buffer = io.BytesIO()
    names = ["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"]
    torch.onnx.export(model.eval(), (torch.ones(2, 7, dtype=torch.long), torch.randn(2, 3, 8, 8)), buffer, opset_version=14,
                      input_names=["input_ids", "pixel_values"], output_names=names,
                      dynamic_axes={"input_ids": {0: "batch"}, "pixel_values": {0: "images"}})
    return onnx.load_from_string(buffer.getvalue())


def make_half(model):
    """Half precision initialisers, every other one as int32_data."""
    for i, t in enumerate(model.graph.initializer):
        if t.data_type == TensorProto.FLOAT:
            values = numpy_helper.to_array(t).astype(np.float16)
            half = numpy_helper.from_array(values, t.name)
            if i % 2:
                half = helper.make_tensor(t.name, TensorProto.FLOAT16, values.shape, values.flatten().tolist())
            t.CopyFrom(half)
    return model


def quantize_dynamic(model):
    """What ORT's quantize_dynamic makes of a model: MatMulInteger with u8 weights (or i8 with a scale for each column), embeddings as u8."""
    graph, values = model.graph, {}
    floats = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer if t.data_type == TensorProto.FLOAT}
    nodes, done = [], set()

    def add(name, array):
        graph.initializer.append(numpy_helper.from_array(array, name))

    def weight(name, columns):
        if name in done:
            return values[name]
        w = floats[name]
        if columns:
            scale = (np.abs(w).max(0) / 127).astype(np.float32)
            q, zero = np.round(w / scale).astype(np.int8), np.zeros(w.shape[1], np.int8)
        else:
            scale = np.float32((w.max() - w.min()) / 255)
            zero = np.uint8(np.round(-w.min() / scale))
            q = np.clip(np.round(w / scale) + zero, 0, 255).astype(np.uint8)
        for suffix, array in (("quantized", q), ("scale", np.asarray(scale)), ("zero_point", np.asarray(zero))):
            add(f"{name}_{suffix}", array)
        values[name] = (q.astype(np.float32) - zero.astype(np.float32)) * scale
        done.add(name)
        return values[name]

    for i, node in enumerate(graph.node):
        if node.op_type == "MatMul" and node.input[1] in floats:
            x, w, y = node.input[0], node.input[1], node.output[0]
            weight(w, columns=i % 2 == 0)
            q = [f"{y}_x_quantized", f"{y}_x_scale", f"{y}_x_zero_point"]
            nodes += [helper.make_node("DynamicQuantizeLinear", [x], q, f"{x}_QuantizeLinear"),
                      helper.make_node("MatMulInteger", [q[0], f"{w}_quantized", q[2], f"{w}_zero_point"], [f"{y}_output_quantized"], f"{node.name}_quant"),
                      helper.make_node("Cast", [f"{y}_output_quantized"], [f"{y}_cast"], f"{y}_cast", to=1),
                      helper.make_node("Mul", [q[1], f"{w}_scale"], [f"{y}_scales"], f"{node.name}_quant_scales_mul"),
                      helper.make_node("Mul", [f"{y}_cast", f"{y}_scales"], [y], f"{node.name}_quant_output_scale_mul")]
        elif node.op_type == "Gather" and node.input[0] in floats:
            w, y = node.input[0], node.output[0]
            weight(w, columns=False)
            nodes += [helper.make_node("Gather", [f"{w}_quantized", node.input[1]], [f"{y}_quantized"], f"{node.name}_quant"),
                      helper.make_node("DequantizeLinear", [f"{y}_quantized", f"{w}_scale", f"{w}_zero_point"], [y], f"{y}_DequantizeLinear")]
        else:
            nodes.append(node)
    keep = [t for t in graph.initializer if t.name not in done]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(keep)
    return model, values


def quantize_static(model):
    """QDQ: weights of MatMul behind DequantizeLinear, one with a scale for each row."""
    graph = model.graph
    floats = {t.name: numpy_helper.to_array(t) for t in graph.initializer if t.data_type == TensorProto.FLOAT}
    values, nodes = {}, []
    for node in graph.node:
        w = node.input[1] if node.op_type == "MatMul" and node.input[1] in floats else None
        if w is not None:
            scale = (np.abs(floats[w]).max(1) / 127).astype(np.float32)
            q = np.round(floats[w] / scale[:, None]).astype(np.int8)
            graph.initializer.extend([numpy_helper.from_array(q, f"{w}_quantized"), numpy_helper.from_array(scale, f"{w}_scale"),
                                      numpy_helper.from_array(np.zeros(len(scale), np.int8), f"{w}_zero_point")])
            nodes.append(helper.make_node("DequantizeLinear", [f"{w}_quantized", f"{w}_scale", f"{w}_zero_point"], [f"{w}_DequantizeLinear_Output"],
                                          f"{w}_DequantizeLinear", axis=0))
            node.input[1] = f"{w}_DequantizeLinear_Output"
            values[w] = q.astype(np.float32) * scale[:, None]
        nodes.append(node)
    keep = [t for t in graph.initializer if t.name not in values]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(keep)
    return model, values


def without_aliases(model):
    """What optimisers leave: a tensor stored once is read by every module under one module's name."""
    names = {t.name for t in model.graph.initializer}
    alias = {n.output[0]: n.input[0] for n in model.graph.node if n.op_type == "Identity" and n.input[0] in names}
    nodes = [n for n in model.graph.node if n.output[0] not in alias]
    for node in nodes:
        for i, name in enumerate(node.input):
            node.input[i] = alias.get(name, name)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def without_scopes(model):
    """What exporters before torch 1.13 wrote: nodes MatMul_12, anonymous values with bare numbers."""
    rename = lambda name: name.split("_")[-1] if name.startswith("onnx::") else str(zlib.crc32(name.encode())) if name.startswith("/") else name
    for i, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{i}"
        for names in (node.input, node.output):
            for j, name in enumerate(names):
                names[j] = rename(name)
    for t in model.graph.initializer:
        t.name = rename(t.name)
    return model


def replace(state, model, exported, values):
    """The state with the dequantised weights: exported names are traced back through equal bytes."""
    out = dict(state)
    for t in exported.graph.initializer:
        if t.name in values:
            original = numpy_helper.to_array(t)
            for name, w in state.items():
                if w.shape == original.shape and np.array_equal(w, original):
                    out[name] = values[t.name]
                elif w.ndim == 2 and w.T.shape == original.shape and np.array_equal(w.T, original):
                    out[name] = values[t.name].T
    return out


def write_onnx():
    torch.manual_seed(4)
    model = Clip(eos=9)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "layer_norm" not in name and "layernorm" not in name:  # those stay equal, and are stored once
                p.copy_(torch.randn_like(p))
    state = {k: v.numpy() for k, v in model.state_dict().items()}
    exported = export(model)
    for node in exported.graph.node:
        node.doc_string = ""
    save = lambda name, m: (OUT / f"{name}.gz").write_bytes(gzip.compress(m.SerializeToString(), mtime=0))
    save("merged.onnx", exported)
    expect("merged.onnx", state)
    save("half.onnx", make_half(copy.deepcopy(exported)))
    expect("half.onnx", {k: v.astype(np.float16) for k, v in state.items()})
    dynamic, values = quantize_dynamic(copy.deepcopy(exported))
    save("dynamic_int8.onnx", dynamic)
    expect("dynamic_int8.onnx", replace(state, model, exported, values))
    static, values = quantize_static(copy.deepcopy(exported))
    save("static_int8.onnx", static)
    expect("static_int8.onnx", replace(state, model, exported, values))
    save("without_aliases.onnx", without_aliases(copy.deepcopy(exported)))
    expect("without_aliases.onnx", state)
    save("without_scopes.onnx", without_scopes(copy.deepcopy(exported)))
    expect("without_scopes.onnx", state)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "external.onnx"
        onnx.save_model(copy.deepcopy(exported), str(path), save_as_external_data=True, location="external.onnx_data", size_threshold=64)
        for file in (path, path.with_suffix(".onnx_data")):
            (OUT / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    expect("external.onnx", state)


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write_torch()
    write_gguf()
    write_onnx()
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")

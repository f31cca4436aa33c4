"""Makes the tiny random CLIP and its golden intermediates under tests/PureClip.Tests/Golden.

Run: /usr/bin/python3 tools/golden/make_golden.py     (Debian 12: python3-torch 1.13; see README.md)
"""
import argparse
import copy
import os
import platform

import torch

import clip_reference
import safetensors_io

SEED = 20210226  # the day of the CLIP paper
BATCH = 2
LENGTHS = (2, 7, 13)  # tokens with start and end: the empty text, a short one, a long one; the context is 16
START, END = 98, 99   # END is the largest id, as in CLIP
VARIANTS = ("quick_gelu", "gelu", "gelu_pytorch_tanh")
DEFAULT_OUTPUT = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "PureClip.Tests", "Golden")

CONFIG = {
    "architectures": ["CLIPModel"],
    "model_type": "clip",
    "projection_dim": 16,
    "logit_scale_init_value": 2.6592,
    "text_config": {
        "model_type": "clip_text_model",
        "hidden_size": 24,
        "intermediate_size": 96,
        "num_attention_heads": 3,
        "num_hidden_layers": 2,
        "max_position_embeddings": 16,
        "vocab_size": 100,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-05,
        "bos_token_id": START,
        "eos_token_id": END,
        "projection_dim": 16,
    },
    "vision_config": {
        "model_type": "clip_vision_model",
        "hidden_size": 32,
        "intermediate_size": 128,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "image_size": 32,
        "patch_size": 8,
        "num_channels": 3,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-05,
        "projection_dim": 16,
    },
}


def make_weights(generator):
    """Random weights, lively enough for two blocks: attention is not uniform and the mlp reaches both arms of GELU."""
    weights = clip_reference.random_weights(CONFIG, generator)
    for name, tensor in weights.items():
        if "q_proj.weight" in name or "k_proj.weight" in name or "mlp.fc1.weight" in name:
            tensor *= 2
        if "text_model.embeddings" in name:
            tensor *= 25  # a real text tower grows its embeddings in training; at 0.02 the layer norms would see eps
    return {name: tensor.half().float() for name, tensor in weights.items()}  # exact in F16, for tests of that type


def make_inputs(generator):
    pixels = torch.randn(BATCH, 3, 32, 32, generator=generator).half().float()
    words = [torch.randint(0, START, (length - 2,), generator=generator) for length in LENGTHS]
    return pixels, [torch.cat([torch.tensor([START]), ids, torch.tensor([END])]) for ids in words]


def trace(config, weights, pixels, texts):
    """Every intermediate in float64. Text rows of all the sequences are packed one after the other, without padding."""
    clip = clip_reference.Clip(config, {name: tensor.double() for name, tensor in weights.items()})
    values = {}

    def record(name, tensor):
        values[name] = tensor

    images = clip_reference.normalize(clip.encode_image(pixels.double(), record))
    record("vision.normalized", images)

    packed = {}

    def append(name, tensor):
        packed.setdefault(name, []).append(tensor.flatten(0, -2))

    for text in texts:
        clip.encode_text(text[None], record=append)
    for name, rows in packed.items():
        record(name, torch.cat(rows))
    record("text.normalized", clip_reference.normalize(values["text.projection"]))
    record("logits_per_image", weights["logit_scale"].double().exp() * images @ values["text.normalized"].T)
    return values


def what_the_activation_changes(values):
    """What precedes the first activation is in the quick_gelu file; of the rest, the tensors that locate a mistake."""
    kept = ("blocks.0.mlp_hidden", ".output", ".ln_post", ".ln_final", ".projection", ".normalized", "logits_per_image")
    return {name: tensor for name, tensor in values.items() if name.endswith(kept)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", default=DEFAULT_OUTPUT)
    output = parser.parse_args().output

    metadata = {
        "script": "tools/golden/make_golden.py",
        "command": "/usr/bin/python3 tools/golden/make_golden.py",
        "seed": str(SEED),
        "versions": f"python {platform.python_version()}, torch {torch.__version__}",
        "precision": "computed in float64, stored as F32; weights and pixels are exact in F16",
    }
    generator = torch.Generator().manual_seed(SEED)
    weights = make_weights(generator)
    pixels, texts = make_inputs(generator)

    directory = os.path.join(output, "tiny")
    clip_reference.Clip(CONFIG, weights).save(directory, metadata)
    for variant in VARIANTS:
        config = copy.deepcopy(CONFIG)
        config["text_config"]["hidden_act"] = config["vision_config"]["hidden_act"] = variant
        values = trace(config, weights, pixels, texts)
        golden = {}
        if variant == "quick_gelu":
            golden["input.pixels"] = pixels.numpy()
            golden["input.ids"] = torch.cat(texts).int().numpy()
            golden["input.lengths"] = torch.tensor(LENGTHS).int().numpy()
        else:
            values = what_the_activation_changes(values)
            clip_reference.write_json(os.path.join(directory, f"config.{variant}.json"), config, indent=2)
        golden.update({name: tensor.float().numpy() for name, tensor in values.items()})
        safetensors_io.write(os.path.join(directory, f"{variant}.golden.safetensors"), golden, {"variant": variant, **metadata})


if __name__ == "__main__":
    main()

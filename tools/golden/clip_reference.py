"""CLIP with a Vision Transformer in plain PyTorch: the oracle of the golden files.

Weights are a dict with Hugging Face's names and orientation (every matrix [out, in]); the configuration is Hugging
Face's config.json. The forward pass runs in the type of the weights, so the same lines serve F32 and F64.
`record(name, tensor)` is called with every intermediate, in the order in which they arise.
"""
import json
import math
import os

import torch
import torch.nn.functional as F

import safetensors_io


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


def gelu(x):
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


ACTIVATIONS = {"quick_gelu": quick_gelu, "gelu": gelu, "gelu_pytorch_tanh": gelu_tanh}


def nothing(name, tensor):
    pass


def write_json(path, value, **options):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(value, file, **options)
        file.write("\n")


class Clip:
    def __init__(self, config, weights):
        self.config = config
        self.weights = weights

    @staticmethod
    def load(directory, dtype=torch.float32):
        """Opens a Hugging Face directory (config.json, model.safetensors)."""
        with open(os.path.join(directory, "config.json")) as file:
            config = json.load(file)
        arrays = safetensors_io.read(os.path.join(directory, "model.safetensors"))
        return Clip(config, {name: torch.from_numpy(array.copy()).to(dtype) for name, array in arrays.items()})

    def save(self, directory, metadata):
        """Writes config.json and model.safetensors as `load` reads them."""
        os.makedirs(directory, exist_ok=True)
        write_json(os.path.join(directory, "config.json"), self.config, indent=2)
        tensors = {name: tensor.numpy() for name, tensor in self.weights.items()}
        safetensors_io.write(os.path.join(directory, "model.safetensors"), tensors, {"format": "pt", **metadata})

    def encode_image(self, pixels, record=nothing):
        """[N, 3, R, R] normalised pixels -> [N, E], not yet of length one."""
        config = self.config["vision_config"]
        patch, width = config["patch_size"], config["hidden_size"]

        x = F.conv2d(pixels, self.weights["vision_model.embeddings.patch_embedding.weight"], stride=patch)
        x = x.flatten(2).transpose(1, 2)
        record("vision.patch_embedding", x)

        token = self.weights["vision_model.embeddings.class_embedding"].reshape(1, 1, width)
        x = torch.cat([token.expand(x.shape[0], 1, width), x], dim=1)
        x = x + self.weights["vision_model.embeddings.position_embedding.weight"]
        record("vision.embeddings", x)
        x = self.layer_norm(x, "vision_model.pre_layrnorm", config)
        record("vision.ln_pre", x)

        x = self.transformer(x, "vision", config, None, record)

        x = self.layer_norm(x[:, 0], "vision_model.post_layernorm", config)
        record("vision.ln_post", x)
        x = F.linear(x, self.weights["visual_projection.weight"])
        record("vision.projection", x)
        return x

    def encode_text(self, ids, end=None, record=nothing):
        """[N, T] token ids -> [N, E], not yet of length one. `end`: row that is pooled; None is the largest id."""
        config = self.config["text_config"]
        tokens = ids.shape[1]

        x = F.embedding(ids, self.weights["text_model.embeddings.token_embedding.weight"])
        x = x + self.weights["text_model.embeddings.position_embedding.weight"][:tokens]
        record("text.embeddings", x)

        mask = torch.full((tokens, tokens), -math.inf, dtype=x.dtype).triu(1)
        x = self.transformer(x, "text", config, mask, record)

        x = self.layer_norm(x, "text_model.final_layer_norm", config)
        end = ids.argmax(dim=-1) if end is None else end
        x = x[torch.arange(x.shape[0]), end]
        record("text.ln_final", x)
        x = F.linear(x, self.weights["text_projection.weight"])
        record("text.projection", x)
        return x

    def transformer(self, x, tower, config, mask, record):
        for i in range(config["num_hidden_layers"]):
            x = self.block(x, f"{tower}_model.encoder.layers.{i}", f"{tower}.blocks.{i}", config, mask, record)
        return x

    def block(self, x, key, name, config, mask, record):
        h = self.layer_norm(x, f"{key}.layer_norm1", config)
        record(f"{name}.ln_1", h)
        h = self.attention(h, f"{key}.self_attn", name, config["num_attention_heads"], mask, record)
        x = x + self.linear(h, f"{key}.self_attn.out_proj")
        record(f"{name}.attention_residual", x)

        h = self.layer_norm(x, f"{key}.layer_norm2", config)
        record(f"{name}.ln_2", h)
        h = ACTIVATIONS[config["hidden_act"]](self.linear(h, f"{key}.mlp.fc1"))
        record(f"{name}.mlp_hidden", h)
        x = x + self.linear(h, f"{key}.mlp.fc2")
        record(f"{name}.output", x)
        return x

    def attention(self, x, key, name, heads, mask, record):
        rows, tokens, width = x.shape
        qkv = [self.linear(x, f"{key}.{part}_proj") for part in "qkv"]
        record(f"{name}.qkv", torch.cat(qkv, dim=-1))
        q, k, v = (part.reshape(rows, tokens, heads, width // heads).transpose(1, 2) for part in qkv)
        scores = (q * (width // heads) ** -0.5) @ k.transpose(2, 3)
        if mask is not None:
            scores = scores + mask
        x = (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(rows, tokens, width)
        record(f"{name}.attention", x)
        return x

    def linear(self, x, key):
        return F.linear(x, self.weights[f"{key}.weight"], self.weights[f"{key}.bias"])

    def layer_norm(self, x, key, config):
        weight, bias = self.weights[f"{key}.weight"], self.weights[f"{key}.bias"]
        return F.layer_norm(x, (config["hidden_size"],), weight, bias, config["layer_norm_eps"])


def normalize(x):
    """Rows divided by their Euclidean length."""
    return x / x.norm(dim=-1, keepdim=True)


def random_weights(config, generator):
    """Weights with the deviations of OpenAI's initialisation; biases and norms vary a little, so that each one counts.

    Radford et al. 2021 and the released code: attention width^-0.5, both outputs of a block width^-0.5 (2 layers)^-0.5,
    first mlp matrix (2 width)^-0.5, class token, vision positions and projections width^-0.5.
    """
    def normal(deviation, *shape, mean=0.0):
        return mean + deviation * torch.randn(*shape, generator=generator)

    weights = {}

    def norm(key, width):
        weights[f"{key}.weight"] = normal(0.1, width, mean=1.0)
        weights[f"{key}.bias"] = normal(0.05, width)

    def linear(key, deviation, outputs, inputs):
        weights[f"{key}.weight"] = normal(deviation, outputs, inputs)
        weights[f"{key}.bias"] = normal(0.02, outputs)

    def blocks(tower, part):
        width, hidden, layers = part["hidden_size"], part["intermediate_size"], part["num_hidden_layers"]
        for i in range(layers):
            key = f"{tower}_model.encoder.layers.{i}"
            output_deviation = width ** -0.5 * (2 * layers) ** -0.5
            for name in "qkv":
                linear(f"{key}.self_attn.{name}_proj", width ** -0.5, width, width)
            linear(f"{key}.self_attn.out_proj", output_deviation, width, width)
            norm(f"{key}.layer_norm1", width)
            linear(f"{key}.mlp.fc1", (2 * width) ** -0.5, hidden, width)
            linear(f"{key}.mlp.fc2", output_deviation, width, hidden)
            norm(f"{key}.layer_norm2", width)

    vision, text, embed = config["vision_config"], config["text_config"], config["projection_dim"]

    width, patch = vision["hidden_size"], vision["patch_size"]
    weights["vision_model.embeddings.class_embedding"] = normal(width ** -0.5, width)
    weights["vision_model.embeddings.patch_embedding.weight"] = normal((3 * patch * patch) ** -0.5, width, 3, patch, patch)
    weights["vision_model.embeddings.position_embedding.weight"] = normal(
        width ** -0.5, (vision["image_size"] // patch) ** 2 + 1, width)
    norm("vision_model.pre_layrnorm", width)
    blocks("vision", vision)
    norm("vision_model.post_layernorm", width)
    weights["visual_projection.weight"] = normal(width ** -0.5, embed, width)

    width = text["hidden_size"]
    weights["text_model.embeddings.token_embedding.weight"] = normal(0.02, text["vocab_size"], width)
    weights["text_model.embeddings.position_embedding.weight"] = normal(0.01, text["max_position_embeddings"], width)
    blocks("text", text)
    norm("text_model.final_layer_norm", width)
    weights["text_projection.weight"] = normal(width ** -0.5, embed, width)

    weights["logit_scale"] = torch.tensor(math.log(100))
    return weights

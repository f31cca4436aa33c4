"""Makes a full-size ViT-B/32 with random weights as a Hugging Face directory, and the embeddings that it must give.

Run: /usr/bin/python3 tools/golden/make_vit_b_32.py --output DIRECTORY --tokenizer DIRECTORY [--pictures DIRECTORY]
Without pictures it writes the model alone. With a tokenizer other than CLIP's the table of tokens is as long as its vocabulary.
The 605 MB are scratch: for tests of the full size and for benches, never committed.
"""
import argparse
import json
import os
import platform
import shutil

import torch

import clip_bpe
import clip_pictures
import clip_reference

SEED = 32
SCALE = 100  # of the logits from which the probabilities are computed
TEXTS = [
    "",
    "cat",
    "a dog",
    "a photo of a cat",
    "two red apples on a wooden table",
    "Hello, World! It's 12:45 o'clock.",
    "a black and white photograph of an old bridge over a river in winter",
    "an aerial view of a city at night, lights along the streets, traffic on the motorway and boats in the harbour",
    "a very long text: " + "one two three four five six seven eight nine ten " * 6,
    "a text that is longer than the context, " + "and goes on and on, " * 20,
]


def config(vocabulary):
    shared = {"num_hidden_layers": 12, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05, "projection_dim": 512}
    return {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": 512,
        "logit_scale_init_value": 2.6592,
        "text_config": {
            "model_type": "clip_text_model",
            "hidden_size": 512,
            "intermediate_size": 2048,
            "num_attention_heads": 8,
            "max_position_embeddings": 77,
            "vocab_size": vocabulary,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "pad_token_id": 1,
            **shared,
        },
        "vision_config": {
            "model_type": "clip_vision_model",
            "hidden_size": 768,
            "intermediate_size": 3072,
            "num_attention_heads": 12,
            "image_size": 224,
            "patch_size": 32,
            "num_channels": 3,
            **shared,
        },
    }


def preprocessor_config():
    return {
        "image_processor_type": "CLIPImageProcessor",
        "do_convert_rgb": True,
        "do_resize": True,
        "size": {"shortest_edge": 224},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": 224, "width": 224},
        "do_rescale": True,
        "rescale_factor": 0.00392156862745098,
        "do_normalize": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
    }


def write_model(output, tokenizer):
    with open(os.path.join(tokenizer, "vocab.json"), encoding="utf-8") as file:
        sizes = config(len(json.load(file)))
    weights = clip_reference.random_weights(sizes, torch.Generator().manual_seed(SEED))
    clip_reference.Clip(sizes, weights).save(output, {
        "script": "tools/golden/make_vit_b_32.py",
        "seed": str(SEED),
        "versions": f"python {platform.python_version()}, torch {torch.__version__}",
    })
    clip_reference.write_json(os.path.join(output, "preprocessor_config.json"), preprocessor_config(), indent=2)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copyfile(os.path.join(tokenizer, name), os.path.join(output, name))


def embeddings(directory, dtype, pixels, ids):
    """One call per picture and per text, so that no result depends on company."""
    clip = clip_reference.Clip.load(directory, dtype)
    with torch.no_grad():
        images = torch.cat([clip_reference.normalize(clip.encode_image(row[None].to(dtype))) for row in pixels])
        texts = torch.cat([clip_reference.normalize(clip.encode_text(row[None])) for row in ids])
    return images, texts


def expected(names, pixels, ids, images, texts):
    def rounded(values, digits):
        return [round(value, digits) for value in values.tolist()]

    probabilities = (SCALE * images @ texts.T).softmax(dim=-1)
    return {
        "images": {name: rounded(row, 8) for name, row in zip(names, images)},
        "texts": [{"text": text, "ids": row.tolist(), "embedding": rounded(embedding, 8)}
                  for text, row, embedding in zip(TEXTS, ids, texts)],
        "probabilities": {name: rounded(row, 6) for name, row in zip(names, probabilities)},
        "pixel_means": {name: rounded(row.mean(dim=(1, 2)), 6) for name, row in zip(names, pixels)},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True)
    parser.add_argument("--tokenizer", required=True,
                        help="directory with CLIP's vocab.json, merges.txt, tokenizer_config.json")
    parser.add_argument("--pictures", help="directory of pictures to embed")
    arguments = parser.parse_args()

    write_model(arguments.output, arguments.tokenizer)
    if arguments.pictures is None:
        return

    bpe = clip_bpe.Bpe(arguments.output)
    ids = torch.zeros(len(TEXTS), 77, dtype=torch.long)
    for row, text in zip(ids, TEXTS):
        tokens = bpe.encode(text, 77)
        row[:len(tokens)] = torch.tensor(tokens)
    names = sorted(os.listdir(arguments.pictures))
    pixels = [clip_pictures.preprocess(os.path.join(arguments.pictures, name), 224) for name in names]

    results = {dtype: embeddings(arguments.output, dtype, pixels, ids) for dtype in (torch.float32, torch.float64)}
    for dtype, file in ((torch.float32, "expected.json"), (torch.float64, "expected.float64.json")):
        values = expected(names, pixels, ids, *results[dtype])
        clip_reference.write_json(os.path.join(arguments.output, file), values)

    images, texts = ((a - b).abs().max().item() for a, b in zip(results[torch.float32], results[torch.float64]))
    print(f"torch F32 against float64, max abs difference: images {images:.3g}, texts {texts:.3g}")


if __name__ == "__main__":
    main()

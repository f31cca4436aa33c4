#!/usr/bin/env python3
"""Reference checksums for PureClip.Imaging's resizing and preprocessing, by Pillow 9.4 and torchvision 0.14.

Usage: make_resample.py OUTPUT.json [SEED [REPEAT]]
Deterministic: the same versions and arguments write the same bytes. The committed file has the defaults, others are for spot checks.
Pictures are not stored, both sides compute them: see noise().
Checksums are the first 16 hexadecimal digits of a SHA-256.
"""
import hashlib
import json
import math
import random
import sys

import numpy as np
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional as F
from torchvision.transforms import InterpolationMode

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
CHANNELS = {"1": 1, "L": 1, "LA": 2, "P": 1, "RGB": 3, "RGBA": 4, "CMYK": 4}
FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}
INTERPOLATION = {
    "nearest": InterpolationMode.NEAREST, "lanczos": InterpolationMode.LANCZOS, "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC, "box": InterpolationMode.BOX, "hamming": InterpolationMode.HAMMING,
}
ORIENTATIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}


def noise(count, seed):
    """Byte i is a hash of i and seed; an odd seed gives runs of seven bytes that are all 0 or 255, which make filters overshoot."""
    i = np.arange(count, dtype=np.uint32)
    contrast = seed % 2 == 1
    v = (i // np.uint32(7) if contrast else i) * np.uint32(0x9E3779B1) + np.uint32(seed * 0x01000193 & 0xFFFFFFFF)
    v = (v ^ (v >> np.uint32(15))) * np.uint32(0x85EBCA77)
    v ^= v >> np.uint32(13)
    bytes_ = (v >> np.uint32(24)).astype(np.uint8)
    return np.where(bytes_ > 127, 255, 0).astype(np.uint8) if contrast else bytes_


def picture(case):
    mode, width, height, seed = case["mode"], case["width"], case["height"], case["seed"]
    data = noise(width * height * CHANNELS[mode], seed)
    if mode == "1":
        return Image.frombytes("L", (width, height), np.where(data > 127, 255, 0).astype(np.uint8).tobytes()).convert("1", dither=0)
    image = Image.frombytes(mode, (width, height), data.tobytes())
    if mode == "P":
        image.putpalette(noise(768, seed + 2).tobytes(), "RGB")
    return image


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def raw(image):
    return np.asarray(image.convert("L") if image.mode == "1" else image).tobytes()


def keep_ratio_size(case, pick):
    ratio = pick(case["height"] / case["out_height"], case["width"] / case["out_width"])
    return [round(case["height"] / ratio), round(case["width"] / ratio)]


def center_crop_or_pad(image, case):
    height, width = case["out_height"], case["out_width"]
    dw, dh = max(width - image.width, 0), max(height - image.height, 0)
    if dw or dh:
        image = F.pad(image, [dw // 2, dh // 2, (dw + 1) // 2, (dh + 1) // 2], fill=case["fill"])
    return F.crop(image, int(round((image.height - height) / 2.0)), int(round((image.width - width) / 2.0)), height, width)


def torchvision_pipeline(case, image):
    resize, interpolation = case["resize"], INTERPOLATION[case["filter"]]
    if case["order"] == "rgb":
        image = image.convert("RGB")
    if resize == "shortest":
        image = transforms.Resize(case["edge"], interpolation=interpolation)(image)
        image = transforms.CenterCrop((case["out_height"], case["out_width"]))(image)
    elif resize == "squash":
        image = transforms.Resize((case["out_height"], case["out_width"]), interpolation=interpolation)(image)
    else:
        size = keep_ratio_size(case, max if resize == "longest" else min)
        image = center_crop_or_pad(F.resize(image, size, interpolation), case)
    image = image.convert("RGB")
    tensor = transforms.Normalize(MEAN, STD)(transforms.ToTensor()(image))
    return np.asarray(image), tensor.numpy()


def hugging_face_crop(pixels, height, width):
    """image_transforms.center_crop: floor offsets; a smaller picture is padded with zeros, the odd one in front."""
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    padded = np.zeros((max(height, pixels.shape[0]), max(width, pixels.shape[1]), 3), np.uint8)
    y, x = math.ceil((padded.shape[0] - pixels.shape[0]) / 2), math.ceil((padded.shape[1] - pixels.shape[1]) / 2)
    padded[y:y + pixels.shape[0], x:x + pixels.shape[1]] = pixels
    top, left = max(top + y, 0), max(left + x, 0)
    return padded[top:top + height, left:left + width]


def hugging_face_pipeline(case, image):
    image = image.convert("RGB")
    if case["resize"] == "shortest":
        short, long = sorted(image.size)
        length = int(case["edge"] * long / short)
        size = (case["edge"], length) if image.width <= image.height else (length, case["edge"])
    else:
        size = (case["out_width"], case["out_height"])
    pixels = np.asarray(image.resize(size, FILTERS[case["filter"]]))
    pixels = hugging_face_crop(pixels, case["out_height"], case["out_width"])
    rescaled = (pixels * (1 / 255)).astype(np.float32)
    normalized = (rescaled - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return pixels, normalized.transpose(2, 0, 1)


def run(case):
    image = picture(case)
    kind = case["kind"]
    if kind == "resize":
        case["bytes"] = digest(raw(image.resize((case["out_width"], case["out_height"]), FILTERS[case["filter"]])))
    elif kind == "rgb":
        case["bytes"] = digest(raw(image.convert("RGB")))
    elif kind == "orient":
        case["bytes"] = digest(raw(image.transpose(ORIENTATIONS[case["orientation"]])))
    else:
        pixels, floats = (torchvision_pipeline if kind == "torchvision" else hugging_face_pipeline)(case, image)
        case["bytes"] = digest(np.ascontiguousarray(pixels).tobytes())
        case["floats"] = digest(np.ascontiguousarray(floats, dtype="<f4").tobytes())
    return case


def cases(seed, repeat):
    rng = random.Random(seed)
    modes = list(CHANNELS)

    def size():
        return rng.choice([rng.randint(1, 9), rng.randint(1, 120), rng.randint(1, 600)])

    def base(kind, mode):
        return {"kind": kind, "mode": mode, "width": size(), "height": size(), "seed": rng.randint(1, 9999)}

    for i in range(210 * repeat):
        case = base("resize", modes[i % 7])
        case["filter"] = rng.choice(["bicubic", "bicubic", *FILTERS])
        case["out_width"] = rng.choice([case["width"], rng.randint(1, 40), rng.randint(7, 336), rng.randint(7, 336)])
        case["out_height"] = rng.choice([case["height"], rng.randint(1, 40), rng.randint(7, 336), rng.randint(7, 336)])
        yield case
    for mode in modes:
        yield base("rgb", mode)
    for orientation in ORIENTATIONS:
        for mode in ("L", "LA", "RGB", "RGBA"):
            yield base("orient", mode) | {"orientation": orientation}
    for i in range(90 * repeat):
        resolution = rng.randint(7, 336)
        case = base("torchvision", modes[i % 7]) | {"order": rng.choice(["rgb", "resize"])}
        case["filter"] = rng.choice(["bicubic", "bicubic", "bilinear"])
        case |= {"resize": "shortest", "edge": resolution, "out_width": resolution, "out_height": resolution, "fill": 0}
        if i % 6 == 1:
            case["resize"] = "squash"
        if i % 6 in (2, 3):
            case["resize"] = "longest" if i % 6 == 2 else "cover"
            case["out_width"] = rng.randint(7, 336)
            case["fill"] = rng.randint(0, 255)
        if i % 6 == 4:
            case["out_width"], case["out_height"] = rng.randint(7, 336), rng.randint(7, 336)
        if case["resize"] != "longest" or min(keep_ratio_size(case, max)) > 0:  # open_clip fails where an edge rounds to 0
            yield case
    for i in range(60 * repeat):
        resolution = rng.randint(7, 336)
        case = base("huggingface", modes[i % 7]) | {"filter": rng.choice(["bicubic", "bicubic", "bilinear", "lanczos"])}
        case |= {"resize": "shortest", "edge": resolution, "out_width": resolution, "out_height": resolution}
        if i % 3 == 1:
            case["resize"] = "squash"
        if i % 3 == 2:
            case["out_width"], case["out_height"] = rng.randint(7, 336), rng.randint(7, 336)
        yield case


def main(path, seed=20230109, repeat=1):
    with open(path, "w", encoding="ascii", newline="\n") as output:
        output.write("[\n" + ",\n".join(json.dumps(run(case), separators=(",", ":")) for case in cases(int(seed), int(repeat))) + "\n]\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

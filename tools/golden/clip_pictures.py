"""CLIP's picture preprocessing by Pillow: RGB first, shortest side to R by bicubic, centre crop, mean and deviation."""
import numpy as np
import torch
from PIL import Image

MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def to_rgb(image):
    """Alpha is dropped; 16-bit grey keeps its high byte (Pillow's own conversion would clip at 255)."""
    if image.mode.startswith("I"):
        high = np.asarray(image).astype(np.int64) >> 8
        image = Image.fromarray(high.clip(0, 255).astype(np.uint8))
    return image.convert("RGB")


def on_white(image):
    """Transparent pictures are laid on white; opaque ones are only converted."""
    if "A" not in image.mode and "transparency" not in image.info:
        return to_rgb(image)
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(ground, image).convert("RGB")


def resize_shortest(image, resolution, resample=Image.Resampling.BICUBIC):
    """torchvision's size: the long side is truncated to a whole pixel."""
    width, height = image.size
    long = int(resolution * max(width, height) / min(width, height))
    return image.resize((resolution, long) if width <= height else (long, resolution), resample)


def half_even(extra):
    """torchvision's crop offset."""
    return int(round(extra / 2.0))


def half_down(extra):
    """Hugging Face's crop offset."""
    return extra // 2


def crop(image, resolution, offset=half_even):
    left, top = offset(image.width - resolution), offset(image.height - resolution)
    return image.crop((left, top, left + resolution, top + resolution))


def normalize(image):
    """[3, H, W] in F32: u8 / 255, minus mean, divided by deviation, each rounded to F32 as in torchvision."""
    pixels = np.asarray(image).astype(np.float32) / np.float32(255)
    return torch.from_numpy(((pixels - MEAN) / DEVIATION).transpose(2, 0, 1).copy())


def preprocess(path, resolution, convert=to_rgb):
    return normalize(crop(resize_shortest(convert(Image.open(path)), resolution), resolution))

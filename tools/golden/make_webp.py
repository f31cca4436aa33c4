#!/usr/bin/env python3
"""Writes WebP pictures of every kind, and what Pillow decodes them to.

    make_webp.py OUT                 all pictures in OUT/webp, and OUT/webp/manifest.json
    make_webp.py OUT --small DATA    also the selection that is committed: DATA/webp with checksums.json

Deterministic: the same Pillow and libwebp give the same bytes. Made with Pillow 9.4.0 and libwebp 1.2.4, whose encoder is called
directly, since neither Pillow nor cwebp can set all that it can do (token partitions above all).

An entry of the manifest: file, mode (PureClip's PixelMode), width, height, pixels_sha256 (of the bytes in that mode), rgb_sha256 (of
Pillow's convert("RGB")), orientation.
"""
import argparse
import ctypes
import hashlib
import io
import json
import pathlib
import random
import struct

import numpy as np
from PIL import Image

SEED = 20240911
MODES = {"RGB": "Rgb", "RGBA": "Rgba"}
SMALL_SIZES = [1, 2, 3, 15, 16, 17, 31, 32, 33]
COMMITTED = ["lossy-default", "lossy-odd", "lossy-1x1", "lossy-partitions-8", "lossy-simple-filter", "lossy-segments", "lossy-blocks",
             "lossy-smooth", "lossy-lowest", "alpha-raw-gradient", "alpha-lossless", "alpha-levels", "lossless-photograph", "lossless-groups",
             "lossless-palette-2", "lossless-palette-4", "lossless-palette-16", "lossless-palette-200", "lossless-rgba", "lossless-cache",
             "exif-6", "exif-prefix-8", "animation-offset", "animation-lossless", "extended-unknown-chunks", "alpha-flag-alone"]


# ---- libwebp's encoder

class Config(ctypes.Structure):
    _fields_ = [("lossless", ctypes.c_int), ("quality", ctypes.c_float), ("method", ctypes.c_int), ("image_hint", ctypes.c_int),
                ("target_size", ctypes.c_int), ("target_psnr", ctypes.c_float)] + [(name, ctypes.c_int) for name in (
                    "segments", "sns_strength", "filter_strength", "filter_sharpness", "filter_type", "autofilter", "alpha_compression",
                    "alpha_filtering", "alpha_quality", "passes", "show_compressed", "preprocessing", "partitions", "partition_limit",
                    "emulate_jpeg_size", "thread_level", "low_memory", "near_lossless", "exact", "use_delta_palette", "use_sharp_yuv",
                    "qmin", "qmax")] + [("spare", ctypes.c_int * 16)]


class Picture(ctypes.Structure):
    _fields_ = [("use_argb", ctypes.c_int), ("colorspace", ctypes.c_int), ("width", ctypes.c_int), ("height", ctypes.c_int),
                ("y", ctypes.c_void_p), ("u", ctypes.c_void_p), ("v", ctypes.c_void_p), ("y_stride", ctypes.c_int),
                ("uv_stride", ctypes.c_int), ("a", ctypes.c_void_p), ("a_stride", ctypes.c_int), ("pad1", ctypes.c_uint32 * 2),
                ("argb", ctypes.c_void_p), ("argb_stride", ctypes.c_int), ("pad2", ctypes.c_uint32 * 3), ("writer", ctypes.c_void_p),
                ("custom_ptr", ctypes.c_void_p), ("spare", ctypes.c_byte * 256)]


class MemoryWriter(ctypes.Structure):
    _fields_ = [("mem", ctypes.c_void_p), ("size", ctypes.c_size_t), ("max_size", ctypes.c_size_t), ("pad", ctypes.c_uint32)]


LIBRARY = ctypes.CDLL("libwebp.so.7")
ABI = 0x020F


def encode(image, **options):
    """A WebP file of a picture, all of the encoder's settings at their defaults unless given."""
    config = Config()
    assert LIBRARY.WebPConfigInitInternal(ctypes.byref(config), 0, ctypes.c_float(75), ABI)
    level = options.pop("level", None)
    if level is not None:
        assert LIBRARY.WebPConfigLosslessPreset(ctypes.byref(config), level)
    for name, value in options.items():
        setattr(config, name, value)
    picture = Picture()
    assert LIBRARY.WebPPictureInitInternal(ctypes.byref(picture), ABI)
    picture.use_argb = int(bool(config.lossless) or config.use_sharp_yuv)
    picture.width, picture.height = image.size
    data = image.tobytes()
    channels = len(image.mode)
    load = LIBRARY.WebPPictureImportRGBA if channels == 4 else LIBRARY.WebPPictureImportRGB
    assert load(ctypes.byref(picture), data, image.width * channels)
    writer = MemoryWriter()
    LIBRARY.WebPMemoryWriterInit(ctypes.byref(writer))
    picture.writer = ctypes.cast(LIBRARY.WebPMemoryWrite, ctypes.c_void_p)
    picture.custom_ptr = ctypes.addressof(writer)
    assert LIBRARY.WebPEncode(ctypes.byref(config), ctypes.byref(picture)), options
    file = ctypes.string_at(writer.mem, writer.size)
    LIBRARY.WebPMemoryWriterClear(ctypes.byref(writer))
    LIBRARY.WebPPictureFree(ctypes.byref(picture))
    return file


# ---- containers

def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunks_of(file):
    """(name, body) of a file's chunks but VP8X."""
    position, found = 12, []
    while position < len(file):
        name, length = file[position:position + 4], struct.unpack("<I", file[position + 4:position + 8])[0]
        if name != b"VP8X":
            found.append((name, file[position + 8:position + 8 + length]))
        position += 8 + length + (length & 1)
    return found


def image_chunks(file):
    return b"".join(chunk(name, body) for name, body in chunks_of(file))


def uint24(value):
    return struct.pack("<I", value)[:3]


def extended(flags, width, height):
    return chunk(b"VP8X", bytes([flags, 0, 0, 0]) + uint24(width - 1) + uint24(height - 1))


def animation_frame(file, x, y, width, height, flags=0):
    return chunk(b"ANMF", uint24(x // 2) + uint24(y // 2) + uint24(width - 1) + uint24(height - 1) + uint24(100) + bytes([flags])
                 + image_chunks(file))


ANIM = chunk(b"ANIM", b"\x10\x20\x30\xff\0\0")
ALPHA, ANIMATED, EXIF = 0x10, 0x02, 0x08


def exif(orientation, order="<"):
    return ((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0))


# ---- pictures

def photograph(rng, width, height):
    """Smooth colours, an edge, noise and a few lines, so that all modes of prediction and all coefficients occur."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    noise = np.random.default_rng(rng.randrange(1 << 30))
    planes = []
    for _ in range(3):
        plane = 128 + 120 * np.sin(rng.uniform(0.01, 0.3) * x + rng.uniform(0.01, 0.3) * y + rng.uniform(0, 6.28))
        plane += rng.choice([0, 2, 10, 60]) * noise.standard_normal((height, width)) * (x > rng.uniform(0, 1) * width)
        planes.append(plane)
    planes = np.stack(planes, 2)
    planes[int(rng.uniform(0, 1) * height):, int(rng.uniform(0.2, 0.8) * width):] = [rng.randrange(256) for _ in range(3)]
    for _ in range(rng.randrange(6)):
        k = rng.randrange(1, 4)
        planes[(x * k + y * rng.choice([-2, -1, 1, 2]) + rng.randrange(width + height)).astype(int) % max(width, 5) < 2] = rng.randrange(256)
    return Image.fromarray(np.clip(planes, 0, 255).astype(np.uint8), "RGB")


def with_alpha(rng, image):
    width, height = image.size
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    kind = rng.randrange(4)
    if kind == 0:
        alpha = 255 * (((x - width / 2) ** 2 + (y - height / 2) ** 2) < (min(width, height) / 2.5) ** 2)
    elif kind == 1:
        alpha = 255 * x / max(width - 1, 1)
    elif kind == 2:
        alpha = 128 + 127 * np.sin(x / 5) * np.cos(y / 7)
    else:
        alpha = np.random.default_rng(rng.randrange(1 << 30)).integers(0, 256, (height, width))
    image = image.copy()
    image.putalpha(Image.fromarray(np.clip(alpha, 0, 255).astype(np.uint8), "L"))
    return image


def few_colors(rng, width, height, colors, alpha=False):
    palette = [tuple(rng.randrange(256) for _ in range(4 if alpha else 3)) for _ in range(colors)]
    image = Image.new("RGBA" if alpha else "RGB", (width, height))
    image.putdata([palette[(i + (i // 7) * rng.randrange(2)) % colors if rng.random() < 0.7 else rng.randrange(colors)]
                   for i in range(width * height)])
    return image


class Pictures:
    def __init__(self):
        self.files = {}
        self.entries = {}

    def add(self, name, data):
        assert name not in self.files, name
        image = Image.open(io.BytesIO(data))
        orientation = image.getexif().get(0x0112, 1)
        image.load()
        self.files[name] = data
        self.entries[name] = dict(
            file=name + ".webp", mode=MODES[image.mode], width=image.width, height=image.height, pixels_sha256=sha(image.tobytes()),
            rgb_sha256=sha(image.convert("RGB").tobytes()), orientation=orientation)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def add_lossy(pictures, rng):
    pictures.add("lossy-default", encode(photograph(rng, 80, 60)))
    pictures.add("lossy-odd", encode(photograph(rng, 51, 37), quality=60, method=6))
    pictures.add("lossy-1x1", encode(photograph(rng, 1, 1)))
    pictures.add("lossy-segments", encode(photograph(rng, 90, 70), quality=30, segments=4, sns_strength=100, method=5))
    pictures.add("lossy-blocks", encode(photograph(rng, 64, 64), quality=95, method=6))
    pictures.add("lossy-smooth", encode(photograph(rng, 64, 48), quality=10, filter_strength=100, filter_sharpness=0))
    pictures.add("lossy-lowest", encode(photograph(rng, 70, 50), quality=0, method=0))
    pictures.add("lossy-simple-filter", encode(photograph(rng, 70, 50), quality=20, filter_type=0, filter_strength=80))
    for log in range(4):
        pictures.add(f"lossy-partitions-{1 << log}", encode(photograph(rng, 60, 180), partitions=log, low_memory=log % 2, quality=50))
    for i, width in enumerate(SMALL_SIZES):
        for j, height in enumerate(SMALL_SIZES):
            pictures.add(f"lossy-size-{width}x{height}",
                         encode(photograph(rng, width, height), quality=rng.randrange(101), method=(i + j) % 7))
    for method in range(7):
        for quality in 0, 5, 20, 40, 60, 75, 90, 97, 100:
            size = rng.randrange(20, 140), rng.randrange(20, 140)
            pictures.add(f"lossy-method-{method}-quality-{quality}", encode(
                photograph(rng, *size), method=method, quality=quality, partitions=rng.randrange(4), segments=rng.randrange(1, 5),
                sns_strength=rng.randrange(101), filter_strength=rng.choice([0, 20, 60, 100]), filter_sharpness=rng.randrange(8),
                filter_type=rng.randrange(2), passes=rng.randrange(1, 4), preprocessing=rng.randrange(3),
                use_sharp_yuv=rng.randrange(2), partition_limit=rng.choice([0, 0, 50, 100])))
    for sharpness in range(8):
        for filter_type in 0, 1:
            for strength in 10, 35, 70, 100:
                pictures.add(f"lossy-filter-{filter_type}-{sharpness}-{strength}", encode(
                    photograph(rng, rng.randrange(30, 90), rng.randrange(30, 90)), quality=rng.randrange(60),
                    filter_type=filter_type, filter_sharpness=sharpness, filter_strength=strength))
    for i in range(12):
        pictures.add(f"lossy-auto-filter-{i}", encode(
            photograph(rng, 60 + i, 60), autofilter=1, quality=8 * i, emulate_jpeg_size=i % 2, target_size=600 * (i % 3), passes=4))
    for i, size in enumerate([(640, 480), (333, 500), (1024, 17), (17, 1024), (515, 513), (257, 255)]):
        pictures.add(f"lossy-large-{i}", encode(photograph(rng, *size), quality=30 + 12 * i, partitions=i % 4, method=i))


def add_alpha(pictures, rng):
    pictures.add("alpha-raw-gradient", encode(with_alpha(rng, photograph(rng, 25, 20)), alpha_compression=0, alpha_filtering=2, method=6))
    pictures.add("alpha-lossless", encode(with_alpha(rng, photograph(rng, 45, 30))))
    pictures.add("alpha-levels", encode(with_alpha(rng, photograph(rng, 45, 30)), alpha_quality=20))
    for i in range(90):
        size = (rng.choice(SMALL_SIZES), rng.choice(SMALL_SIZES)) if i % 3 == 0 else (rng.randrange(4, 120), rng.randrange(4, 120))
        pictures.add(f"alpha-{i}", encode(
            with_alpha(rng, photograph(rng, *size)), quality=rng.randrange(101), method=i % 7, alpha_compression=int(i % 5 != 0),
            alpha_filtering=i % 3, alpha_quality=rng.choice([0, 10, 50, 90, 100, 100]), exact=i % 2))


def add_lossless(pictures, rng):
    pictures.add("lossless-photograph", encode(photograph(rng, 50, 40), lossless=1, level=6))
    pictures.add("lossless-groups", encode(
        Image.fromarray(np.hstack([np.asarray(photograph(rng, 60, 90)), np.asarray(few_colors(rng, 60, 90, 300))])), lossless=1, level=9))
    pictures.add("lossless-rgba", encode(with_alpha(rng, photograph(rng, 30, 30)), lossless=1, level=6, exact=1))
    pictures.add("lossless-cache", encode(few_colors(rng, 60, 50, 400), lossless=1, level=8))
    for colors in 1, 2, 3, 4, 5, 15, 16, 17, 200, 256:
        pictures.add(f"lossless-palette-{colors}", encode(few_colors(rng, 37, 23, colors), lossless=1, level=6))
        for width in 1, 2, 7, 8, 9, 33:
            pictures.add(f"lossless-palette-{colors}-width-{width}", encode(
                few_colors(rng, width, rng.randrange(1, 40), colors, alpha=rng.random() < 0.3), lossless=1, level=rng.randrange(10)))
    for level in range(10):
        for i in range(8):
            size = rng.randrange(1, 150), rng.randrange(1, 150)
            image = photograph(rng, *size)
            image = with_alpha(rng, image) if i % 3 == 2 else image
            pictures.add(f"lossless-level-{level}-{i}", encode(
                image, lossless=1, level=level, exact=i % 2, near_lossless=rng.choice([100, 100, 60, 0])))
    for width in SMALL_SIZES:
        for height in 1, 2, 16, 33:
            pictures.add(f"lossless-size-{width}x{height}", encode(photograph(rng, width, height), lossless=1, level=rng.randrange(10)))
    for i, size in enumerate([(640, 480), (301, 700), (1500, 9), (9, 1500)]):
        pictures.add(f"lossless-large-{i}", encode(photograph(rng, *size), lossless=1, level=3 + 2 * i))
    screen = few_colors(rng, 400, 300, 900).resize((800, 600), Image.NEAREST)
    pictures.add("lossless-large-copies", encode(screen, lossless=1, level=6))


def add_containers(pictures, rng):
    lossy = encode(photograph(rng, 24, 16), quality=40)
    lossless = encode(few_colors(rng, 24, 16, 9), lossless=1)
    alpha = encode(with_alpha(rng, photograph(rng, 24, 16)), quality=40)
    for orientation in range(1, 9):
        for name, body in (("", exif(orientation)), ("big-endian-", exif(orientation, ">")), ("prefix-", b"Exif\0\0" + exif(orientation))):
            file = (lossy, lossless)[orientation % 2]
            pictures.add(f"exif-{name}{orientation}", riff(extended(EXIF, 24, 16), image_chunks(file), chunk(b"EXIF", body)))
    pictures.add("exif-before", riff(extended(EXIF, 24, 16), chunk(b"EXIF", exif(5)), image_chunks(lossy)))
    pictures.add("exif-twice", riff(extended(EXIF, 24, 16), chunk(b"EXIF", exif(5)), image_chunks(lossy), chunk(b"EXIF", exif(3))))
    pictures.add("exif-flag-missing", riff(extended(0, 24, 16), image_chunks(lossy), chunk(b"EXIF", exif(6))))
    unknown = chunk(b"ABCD", b"odd")
    pictures.add("extended-unknown-chunks", riff(extended(ALPHA, 24, 16), unknown, image_chunks(alpha), unknown))
    pictures.add("extended-lossless-flag", riff(extended(ALPHA, 24, 16), image_chunks(lossless)))
    pictures.add("alpha-flag-alone", riff(extended(ALPHA, 24, 16), image_chunks(lossy)))
    pictures.add("alpha-flag-missing", riff(extended(0, 24, 16), image_chunks(alpha)))
    pictures.add("trailing-garbage", lossy + b"garbage")
    pictures.add("simple-trailing-chunk", riff(image_chunks(lossy), unknown))
    pictures.add("flags-reserved", riff(chunk(b"VP8X", bytes([0, 7, 7, 7]) + uint24(23) + uint24(15)), image_chunks(lossy)))
    rgba = encode(with_alpha(rng, photograph(rng, 24, 16)), lossless=1, exact=1)
    pictures.add("extended-rgba", riff(extended(0, 24, 16), image_chunks(rgba)))


def add_animations(pictures, rng):
    def still(width, height, i):
        image = photograph(rng, width, height)
        return encode(with_alpha(rng, image) if i & 1 else image, lossless=int(i & 2 > 0), quality=60, exact=1)
    second = still(10, 10, 0)
    for i in range(32):
        width, height = rng.randrange(1, 40), rng.randrange(1, 40)
        x, y = 2 * rng.randrange(10), 2 * rng.randrange(10)
        right, bottom = rng.choice([0, 0, 5]), rng.choice([0, 0, 9])
        canvas = max(x + width + right, 10), max(y + height + bottom, 10)
        name = {0: "animation-offset", 2: "animation-lossless"}.get(i, f"animation-{i}")
        pictures.add(name, riff(
            extended(ANIMATED | (ALPHA if i & 4 else 0) | (EXIF if i == 9 else 0), *canvas), ANIM,
            animation_frame(still(width, height, i), x, y, width, height, flags=i >> 3 & 3), animation_frame(second, 0, 0, 10, 10),
            *([chunk(b"EXIF", exif(7))] if i == 9 else [])))
    for i in range(10):
        frames = [with_alpha(rng, photograph(rng, 40, 30)) if i % 2 else photograph(rng, 40, 30) for _ in range(3)]
        out = io.BytesIO()
        frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=i % 3 == 0, allow_mixed=i % 3 == 1, minimize_size=i > 5)
        pictures.add(f"animation-pillow-{i}", out.getvalue())


def write(folder, list_name, pictures, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / (name + ".webp")).write_bytes(pictures.files[name])
    lines = ",\n  ".join(json.dumps(pictures.entries[name]) for name in names)
    (folder / list_name).write_text(f"[\n  {lines}\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--small", type=pathlib.Path)
    arguments = parser.parse_args()
    pictures = Pictures()
    for i, add in enumerate((add_lossy, add_alpha, add_lossless, add_containers, add_animations)):
        add(pictures, random.Random(SEED + i))
    write(arguments.out / "webp", "manifest.json", pictures, list(pictures.files))
    if arguments.small:
        write(arguments.small / "webp", "checksums.json", pictures, COMMITTED)
    print(len(pictures.files), "files")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes JPEG files of every kind and, for each, what Pillow decodes from it.

    make_jpeg.py OUTPUT [--tools DIRECTORY] [--samples DIRECTORY]

OUTPUT receives the files and manifest.json: {file, width, height, mode, orientation, sha256 of the pixels} of each.
PURECLIP_PICTURES=OUTPUT then lets JpegOracleTests compare the decoder with it. --samples writes the few small ones that are
committed, with checksums.json, to tests/data/pictures/jpeg.

Pillow writes what it can; cjpeg and jpegtran (libjpeg-turbo-progs, looked up in --tools or on PATH) the rest: arbitrary
sampling factors, scan scripts, restart intervals. Made with Pillow 9.4.0 and libjpeg-turbo 2.1.5; other versions of
libjpeg-turbo before 2.1 upsample 4:4:0 differently.
"""
import argparse
import hashlib
import io
import json
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile

import numpy as np
from PIL import Image

SEED = 20240607


def picture(rng, width, height, channels):
    """Smooth colours, some edges and some noise, so that all coefficients occur."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for _ in range(channels):
        fx, fy, phase = rng.uniform(0.02, 0.5), rng.uniform(0.02, 0.5), rng.uniform(0, 6.28)
        plane = 128 + 120 * np.sin(fx * x + fy * y + phase)
        plane += rng.choice([0, 0, 10, 60]) * np.array(
            [[rng.gauss(0, 1) for _ in range(width)] for _ in range(height)]) if width * height < 9000 else 0
        edge = rng.uniform(0.2, 0.8) * width
        plane[:, int(edge):] = 255 - plane[:, int(edge):]
        planes.append(np.clip(plane, 0, 255).astype(np.uint8))
    return np.stack(planes, 2) if channels > 1 else planes[0]


class Writer:
    def __init__(self, output, tools):
        self.output = output
        self.tools = tools
        self.rng = random.Random(SEED)
        self.entries = []

    def add(self, name, data):
        image = Image.open(io.BytesIO(data))
        orientation = image.getexif().get(0x0112, 1)
        image.load()
        (self.output / name).write_bytes(data)
        self.entries.append({
            "file": name, "width": image.width, "height": image.height, "mode": image.mode,
            "orientation": orientation, "sha256": hashlib.sha256(image.tobytes()).hexdigest()})

    def size(self, largest=70):
        return self.rng.randint(1, largest), self.rng.randint(1, largest)

    def image(self, mode, width, height):
        channels = {"L": 1, "RGB": 3, "CMYK": 4, "YCbCr": 3}[mode]
        return Image.fromarray(picture(self.rng, width, height, channels), mode)

    def pillow(self, image, **options):
        stream = io.BytesIO()
        image.save(stream, "JPEG", **options)
        return stream.getvalue()

    def run(self, tool, *arguments, data):
        return subprocess.run([str(self.tools / tool) if self.tools else tool, *arguments],
                              input=data, stdout=subprocess.PIPE, check=True).stdout

    def cjpeg(self, image, *arguments):
        stream = io.BytesIO()
        image.save(stream, "PPM")
        return self.run("cjpeg", *arguments, data=stream.getvalue())

    def scans(self, script):
        file = tempfile.NamedTemporaryFile("w", suffix=".scans", delete=False)
        file.write(script)
        file.close()
        return file.name


def with_pillow(w):
    for i in range(150):
        mode = w.rng.choice(["RGB", "RGB", "RGB", "L", "CMYK", "YCbCr"])
        options = {"quality": w.rng.randint(5, 100), "subsampling": i % 3,
                   "progressive": i % 4 == 3, "optimize": i % 5 == 4}
        w.add(f"pillow_{i:03}_{mode}.jpg", w.pillow(w.image(mode, *w.size()), **options))
    for i, (width, height) in enumerate([(640, 480), (333, 500), (1024, 17), (17, 1024), (515, 513), (256, 256)]):
        for progressive in (False, True):
            w.add(f"large_{i}_{'progressive' if progressive else 'baseline'}.jpg",
                  w.pillow(w.image("RGB", width, height), quality=60 + 7 * i, subsampling=i % 3, progressive=progressive))
    for n in range(1, 9):  # every narrow width and height at every subsampling
        for subsampling in range(3):
            w.add(f"narrow_{n}_{subsampling}.jpg", w.pillow(w.image("RGB", n, 9 - n), quality=90, subsampling=subsampling))
            w.add(f"thin_{n}_{subsampling}.jpg", w.pillow(w.image("RGB", 40, n), quality=90, subsampling=subsampling))
    for orientation in range(1, 9):
        for order in (b"II", b"MM"):
            exif = Image.Exif()
            exif[0x0112] = orientation
            exif[0x010F] = "camera"
            exif.endian = "<" if order == b"II" else ">"
            w.add(f"exif_{orientation}_{order.decode()}.jpg", w.pillow(w.image("RGB", 13, 9), exif=exif.tobytes()))


SAMPLINGS = ["1x1,1x1,1x1", "2x1,1x1,1x1", "2x2,1x1,1x1", "1x2,1x1,1x1", "4x1,1x1,1x1", "1x4,1x1,1x1", "4x2,1x1,1x1",
             "2x4,1x1,1x1", "3x1,1x1,1x1", "1x3,1x1,1x1", "3x2,1x1,1x1", "2x2,2x1,1x2", "2x2,1x2,2x1", "1x1,2x2,1x1",
             "1x1,2x1,2x1", "1x1,1x2,1x1", "1x2,2x1,1x1", "2x2,2x2,2x2", "4x1,2x1,1x1", "1x4,1x2,1x1", "2x2,1x1,2x2",
             "1x1,1x1,2x2", "1x1,4x1,2x1", "2x4,1x2,1x1", "4x2,2x1,1x1", "1x1,1x1,4x2", "3x3,1x1,1x1", "2x1,2x1,1x1"]


def with_tools(w):
    sequential = w.scans("0;\n1;\n2;\n")
    pairs = w.scans("0 1: 0-63, 0, 0;\n2: 0-63, 0, 0;\n")
    spectral = w.scans("0,1,2: 0-0, 0, 0;\n0: 1-9, 0, 0;\n2: 1-63, 0, 0;\n1: 1-63, 0, 0;\n0: 10-63, 0, 0;\n")
    deep = w.scans("0 1 2: 0 0 0 3;\n0: 1 63 0 3;\n1: 1 63 0 2;\n2: 1 63 0 4;\n0 1 2: 0 0 3 2;\n0: 1 20 3 2;\n"
                   "0 1 2: 0 0 2 1;\n0: 21 63 3 2;\n0: 1 63 2 1;\n2: 1 63 4 3;\n2: 1 63 3 2;\n0: 1 63 1 0;\n1: 1 63 2 1;\n"
                   "2: 1 63 2 1;\n0 1 2: 0 0 1 0;\n1: 1 63 1 0;\n2: 1 63 1 0;\n")
    variants = [[], ["-progressive"], ["-restart", "1"], ["-restart", "3B", "-optimize"],
                ["-progressive", "-restart", "2B"], ["-scans", sequential], ["-scans", pairs],
                ["-scans", spectral], ["-scans", deep], ["-scans", deep, "-restart", "1"],
                ["-scans", sequential, "-restart", "5B"]]
    for i, sampling in enumerate(SAMPLINGS):
        chosen = variants[:3] + [variants[3 + (i + k) % 8] for k in (0, 3, 5)]
        blocks = sum(int(f[0]) * int(f[2]) for f in sampling.split(","))
        for j, variant in enumerate(chosen if blocks <= 10 else [variants[5], variants[10]]):  # 10: the most an MCU holds
            quality = str(w.rng.randint(10, 100))
            w.add(f"sampling_{sampling.replace(',', '_')}_{j}.jpg",
                  w.cjpeg(w.image("RGB", *w.size(90)), "-quality", quality, "-sample", sampling, *variant))
    # Complete files that leave out some bits for good: libjpeg estimates them ("block smoothing").
    incomplete = ["0 1 2: 0 0 0 0;\n", "0 1 2: 0 0 0 2;\n", "0 1 2: 0 0 0 0;\n0: 1 5 0 0;\n", "0 1 2: 0 0 0 0;\n0: 1 8 0 0;\n",
                  "0 1 2: 0 0 0 0;\n0: 1 20 0 0;\n1: 1 20 0 0;\n2: 1 20 0 0;\n",
                  "0 1 2: 0 0 0 0;\n0: 1 63 0 1;\n1: 1 63 0 2;\n2: 1 63 0 0;\n",
                  "0 1 2: 0 0 0 1;\n0: 1 63 0 3;\n0: 1 63 3 2;\n1: 1 63 0 2;\n", "0: 0 0 0 0;\n1: 0 0 0 0;\n2: 0 0 0 0;\n"]
    for i, script in enumerate(incomplete):
        for j, sampling in enumerate(["1x1,1x1,1x1", "2x1,1x1,1x1", "2x2,1x1,1x1", "1x2,1x1,1x1", "4x2,1x1,1x1", "1x4,1x2,1x1"]):
            w.add(f"incomplete_{i}_{j}.jpg", w.cjpeg(w.image("RGB", *w.size(130)), "-quality", str(w.rng.randint(20, 98)),
                                                     "-sample", sampling, "-scans", w.scans(script)))
    for i in range(12):
        w.add(f"grey_{i}.jpg", w.cjpeg(w.image("L", *w.size()), "-sample", f"{i % 4 + 1}x{i // 3 + 1}",
                                       *([["-progressive"], ["-restart", "1B"], []][i % 3])))
        w.add(f"rgb_{i}.jpg", w.cjpeg(w.image("RGB", *w.size()), "-rgb", *([["-progressive"], []][i % 2])))
        w.add(f"quantised_16_bit_{i}.jpg", w.cjpeg(w.image("RGB", *w.size()), "-quality", str(1 + i // 2),
                                                   *([["-progressive"], []][i % 2])))
    w.add("large_restart.jpg", w.cjpeg(w.image("RGB", 700, 300), "-restart", "7B", "-quality", "85"))


def segments(data):
    """(marker, offset, length with marker) of each segment up to the first scan's header."""
    position = 2
    while True:
        length = struct.unpack(">H", data[position + 2:position + 4])[0] + 2
        yield data[position + 1], position, length
        if data[position + 1] == 0xDA:
            return
        position += length


def without(data, markers):
    for marker, position, length in reversed(list(segments(data))):
        if marker in markers:
            data = data[:position] + data[position + length:]
    return data


def adobe(transform):
    return b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])


def renumbered(data, ids):
    data = bytearray(data)
    for marker, position, length in segments(bytes(data)):
        for i, number in enumerate(ids):
            if marker in (0xC0, 0xC1, 0xC2):
                data[position + 10 + 3 * i] = number
            elif marker == 0xDA:
                data[position + 5 + 2 * i] = number
    return bytes(data)


def edited(w):
    for i in range(4):
        base = w.pillow(w.image("RGB", *w.size()), quality=80, subsampling=i % 3)
        bare = without(base, {0xE0})
        w.add(f"edited_{i}_no_jfif.jpg", bare)
        w.add(f"edited_{i}_adobe_rgb.jpg", bare[:2] + adobe(0) + bare[2:])
        w.add(f"edited_{i}_adobe_ycc.jpg", bare[:2] + adobe(1) + bare[2:])
        w.add(f"edited_{i}_adobe_and_jfif.jpg", base[:2] + adobe(0) + base[2:])
        w.add(f"edited_{i}_ids_rgb.jpg", renumbered(bare, b"RGB"))
        w.add(f"edited_{i}_ids_rgb_jfif.jpg", renumbered(base, b"RGB"))
        w.add(f"edited_{i}_ids_zero.jpg", renumbered(bare, b"\0\1\2"))
        w.add(f"edited_{i}_no_tables.jpg", without(base, {0xC4}))
        w.add(f"edited_{i}_garbage.jpg", base + bytes(w.rng.randrange(256) for _ in range(100)))
        w.add(f"edited_{i}_fill_bytes.jpg", base[:2] + b"\xff\xff" + base[2:-2] + b"\xff\xff" + base[-2:])
        w.add(f"edited_{i}_comment.jpg", base[:2] + b"\xff\xfe\x00\x06abcd" + base[2:])
        cmyk = w.pillow(w.image("CMYK", *w.size()), quality=80, progressive=i % 2 == 1)
        bare = without(cmyk, {0xEE})
        w.add(f"edited_{i}_cmyk_bare.jpg", bare)
        w.add(f"edited_{i}_ycck.jpg", bare[:2] + adobe(2) + bare[2:])
        w.add(f"edited_{i}_ycck_unknown.jpg", bare[:2] + adobe(1) + bare[2:])


SAMPLES = {  # one small file of each kind
    "baseline_420.jpg": "sampling_2x2_1x1_1x1_0.jpg", "baseline_422.jpg": "sampling_2x1_1x1_1x1_0.jpg",
    "progressive_444.jpg": "sampling_1x1_1x1_1x1_1.jpg", "restart_411.jpg": "sampling_4x1_1x1_1x1_2.jpg",
    "progressive_440.jpg": "sampling_1x2_1x1_1x1_1.jpg", "sequential_scans_410.jpg": "sampling_4x2_1x1_1x1_4.jpg",
    "luma_subsampled.jpg": "sampling_1x1_2x2_1x1_0.jpg", "successive_restart.jpg": "sampling_2x2_2x1_1x2_4.jpg",
    "narrow.jpg": "narrow_3_2.jpg", "grey_2x2.jpg": "grey_5.jpg", "cmyk.jpg": "edited_0_cmyk_bare.jpg",
    "ycck_progressive.jpg": "edited_1_ycck.jpg", "rgb_ids.jpg": "edited_0_ids_rgb.jpg",
    "exif_orientation_6.jpg": "exif_6_MM.jpg", "quantised_16_bit.jpg": "quantised_16_bit_1.jpg",
    "standard_tables_left_out.jpg": "edited_1_no_tables.jpg",
    "incomplete_dc_alone.jpg": "incomplete_0_2.jpg", "incomplete_low_bits.jpg": "incomplete_5_3.jpg"}


def copy_samples(w, target):
    target.mkdir(parents=True, exist_ok=True)
    entries = {entry["file"]: entry for entry in w.entries}
    chosen = []
    for name, source in SAMPLES.items():
        shutil.copyfile(w.output / source, target / name)
        chosen.append({**entries[source], "file": name})
    (target / "checksums.json").write_text(json.dumps(chosen, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--tools", type=pathlib.Path)
    parser.add_argument("--samples", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    w = Writer(arguments.output, arguments.tools)
    with_pillow(w)
    if arguments.tools or shutil.which("cjpeg"):
        with_tools(w)
    else:
        print("cjpeg not found: no unusual sampling factors, scan scripts or restart markers")
    edited(w)
    (arguments.output / "manifest.json").write_text(json.dumps(w.entries, indent=1) + "\n")
    if arguments.samples:
        copy_samples(w, arguments.samples)
    print(len(w.entries), "files")


if __name__ == "__main__":
    main()

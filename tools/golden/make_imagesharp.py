#!/usr/bin/env python3
"""Writes pictures in the formats that PureClip.ImageSharp reads, and for each what Pillow shows of it.

They go to tests/data/pictures/tif, tga and ppm, with tests/data/pictures/imagesharp.json: {file, kind, width, height, sha256 of the pixels,
turned as TIFF's orientation says, as RGB, answer} of each. `answer` is what ImageSharp 2.1.13 makes of it: "equal", "differs" or "refused";
the kinds of the two latter are rows of the table in src/PureClip.ImageSharp/README.md. Made with Pillow 9.4.0 and libtiff 4.5.0.
"""
import hashlib, json, pathlib, struct

import numpy as np
from PIL import Image

SEED = 20261130
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests/data/pictures"
entries = []


def pixels(width, height, channels):
    rng = np.random.default_rng(SEED + width + channels)
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 100 * np.sin(x / (5 + c) + y / (7 - c)) + rng.integers(-20, 21, x.shape) for c in range(channels)]
    return np.stack(planes, 2).clip(0, 255).astype(np.uint8)


def picture(mode, width=33, height=17):
    if mode == "1":
        return Image.fromarray(pixels(width, height, 1)[..., 0] > 128)
    if mode == "P":
        return Image.fromarray(pixels(width, height, 3)).quantize(120)
    if mode == "I;16":
        return Image.fromarray(pixels(width, height, 1)[..., 0].astype(np.uint16) * 257)
    if mode == "I":
        return Image.fromarray(pixels(width, height, 1)[..., 0].astype(np.int32))
    if mode == "F":
        return Image.fromarray(pixels(width, height, 1)[..., 0].astype(np.float32))
    bands = [Image.fromarray(band) for band in pixels(width, height, 4).transpose(2, 0, 1)]
    return Image.merge(mode, bands[:len(Image.new(mode, (1, 1)).getbands())]) if mode != "L" else bands[0]


def note(name, kind, answer):
    image = Image.open(FOLDER / name)
    image.load()  # turns TIFF by itself
    rgb = np.asarray(image.convert("RGB"))
    entries.append({"file": name, "kind": kind, "width": rgb.shape[1], "height": rgb.shape[0],
                    "sha256": hashlib.sha256(rgb.tobytes()).hexdigest(), "answer": answer})


def save(name, kind, answer, image, **options):
    (FOLDER / name).parent.mkdir(exist_ok=True)
    image.save(FOLDER / name, **options)
    note(name, kind, answer)


def write(name, kind, answer, data):
    (FOLDER / name).parent.mkdir(exist_ok=True)
    (FOLDER / name).write_bytes(data)
    note(name, kind, answer)


def tiffs():
    packings = {"none": None, "packbits": "packbits", "lzw": "tiff_lzw", "deflate": "tiff_adobe_deflate"}
    for mode in ("L", "RGB", "RGBA"):
        for name, compression in packings.items():
            save(f"tif/{mode.lower()}-{name}.tif", f"{mode}", "equal", picture(mode), compression=compression)
    save("tif/1-packbits.tif", "black and white", "equal", picture("1"), compression="packbits")
    for fax in ("group3", "group4", "tiff_ccitt"):
        for photometric in (0, 1):
            save(f"tif/1-{fax}-{photometric}.tif", "fax", "equal", picture("1"), compression=fax, tiffinfo={262: photometric})
    for orientation in range(1, 9):
        save(f"tif/orientation-{orientation}.tif", "orientation", "equal", picture("RGB"), tiffinfo={274: orientation}, compression="tiff_lzw")
    save("tif/predictor.tif", "predictor", "equal", picture("RGB"), compression="tiff_lzw", tiffinfo={317: 2})
    save("tif/strips.tif", "strips", "equal", picture("RGB"), compression="tiff_lzw", tiffinfo={278: 3})
    save("tif/pages.tif", "pages of one size", "equal", picture("RGB"), save_all=True, append_images=[picture("RGB")])
    for bits in (1, 2, 4, 8):
        for order in "<>":
            data = np.random.default_rng(bits).integers(0, 256, 7 * ((33 * bits + 7) // 8), dtype=np.uint8).tobytes()
            write(f"tif/bits-{bits}-{'le' if order == '<' else 'be'}.tif", f"grey of {bits} bits", "equal", grey(33, 7, bits, data, order))
    save("tif/palette.tif", "Palettes", "differs", picture("P"), compression="tiff_lzw")
    save("tif/jpeg.tif", "JPEG in TIFF", "differs", picture("RGB", 64, 48), compression="jpeg")
    save("tif/rgba-jpeg.tif", "JPEG in TIFF with alpha", "differs", picture("RGBA"), compression="jpeg")
    save("tif/grey16.tif", "Grey of 16 bits", "differs", picture("I;16"), compression="tiff_lzw")
    save("tif/float.tif", "Floating point", "differs", picture("F"), compression="tiff_lzw")
    save("tif/signed.tif", "Signed samples", "refused", picture("I"), compression="tiff_lzw")
    save("tif/1-none.tif", "No BitsPerSample", "refused", picture("1"))
    save("tif/la.tif", "Grey with alpha", "refused", picture("LA"), compression="tiff_lzw")
    save("tif/cmyk.tif", "CMYK", "refused", picture("CMYK"), compression="tiff_lzw")
    save("tif/lab.tif", "CIELab", "refused", Image.merge("LAB", picture("RGB").split()), compression="tiff_lzw")
    save("tif/lzma.tif", "LZMA, Zstandard, WebP", "refused", picture("RGB"), compression="lzma")
    write("tif/tiles.tif", "Tiles", "refused", tiles())


def directory(entries, order, at=8):
    data = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in sorted(entries):
        data += struct.pack(order + "HHI", tag, kind, count)
        data += struct.pack(order + "HH", value, 0) if kind == 3 else struct.pack(order + "I", value)
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", at) + data + struct.pack(order + "I", 0)


def grey(width, height, bits, data, order):
    entries = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 0), (277, 3, 1, 1),
               (278, 3, 1, height), (279, 4, 1, len(data))]
    start = len(directory(entries, order))
    return directory([(t, k, c, start if t == 273 else v) for t, k, c, v in entries], order) + data


def tiles():
    data = pixels(16, 16, 1).tobytes()
    entries = [(256, 3, 1, 16), (257, 3, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1), (322, 3, 1, 16),
               (323, 3, 1, 16), (324, 4, 1, 0), (325, 4, 1, len(data))]
    start = len(directory(entries, "<"))
    return directory([(t, k, c, start if t == 324 else v) for t, k, c, v in entries], "<") + data


def tgas():
    for mode in ("L", "LA", "P", "RGB", "RGBA"):
        for compression in (None, "tga_rle"):
            for orientation in (1, -1):
                name = f"tga/{mode.lower()}-{'rle' if compression else 'raw'}-{'top' if orientation == -1 else 'bottom'}.tga"
                save(name, mode, "equal", picture(mode), compression=compression, orientation=orientation)
    words = np.random.default_rng(SEED).integers(0, 1 << 15, 13 * 9, dtype=np.uint16)
    write("tga/rgb555.tga", "TGA of 15 and 16 bits", "differs", struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, 13, 9, 16, 0) + words.tobytes())


def netpbms():
    for mode in ("1", "L", "RGB"):
        save(f"ppm/{mode.lower()}.ppm", f"P{' 1LR'.index(mode[0]) + 3}", "equal", picture(mode), format="PPM")
    grey, colours = pixels(7, 5, 1)[..., 0], pixels(7, 5, 3)
    text = "\n".join(" ".join(map(str, row)) for row in colours.reshape(5, -1))
    write("ppm/text-rgb.ppm", "P3", "equal", f"P3\n# a comment\n7 5\n255\n{text}\n".encode())
    write("ppm/text-grey.ppm", "P2", "equal", ("P2 7 5 255\n" + "\n".join(" ".join(map(str, row)) for row in grey) + "\n").encode())
    bits = (grey > 128).astype(int)
    write("ppm/text-bits.ppm", "P1", "equal", ("P1\n7 5\n" + "\n".join(" ".join(map(str, row)) for row in bits) + "\n").encode())
    write("ppm/text-bits-close.ppm", "P1 without blanks", "differs", ("P1\n7 5\n" + "\n".join("".join(map(str, row)) for row in bits) + "\n").encode())
    write("ppm/max-100.ppm", "PGM and PPM whose largest value is not 255", "differs", b"P5 7 5 100\n" + np.minimum(grey, 100).tobytes())
    write("ppm/rgb16.ppm", "PPM of 16 bits", "equal", b"P6 7 5 65535\n" + (colours.astype(">u2") * 257).tobytes())
    write("ppm/grey16.ppm", "PGM of 16 bits", "differs", b"P5 7 5 65535\n" + (grey.astype(">u2") * 257).tobytes())


tiffs()
tgas()
netpbms()
(FOLDER / "imagesharp.json").write_text(json.dumps(entries, indent=1) + "\n")
print(len(entries), "files")

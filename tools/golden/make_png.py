#!/usr/bin/env python3
"""Writes PNG and BMP pictures of every kind, and what Pillow decodes them to.

    make_png.py OUT                 all pictures, and OUT/manifest.json
    make_png.py OUT --small DATA    also the selection that is committed: DATA/png and DATA/bmp, each with checksums.json

Deterministic: the same Pillow and zlib give the same bytes. Made with Pillow 9.4.0.

The kinds that Pillow cannot write (Adam7, each filter, 16 bits, tRNS, several or empty IDAT chunks) come from the small writer below;
for these the samples are known, so that Pillow's reading of them is checked here as well.

An entry of the manifest: file, mode (PureClip's PixelMode), width, height, pixels_sha256 (of the bytes in that mode), rgb_sha256 (of
Pillow's convert("RGB")), orientation, and where the file declares transparency palette_alpha or transparent_color (hexadecimal).
16-bit grey is the one kind where PureClip differs from Pillow: both sums are those of the high bytes.
"""
import argparse
import hashlib
import io
import json
import os
import random
import struct
import zlib

from PIL import Image, PngImagePlugin

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
KINDS = [(GRAY, 1), (GRAY, 2), (GRAY, 4), (GRAY, 8), (GRAY, 16), (RGB, 8), (RGB, 16), (PALETTE, 1), (PALETTE, 2), (PALETTE, 4),
         (PALETTE, 8), (GRAY_ALPHA, 8), (GRAY_ALPHA, 16), (RGBA, 8), (RGBA, 16)]
NAMES = {GRAY: "gray", RGB: "rgb", PALETTE: "palette", GRAY_ALPHA: "grayalpha", RGBA: "rgba"}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
MODES = {"1": "Bilevel", "L": "Gray", "LA": "GrayAlpha", "RGB": "Rgb", "RGBA": "Rgba", "P": "Palette"}
COMMITTED = {
    "png": ["gray1-adam7-mixed", "gray2-trns", "gray4-plain-mixed", "gray16-plain-mixed", "rgb8-plain-4", "rgb8-adam7-mixed",
            "rgb16-adam7-mixed", "palette4-beyond", "palette8-trns", "grayalpha8-adam7-mixed", "grayalpha16-plain-mixed",
            "rgba8-idat-each-byte", "rgb8-exif-6", "pillow-rgba"],
    "bmp": ["bottom-up-24", "top-down-32", "masks-bgra", "palette-4"],
}


# ---- PNG writer

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) & 0xFFFFFFFF)


def header(width, height, depth, color, interlace=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))


def pack(samples, depth):
    """Samples of one scanline to bytes."""
    if depth == 16:
        return b"".join(struct.pack(">H", s) for s in samples)
    if depth == 8:
        return bytes(samples)
    bits = 0
    for s in samples:
        bits = bits << depth | s
    missing = -len(samples) * depth % 8
    return (bits << missing).to_bytes((len(samples) * depth + missing) // 8, "big")


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(kind, row, above, distance):
    out = bytearray([kind])
    for i, x in enumerate(row):
        a = row[i - distance] if i >= distance else 0
        b = above[i]
        c = above[i - distance] if i >= distance else 0
        out.append((x - (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) & 255)
    return bytes(out)


def scanlines(samples, width, height, depth, color, interlace, choose_filter):
    channels = CHANNELS[color]
    distance = max(1, channels * depth // 8)
    data = b""
    for x0, y0, dx, dy in ADAM7 if interlace else [(0, 0, 1, 1)]:
        if x0 >= width:
            continue
        above = None
        for y in range(y0, height, dy):
            row = pack([s for x in range(x0, width, dx) for s in samples[y][x]], depth)
            data += filtered(choose_filter(), row, above or bytes(len(row)), distance)
            above = row
    return data


def idat(data, sizes=None):
    """IDAT chunks of the given sizes, the rest in a last one."""
    out = b""
    for size in sizes or []:
        out += chunk(b"IDAT", data[:size])
        data = data[size:]
    return out + chunk(b"IDAT", data)


def picture(rng, width, height, depth, color):
    """Gradients with some noise: filters, and Paeth's three cases, all matter."""
    top = (1 << depth) - 1
    slopes = [(rng.uniform(-2, 2), rng.uniform(-2, 2), rng.random()) for _ in range(CHANNELS[color])]
    noise = rng.choice([0.0, 0.05, 1.0])
    return [[tuple(int(top * (((sx * x / width + sy * y / height + s0) + noise * rng.random()) % 1.0) + 0.5) for sx, sy, s0 in slopes)
             for x in range(width)] for y in range(height)]


def random_bytes(rng, count):
    return bytes(rng.randrange(256) for _ in range(count))


class Pictures:
    def __init__(self):
        self.files = {}
        self.entries = []

    def add(self, name, data, samples=None, depth=8, color=None):
        assert name not in self.files, name
        self.files[name] = data
        entry = describe(name, data, depth, color)
        if samples is not None:
            assert entry["pixels_sha256"] == sha(expected(samples, depth, color)), name
        self.entries.append(entry)

    def add_png(self, rng, name, width, height, depth, color, interlace=0, choose_filter=None, sizes=None, before=b"", after=b"",
                palette=None, level=9, tail=b""):
        samples = picture(rng, width, height, depth, color)
        choose_filter = choose_filter or (lambda: rng.randrange(5))
        data = zlib.compress(scanlines(samples, width, height, depth, color, interlace, choose_filter) + tail, level)
        if color == PALETTE:
            before = chunk(b"PLTE", random_bytes(rng, 3 << depth) if palette is None else palette) + before
        if callable(sizes):
            sizes = sizes(len(data))
        self.add(name, SIGNATURE + header(width, height, depth, color, interlace) + before + idat(data, sizes) + after
                 + chunk(b"IEND", b""), samples, depth, color)


# ---- what Pillow says

def sha(data):
    return hashlib.sha256(data).hexdigest()


def expected(samples, depth, color):
    flat = [s for row in samples for pixel in row for s in pixel]
    if depth == 16:
        return bytes(s >> 8 for s in flat)
    scale = 1 if color == PALETTE else 255 // ((1 << depth) - 1)
    return bytes(s * scale for s in flat)


def to_byte(sample, depth):
    return sample >> 8 if depth == 16 else sample * (255 // ((1 << depth) - 1))


def describe(name, data, depth, color):
    image = Image.open(io.BytesIO(data))
    image.load()
    rgb = image.convert("RGB")
    mode = image.mode
    if mode == "I":  # 16-bit grey
        mode = "L"
        pixels = bytes(v >> 8 for v in image.getdata())
        rgb = Image.frombytes("L", image.size, pixels).convert("RGB")
    elif mode == "1":
        pixels = image.convert("L").tobytes()
    elif color == GRAY_ALPHA and mode == "RGBA":  # 16 bits
        mode = "LA"
        pixels = b"".join(bytes((p[0], p[3])) for p in image.getdata())
    else:
        pixels = image.tobytes()
    entry = dict(file=name, mode=MODES[mode], width=image.width, height=image.height, pixels_sha256=sha(pixels),
                 rgb_sha256=sha(rgb.tobytes()), orientation=image.getexif().get(0x0112, 1))
    transparency = image.info.get("transparency")
    if transparency is not None and mode == "P":
        alpha = transparency if isinstance(transparency, bytes) else b"\xff" * transparency + b"\0"
        entry["palette_alpha"] = alpha.hex()
    elif transparency is not None:
        color = transparency if isinstance(transparency, tuple) else (transparency,)
        entry["transparent_color"] = bytes(to_byte(s, depth) for s in color).hex()
    return entry


# ---- the pictures

def exif(orientation, order="<"):
    return ((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0))


def add_every_kind(pictures, rng):
    for color, depth in KINDS:
        for interlace in 0, 1:
            for kind in [0, 1, 2, 3, 4, None]:
                width, height = rng.randrange(1, 41), rng.randrange(1, 41)
                name = f"png/{NAMES[color]}{depth}-{'adam7' if interlace else 'plain'}-{'mixed' if kind is None else kind}.png"
                pictures.add_png(rng, name, width, height, depth, color, interlace, None if kind is None else lambda: kind)


def add_sizes(pictures, rng):
    for size in list(range(1, 10)) + [15, 16, 17, 31, 32, 33, 39, 40]:
        for color, depth in (GRAY, 1), (RGB, 8), (PALETTE, 2):
            name = f"png/size-{NAMES[color]}{depth}-"
            pictures.add_png(rng, f"{name}{size}x3-adam7.png", size, 3, depth, color, 1)
            pictures.add_png(rng, f"{name}5x{size}-tall-adam7.png", 5, size, depth, color, 1)
            pictures.add_png(rng, f"{name}{size}x2.png", size, 2, depth, color)
    pictures.add_png(rng, "png/wide.png", 3000, 2, 8, RGB)
    pictures.add_png(rng, "png/tall.png", 2, 3000, 8, RGBA)


def add_transparency(pictures, rng):
    for depth in 1, 2, 4, 8, 16:
        pictures.add_png(rng, f"png/gray{depth}-trns.png", 9, 7, depth, GRAY,
                         before=chunk(b"tRNS", struct.pack(">H", rng.randrange(1 << depth))))
    for depth in 8, 16:
        color = [rng.randrange(1 << depth) for _ in range(3)]
        pictures.add_png(rng, f"png/rgb{depth}-trns.png", 9, 7, depth, RGB, before=chunk(b"tRNS", struct.pack(">HHH", *color)))
    for depth in 1, 2, 4, 8:
        pictures.add_png(rng, f"png/palette{depth}-trns.png", 9, 7, depth, PALETTE,
                         before=chunk(b"tRNS", random_bytes(rng, (1 << depth) - 1)))
        pictures.add_png(rng, f"png/palette{depth}-trns-simple.png", 9, 7, depth, PALETTE, before=chunk(b"tRNS", b"\xff\0"))


def add_chunkings(pictures, rng):
    for color, depth in (RGB, 8), (RGBA, 8), (GRAY, 4), (PALETTE, 8):
        name = f"png/{NAMES[color]}{depth}-idat-"
        pictures.add_png(rng, name + "each-byte.png", 7, 6, depth, color, sizes=lambda n: [1] * n)
        pictures.add_png(rng, name + "empty.png", 23, 11, depth, color, sizes=lambda n: [0, 0, n // 2, 0, n // 3, 0])
        pictures.add_png(rng, name + "random.png", 31, 23, depth, color, sizes=lambda n: [rng.randrange(40) for _ in range(n // 20)])
        pictures.add_png(rng, name + "stored.png", 31, 23, depth, color, level=0,
                         sizes=lambda n: [rng.randrange(99) for _ in range(n // 50)])
        pictures.add_png(rng, name + "longer.png", 13, 8, depth, color, tail=bytes(500))


def add_metadata(pictures, rng):
    for orientation in range(1, 9):
        pictures.add_png(rng, f"png/rgb8-exif-{orientation}.png", 8, 5, 8, RGB, before=chunk(b"eXIf", exif(orientation)))
    pictures.add_png(rng, "png/rgb8-exif-big-endian.png", 8, 5, 8, RGB, before=chunk(b"eXIf", exif(8, ">")))
    pictures.add_png(rng, "png/rgb8-exif-behind.png", 8, 5, 8, RGB, after=chunk(b"eXIf", exif(3)))
    pictures.add_png(rng, "png/rgb8-exif-twice.png", 8, 5, 8, RGB, before=chunk(b"eXIf", exif(5)), after=chunk(b"eXIf", exif(7)))
    pictures.add_png(rng, "png/rgb8-suggested-palette.png", 8, 5, 8, RGB, before=chunk(b"PLTE", random_bytes(rng, 30)))
    pictures.add_png(rng, "png/rgb8-gamma.png", 8, 5, 8, RGB, before=chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"sRGB", b"\0"))
    pictures.add_png(rng, "png/rgb8-unknown-chunks.png", 8, 5, 8, RGB, before=chunk(b"ABCD", b"?"), after=chunk(b"zzZz", b"!"))
    for depth, entries in (2, 3), (4, 5), (8, 100):
        pictures.add_png(rng, f"png/palette{depth}-beyond.png", 17, 13, depth, PALETTE, palette=random_bytes(rng, 3 * entries))
    pictures.add_png(rng, "png/palette2-longer.png", 17, 13, 2, PALETTE, palette=random_bytes(rng, 3 * 9))


def add_written_by_pillow(pictures, rng):
    for mode in "1", "L", "LA", "P", "RGB", "RGBA", "I":
        if mode == "I":
            image = Image.new(mode, (23, 17))
            image.putdata([rng.randrange(65536) for _ in range(23 * 17)])
        else:
            image = Image.frombytes("RGBA", (23, 17), random_bytes(rng, 23 * 17 * 4)).convert(mode)
        for suffix, options in ("", {}), ("-optimized", dict(optimize=True)), ("-fast", dict(compress_level=1)):
            out = io.BytesIO()
            image.save(out, "PNG", **options)
            pictures.add(f"png/pillow-{mode.lower()}{suffix}.png", out.getvalue(), depth=16 if mode == "I" else 8)
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "a picture " * 20, zip=True)
    frames = [Image.frombytes("RGB", (16, 12), random_bytes(rng, 16 * 12 * 3)) for _ in range(3)]
    for name, options in ("text", dict(pnginfo=text)), ("animated", dict(save_all=True, append_images=frames[1:])), \
            ("animated-default", dict(save_all=True, append_images=frames[1:], default_image=True)):
        out = io.BytesIO()
        frames[0].save(out, "PNG", **options)
        pictures.add(f"png/pillow-{name}.png", out.getvalue())


def add_photographs(pictures, rng):
    """Larger, smooth pictures, so that deflate's long matches and whole buffers come up."""
    for mode in "RGB", "RGBA", "L":
        bands = [Image.linear_gradient("L").rotate(90 * i).resize((400, 300)) for i in range(len(mode))]
        noise = [Image.frombytes("L", (400, 300), random_bytes(rng, 400 * 300)).point(lambda v: v >> 4) for _ in bands]
        bands = [Image.blend(b, n, 0.2) for b, n in zip(bands, noise)]
        image = Image.merge(mode, bands) if len(mode) > 1 else bands[0]
        out = io.BytesIO()
        image.save(out, "PNG")
        pictures.add(f"png/photograph-{mode.lower()}.png", out.getvalue())


def bmp(width, height, bits, rows, palette=b"", masks=None, top_down=False, header_bytes=40, colors=0):
    stride = (width * bits + 31) // 32 * 4
    rows = b"".join(row + bytes(stride - len(row)) for row in (rows if top_down else rows[::-1]))
    if header_bytes == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header_bytes, width, -height if top_down else height, 1, bits, 3 if masks else 0, len(rows),
                           2835, 2835, colors, 0)
        if masks:
            info += struct.pack("<%dI" % len(masks), *masks)
        info += bytes(max(0, header_bytes - len(info)))
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + info + palette + rows


def add_bmps(pictures, rng):
    for top_down in False, True:
        direction = "top-down" if top_down else "bottom-up"
        for bits in 24, 32:
            width, height = rng.randrange(1, 41), rng.randrange(1, 41)
            rows = [random_bytes(rng, width * bits // 8) for _ in range(height)]
            pictures.add(f"bmp/{direction}-{bits}.bmp", bmp(width, height, bits, rows, top_down=top_down))
    rows = [random_bytes(rng, 11 * 4) for _ in range(7)]
    for name, masks in (("bgrx", (0xFF0000, 0xFF00, 0xFF, 0)), ("bgra", (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
                        ("xbgr", (0xFF000000, 0xFF0000, 0xFF00, 0)), ("abgr", (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
                        ("rgba", (0xFF, 0xFF00, 0xFF0000, 0xFF000000)), ("zero", (0, 0, 0, 0))):
        pictures.add(f"bmp/masks-{name}.bmp", bmp(11, 7, 32, rows, masks=masks, header_bytes=108))
    pictures.add("bmp/masks-bgrx-40.bmp", bmp(11, 7, 32, rows, masks=(0xFF0000, 0xFF00, 0xFF)))
    for bits in 1, 4, 8:
        for width in range(1, 20, 3):
            rows = [random_bytes(rng, (width * bits + 7) // 8) for _ in range(5)]
            palette = b"".join(random_bytes(rng, 3) + b"\0" for _ in range(1 << bits))
            name = f"bmp/palette-{bits}" + ("" if width == 13 else f"-{width}")
            pictures.add(name + ".bmp", bmp(width, 5, bits, rows, palette, header_bytes=rng.choice([40, 108, 124])))
        pictures.add(f"bmp/palette-{bits}-os2.bmp", bmp(width, 5, bits, rows, random_bytes(rng, 3 << bits), header_bytes=12))
    pictures.add("bmp/palette-8-beyond.bmp", bmp(width, 5, 8, rows, palette[:400], colors=100))
    pictures.add("bmp/gray-ramp.bmp", bmp(width, 5, 8, rows, b"".join(bytes((i, i, i, 0)) for i in range(256))))
    pictures.add("bmp/gray-ramp-short.bmp", bmp(width, 5, 8, rows, b"".join(bytes((i, i, i, 0)) for i in range(99)), colors=99))
    for name, palette in ("black-white", b"\0\0\0\0\xff\xff\xff\0"), ("white-black", b"\xff\xff\xff\0\0\0\0\0"):
        pictures.add(f"bmp/{name}.bmp", bmp(19, 5, 1, [random_bytes(rng, 3) for _ in range(5)], palette))
    for mode in "1", "L", "P", "RGB", "RGBA":
        out = io.BytesIO()
        Image.frombytes("RGBA", (23, 17), random_bytes(rng, 23 * 17 * 4)).convert(mode).save(out, "BMP")
        pictures.add(f"bmp/pillow-{mode.lower()}.bmp", out.getvalue())


def write(folder, name, files, entries):
    for entry in entries:
        path = os.path.join(folder, entry["file"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(files[entry["file"]])
    with open(os.path.join(folder, name), "w", newline="\n") as out:
        out.write("[\n" + ",\n".join("  " + json.dumps(entry) for entry in entries) + "\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--small", help="tests/data/pictures")
    arguments = parser.parse_args()
    pictures = Pictures()
    rng = random.Random(20)
    for add in (add_every_kind, add_sizes, add_transparency, add_chunkings, add_metadata, add_written_by_pillow, add_photographs, add_bmps):
        add(pictures, rng)
    write(arguments.out, "manifest.json", pictures.files, pictures.entries)
    if arguments.small:
        for folder, names in COMMITTED.items():
            names = [f"{folder}/{name}.{folder}" for name in names]
            entries = [e for e in pictures.entries if e["file"] in names]
            assert len(entries) == len(names), set(names) - {e["file"] for e in entries}
            assert all(len(pictures.files[name]) < 3000 for name in names), [(n, len(pictures.files[n])) for n in names]
            files = {os.path.basename(name): pictures.files[name] for name in names}
            write(os.path.join(arguments.small, folder), "checksums.json", files,
                  [dict(e, file=os.path.basename(e["file"])) for e in entries])
    print(len(pictures.entries), "pictures,", sum(map(len, pictures.files.values())), "bytes")


if __name__ == "__main__":
    main()

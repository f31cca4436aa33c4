#!/usr/bin/env python3
"""Writes GIF pictures of every kind, and what Pillow decodes them to.

    make_gif.py OUT                 all pictures in OUT/gif, and OUT/gif/manifest.json
    make_gif.py OUT --small DATA    also the selection that is committed: DATA/gif with checksums.json

Deterministic: the same Pillow gives the same bytes. Made with Pillow 9.4.0. Most files come from the writer below, which can do what
encoders do not: codes longer than needed, tables that are never cleared, blocks of one byte, frames beyond the canvas.

An entry of the manifest: file, mode (PureClip's PixelMode), width, height, pixels_sha256 (of the bytes in that mode), rgb_sha256 (of
convert("RGB")), orientation, and where an index is transparent palette_alpha or transparent_color (hexadecimal). One kind differs from
Pillow: beside a global palette, a palette of the frame's own that is a ramp of grey means grey; Pillow shows the global colours.
"""
import argparse
import hashlib
import io
import json
import pathlib
import random
import struct

from PIL import Image

SEED = 20240912
MODES = {"L": "Gray", "P": "Palette"}
COMMITTED = ["default", "interlaced-7", "no-palette", "ramp", "ramp-local", "local-palette", "beyond-palette", "transparent", "offset",
             "beyond-canvas", "canvas-0", "size-12", "blocks-1", "never-cleared", "cleared-often", "no-clear-no-end", "pillow-animation"]
TABLE = 4096


# ---- GIF writer

def compress(indices, bits, first_clear=True, end=True, clear_after=TABLE):
    """Codes as bytes. clear_after: entries after which the table is cleared; None: it stays as it is when it is full."""
    out, buffer, count = bytearray(), 0, 0
    clear = 1 << bits
    size, table, following = bits + 1, {}, clear + 2

    def put(code):
        nonlocal buffer, count
        buffer |= code << count
        count += size
        while count >= 8:
            out.append(buffer & 255)
            buffer >>= 8
            count -= 8

    if first_clear:
        put(clear)
    string = ()
    for index in indices:
        longer = string + (index,)
        if len(longer) == 1 or longer in table:
            string = longer
            continue
        put(table[string] if len(string) > 1 else string[0])
        if following < TABLE:
            table[longer] = following
            # The reader learns each string one code later.
            if following == 1 << size and size < 12:
                size += 1
            following += 1
        if clear_after is not None and following >= min(clear_after, TABLE):
            put(clear)
            size, table, following = bits + 1, {}, clear + 2
        string = (index,)
    if string:
        put(table[string] if len(string) > 1 else string[0])
        if following == 1 << size and size < 12:
            size += 1
    if end:
        put(clear + 1)
    if count:
        out.append(buffer & 255)
    return bytes(out)


def blocks(data, size=255):
    return b"".join(bytes([len(piece)]) + piece for piece in (data[i:i + size] for i in range(0, len(data), size)))


def flags_of(palette):
    return 0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0


def control(transparent=None, flags=0):
    return b"!\xf9\x04" + bytes([flags | (transparent is not None), 10, 0, transparent or 0, 0])


def interlaced(rows):
    return [rows[y] for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, len(rows), step)]


def gif(rows, bits, palette=None, local=None, canvas=None, at=(0, 0), interlace=False, before=b"", background=0, block=255, tail=b";",
        version=b"GIF89a", **options):
    width, height = len(rows[0]), len(rows)
    canvas = canvas if canvas is not None else (width, height)
    stored = interlaced(rows) if interlace else rows
    data = compress([i for row in stored for i in row], bits, **options)
    return (version + struct.pack("<HHBBB", *canvas, flags_of(palette), background, 0) + (palette or b"") + before + b","
            + struct.pack("<HHHHB", *at, width, height, flags_of(local) | 0x40 * interlace) + (local or b"") + bytes([bits])
            + blocks(data, block) + b"\0" + tail)


# ---- pictures

def random_palette(rng, entries):
    return bytes(rng.randrange(256) for _ in range(3 * entries))


def ramp(entries):
    return bytes(i for i in range(entries) for _ in range(3))


def picture(rng, width, height, colors):
    """Runs, repetition and noise."""
    rows = []
    for _ in range(height):
        if rows and rng.random() < 0.3:
            rows.append(rng.choice(rows))
        else:
            row = []
            while len(row) < width:
                row += [rng.randrange(colors)] * rng.choice([1, 1, 2, 9])
            rows.append(row[:width])
    return rows


class Pictures:
    def __init__(self):
        self.files = {}
        self.entries = {}

    def add(self, name, data, gray=None):
        """gray: the rows, where they are grey whatever Pillow says."""
        assert name not in self.files, name
        image = Image.open(io.BytesIO(data))
        image.load()
        if gray is not None:
            image = Image.frombytes("L", image.size, bytes(i for row in gray for i in row))
        self.files[name] = data
        entry = dict(file=name + ".gif", mode=MODES[image.mode], width=image.width, height=image.height,
                     pixels_sha256=sha(image.tobytes()), rgb_sha256=sha(image.convert("RGB").tobytes()), orientation=1)
        transparency = image.info.get("transparency")
        if transparency is not None:
            entry["palette_alpha" if image.mode == "P" else "transparent_color"] = (
                "ff" * transparency + "00" if image.mode == "P" else "%02x" % transparency)
        self.entries[name] = entry


def sha(data):
    return hashlib.sha256(data).hexdigest()


def add_palettes(pictures, rng):
    pictures.add("default", gif(picture(rng, 40, 30, 16), 4, random_palette(rng, 16)))
    for log in range(1, 9):
        for bits in range(max(log, 2), 13):
            width, height = rng.randrange(1, 60), rng.randrange(1, 60)
            pictures.add(f"colors-{1 << log}-size-{bits}", gif(picture(rng, width, height, 1 << log), bits, random_palette(rng, 1 << log)))
    pictures.add("size-12", gif(picture(rng, 30, 20, 256), 12, random_palette(rng, 256)))
    for bits in 2, 5, 8:
        rows = picture(rng, 23, 17, 1 << bits)
        colors = random_palette(rng, 1 << bits)
        pictures.add("no-palette" if bits == 5 else f"no-palette-{bits}", gif(rows, bits))
        pictures.add("ramp" if bits == 5 else f"ramp-{bits}", gif(rows, bits, ramp(1 << bits)))
        pictures.add(f"ramp-both-{bits}", gif(rows, bits, ramp(1 << bits), local=ramp(1 << bits)))
        pictures.add("ramp-local" if bits == 5 else f"ramp-local-{bits}", gif(rows, bits, colors, local=ramp(1 << bits)), gray=rows)
        pictures.add(f"ramp-global-{bits}", gif(rows, bits, ramp(1 << bits), local=colors))
        pictures.add("local-palette" if bits == 5 else f"local-palette-{bits}", gif(rows, bits, random_palette(rng, 4), local=colors))
        pictures.add(f"local-palette-alone-{bits}", gif(rows, bits, local=colors))
        pictures.add("beyond-palette" if bits == 5 else f"beyond-palette-{bits}", gif(rows, bits, random_palette(rng, 2)))
        pictures.add(f"symbols-beyond-{bits}", gif(picture(rng, 23, 17, 1 << bits), bits + 1, random_palette(rng, max(2, 1 << bits - 1))))
        pictures.add(f"transparent-gray-{bits}", gif(rows, bits, before=control(3)))


def add_frames(pictures, rng):
    for height in range(1, 21):
        for width in 1, 9:
            name = "interlaced-7" if (width, height) == (9, 7) else f"interlaced-{width}x{height}"
            pictures.add(name, gif(picture(rng, width, height, 8), 3, random_palette(rng, 8), interlace=True))
    pictures.add("interlaced-large", gif(picture(rng, 200, 150, 256), 8, random_palette(rng, 256), interlace=True))
    for i in range(24):
        width, height, x, y = (rng.randrange(1, 20) for _ in range(4))
        canvas = [(0, 0), (5, 5), (40, 40), (x + width, y + height), (3, 60)][i % 5]
        name = {4: "beyond-canvas", 5: "canvas-0", 7: "offset"}.get(i, f"frame-{i}")
        before = control(rng.randrange(16), flags=4 * rng.randrange(4)) if i % 2 else b""
        pictures.add(name, gif(picture(rng, width, height, 16), 4, random_palette(rng, 16), canvas=canvas, at=(x, y), before=before,
                               interlace=i % 3 == 0, background=rng.randrange(16)))


def add_extensions(pictures, rng):
    rows, colors = picture(rng, 12, 9, 16), random_palette(rng, 16)
    comment, loop = b"!\xfe" + blocks(b"a comment " * 40) + b"\0", b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    for name, before in (
            ("transparent", control(5)), ("transparent-twice", control(5) + control(7)), ("transparent-then-not", control(5) + control()),
            ("transparent-beyond", control(200)), ("comment", comment), ("loop", loop), ("all-extensions", comment + control(3) + loop + comment),
            ("unknown-extension", b"!\x42\x02ab\0"), ("plain-text", b"!\x01\x0c" + bytes(12) + blocks(b"text") + b"\0"), ("bytes-between", b"\0\1abc")):
        pictures.add(name, gif(rows, 4, colors, before=before))
        pictures.add(name + "-offset", gif(rows, 4, colors, before=before, canvas=(20, 20), at=(3, 4)))
    pictures.add("version-87a", gif(rows, 4, colors, version=b"GIF87a"))
    pictures.add("no-trailer", gif(rows, 4, colors, tail=b""))
    pictures.add("garbage-behind", gif(rows, 4, colors, tail=b";garbage"))
    pictures.add("more-data", gif(rows + rows, 4, colors).replace(struct.pack("<HHHH", 0, 0, 12, 18), struct.pack("<HHHH", 0, 0, 12, 9)))


def add_codes(pictures, rng):
    for name, options in (
            ("never-cleared", dict(clear_after=None)), ("cleared-often", dict(clear_after=20)), ("no-clear", dict(first_clear=False)),
            ("no-end", dict(end=False)), ("no-clear-no-end", dict(first_clear=False, end=False)), ("blocks-1", dict(block=1)),
            ("blocks-2", dict(block=2)), ("blocks-254", dict(block=254)), ("clear-late", dict(clear_after=4000))):
        size = (110, 70) if name in ("never-cleared", "clear-late") else (25, 15)
        pictures.add(name, gif(picture(rng, *size, 16), 4, random_palette(rng, 16), **options))
        for bits in 2, 6, 8:
            for width, height in (1, 1), (150, 120):
                pictures.add(f"{name}-{bits}-{width}", gif(picture(rng, width, height, 1 << bits), bits, random_palette(rng, 1 << bits), **options))
    for i in range(6):
        pictures.add(f"one-color-{i}", gif([[3] * (50 * i + 1)] * (40 * i + 1), 2, random_palette(rng, 4)))


def add_written_by_pillow(pictures, rng):
    for i in range(60):
        width, height = rng.randrange(1, 90), rng.randrange(1, 90)
        mode = ("1", "L", "P", "RGB", "RGBA", "LA")[i % 6]
        image = Image.frombytes("RGBA", (width, height), bytes(rng.randrange(256) & (0xC0 if i % 4 else 0xFF) for _ in range(4 * width * height)))
        out = io.BytesIO()
        image.convert(mode).save(out, "GIF", interlace=i % 2, optimize=i % 3 == 0)
        pictures.add(f"pillow-{i}", out.getvalue())
    for i in range(20):
        frames = [Image.frombytes("L", (60, 40), bytes(v for row in picture(rng, 60, 40, 4 + 12 * i) for v in row)).quantize(4 + 8 * i)
                  for _ in range(3)]
        out = io.BytesIO()
        frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], disposal=i % 4, transparency=i % 3, loop=i % 2)
        pictures.add("pillow-animation" if i == 0 else f"pillow-animation-{i}", out.getvalue())


def add_random(pictures, rng):
    for i in range(300):
        bits = rng.randrange(2, 9)
        entries = 1 << rng.randrange(1, 9)
        width, height = rng.randrange(1, 120), rng.randrange(1, 120)
        pictures.add(f"random-{i}", gif(
            picture(rng, width, height, 1 << bits), bits, rng.choice([None, random_palette(rng, entries)]),
            local=rng.choice([None, random_palette(rng, entries)]), canvas=rng.choice([None, (rng.randrange(150), rng.randrange(150))]),
            at=rng.choice([(0, 0), (rng.randrange(30), rng.randrange(30))]), interlace=rng.randrange(2),
            before=rng.choice([b"", control(rng.randrange(256))]), block=rng.choice([255, 255, 100, 3]),
            clear_after=rng.choice([TABLE, TABLE, None, 300])))


def write(folder, list_name, pictures, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / (name + ".gif")).write_bytes(pictures.files[name])
    lines = ",\n  ".join(json.dumps(pictures.entries[name]) for name in names)
    (folder / list_name).write_text(f"[\n  {lines}\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--small", type=pathlib.Path)
    arguments = parser.parse_args()
    pictures = Pictures()
    for i, add in enumerate((add_palettes, add_frames, add_extensions, add_codes, add_written_by_pillow, add_random)):
        add(pictures, random.Random(SEED + i))
    write(arguments.out / "gif", "manifest.json", pictures, list(pictures.files))
    if arguments.small:
        write(arguments.small / "gif", "checksums.json", pictures, COMMITTED)
    print(len(pictures.files), "files")


if __name__ == "__main__":
    main()

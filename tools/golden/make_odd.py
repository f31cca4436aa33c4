#!/usr/bin/env python3
"""Writes picture files that are odd, damaged or cut off, and for each what Pillow shows of it.

    make_odd.py [--tools DIRECTORY]

They go to tests/data/pictures/odd with manifest.json: {file, tolerant, wanted, width, height, sha256 of the pixels, turned as EXIF and
XMP say, as RGB} of each, or {file, ..., refused: true}. `tolerant` is Pillow's LOAD_TRUNCATED_IMAGES, `wanted` the size that is given to
Image.draft. Made with Pillow 9.4.0 and libjpeg-turbo 2.1.5, whose cjpeg and jpegtran are looked up in --tools or on PATH.
"""
import argparse, hashlib, io, json, pathlib, struct, subprocess, warnings, zlib

import numpy as np
from PIL import Image, ImageFile, ImageOps

SEED = 20261130
W, H = 45, 37
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests/data/pictures/odd"


def picture(width=W, height=H, channels=3):
    rng = np.random.default_rng(SEED + width + channels)
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 100 * np.sin(x * rng.uniform(.05, .3) + y * rng.uniform(.05, .3) + c) + rng.integers(-20, 21, x.shape)
              for c in range(channels)]
    return np.stack(planes, 2).clip(0, 255).astype(np.uint8)


class Writer:
    def __init__(self, tools):
        self.tools = tools
        self.entries = []
        FOLDER.mkdir(parents=True, exist_ok=True)

    def add(self, name, data, tolerant=False, wanted=0):
        entry = {"file": name, "tolerant": tolerant, "wanted": wanted}
        (FOLDER / name).write_bytes(data)
        ImageFile.LOAD_TRUNCATED_IMAGES = tolerant
        try:
            image = Image.open(io.BytesIO(data))
            if wanted:
                image.draft(None, (wanted, wanted))
            image = ImageOps.exif_transpose(image).convert("RGB")
            entry |= {"width": image.width, "height": image.height, "sha256": hashlib.sha256(image.tobytes()).hexdigest()}
        except OSError:
            entry["refused"] = True
        self.entries.append(entry)

    def run(self, tool, data, *arguments):
        path = str(pathlib.Path(self.tools) / tool) if self.tools else tool
        return subprocess.run([path, *arguments], input=data, capture_output=True, check=True).stdout

    def cjpeg(self, pixels, *arguments):
        return self.run("cjpeg", b"P6\n%d %d\n255\n" % pixels.shape[1::-1] + pixels.tobytes(), "-quality", "60", *arguments)


# ---- JPEG: a list of (marker, parameters, entropy-coded data) -------------------------------------------------------

def split(data):
    parts, p = [], 2
    while data[p + 1] != 0xD9:
        end = p + 2 + struct.unpack_from(">H", data, p + 2)[0]
        stop = end
        if data[p + 1] == 0xDA:
            while data[stop] != 0xFF or data[stop + 1] == 0 or 0xD0 <= data[stop + 1] <= 0xD7:
                stop += 1
        parts.append((data[p + 1], data[p + 4:end], data[end:stop]))
        p = stop
    return parts


def segment(marker, body, coded=b""):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body + coded


def join(parts):
    return b"\xff\xd8" + b"".join(segment(*part) for part in parts) + b"\xff\xd9"


def scans(parts):
    return [i for i, part in enumerate(parts) if part[0] == 0xDA]


def cut_scan(data, number, share, drop_rest):
    parts = split(data)
    i = scans(parts)[number]
    marker, body, coded = parts[i]
    parts[i] = marker, body, coded[:int(len(coded) * share)].rstrip(b"\xff")
    return join(parts[:i + 1] if drop_rest else parts)


def without_scans(data, *numbers):
    parts = split(data)
    gone = [scans(parts)[n] for n in numbers]
    return join([part for i, part in enumerate(parts) if i not in gone])


def before_scan(data, part):
    parts = split(data)
    return join(parts[:scans(parts)[0]] + [part] + parts[scans(parts)[0]:])


def tiff(*entries, order="<"):
    body = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    for kind, count, value in entries:
        body += struct.pack(order + "HHI", 0x112, kind, count) + value.ljust(4, b"\0")
    return body + bytes(4)


def add_jpeg(w):
    pixels = picture()
    base = w.cjpeg(pixels)
    progressive = w.cjpeg(pixels, "-progressive")
    restarts = w.cjpeg(pixels, "-progressive", "-restart", "1")

    arithmetic = w.cjpeg(pixels, "-arithmetic")
    w.add("arithmetic.jpg", arithmetic)
    w.add("arithmetic-progressive.jpg", w.cjpeg(pixels, "-arithmetic", "-progressive", "-sample", "1x1"))
    w.add("arithmetic-restarts-grey.jpg", w.cjpeg(pixels, "-arithmetic", "-restart", "1", "-grayscale"))
    w.add("arithmetic-cut.jpg", cut_scan(arithmetic, 0, .5, True))
    conditioned = [(m, b"\0\x43\x10\2" if m == 0xCC else b, c) for m, b, c in split(arithmetic)]
    w.add("arithmetic-conditioned.jpg", join(conditioned))
    flipped = split(w.cjpeg(pixels, "-arithmetic", "-progressive"))
    i = scans(flipped)[3]
    coded = bytearray(flipped[i][2])
    coded[len(coded) // 3] ^= 0x14
    flipped[i] = flipped[i][:2] + (bytes(coded).replace(b"\xff", b"\xfe"),)
    w.add("arithmetic-flipped.jpg", join(flipped))

    for number, share in [(0, .5), (1, .4), (3, .5), (5, .5), (9, .6)]:
        w.add(f"progressive-ends-in-scan-{number}.jpg", cut_scan(progressive, number, share, True))
    w.add("progressive-scan-3-cut.jpg", cut_scan(progressive, 3, .3, False))
    w.add("progressive-restarts-cut.jpg", cut_scan(restarts, 4, .5, True))
    w.add("progressive-dc-alone.jpg", without_scans(progressive, *range(1, 10)))
    w.add("progressive-without-2-7.jpg", without_scans(progressive, 2, 7))

    overfull = bytes([3] + [0] * 15) + bytes([1, 2, 3])
    w.add("table-unused-overfull.jpg", before_scan(base, (0xC4, b"\x13" + overfull, b"")))
    w.add("table-used-overfull.jpg", before_scan(base, (0xC4, b"\x10" + overfull, b"")))
    w.add("table-unused-all-ones.jpg", before_scan(base, (0xC4, b"\x12" + bytes([2] + [0] * 15) + b"\1\2", b"")))
    w.add("comment-length-0.jpg", base[:2] + b"\xff\xfe\0\0" + base[2:])
    w.add("application-length-1.jpg", base[:2] + b"\xff\xe7\0\1" + base[2:])

    small = w.cjpeg(picture(24, 17))
    kinds = {"long": (4, "<I", 6), "sbyte": (6, "<b", 3), "sshort": (8, ">h", 5), "slong": (9, ">i", 8), "byte": (1, "<B", 6)}
    for name, (kind, form, value) in kinds.items():
        exif = tiff((kind, 1, struct.pack(form, value)), order=form[0])
        w.add(f"exif-{name}.jpg", small[:2] + segment(0xE1, b"Exif\0\0" + exif) + small[2:])
    for name, entries in {"two-values": [(3, 2, b"\6\0\3\0")], "twice": [(3, 1, b"\6\0"), (3, 1, b"\3\0")]}.items():
        w.add(f"exif-{name}.jpg", small[:2] + segment(0xE1, b"Exif\0\0" + tiff(*entries)) + small[2:])

    w.add("cut-baseline.jpg", base[:len(base) * 2 // 3], tolerant=True)
    w.add("cut-progressive.jpg", progressive[:-len(split(progressive)[-1][2]) // 2], tolerant=True)
    w.add("cut-restarts.jpg", restarts[:-30], tolerant=True)
    w.add("cut-end-marker.jpg", base[:-2], tolerant=True)
    w.add("cut-in-headers.jpg", base[:100], tolerant=True)

    large = picture(131, 98)
    for factors in ["2x2", "1x1", "2x1", "4x1", "1x2"]:
        for size in [49, 24, 12]:
            w.add(f"draft-{factors}-{98 // size}.jpg", w.cjpeg(large, "-sample", factors), wanted=size)
    w.add("draft-progressive.jpg", w.cjpeg(large, "-progressive"), wanted=24)
    w.add("draft-grey.jpg", w.cjpeg(large, "-grayscale"), wanted=24)
    cmyk = io.BytesIO()
    Image.fromarray(picture(131, 98, 4), "CMYK").save(cmyk, "JPEG", subsampling=2)
    w.add("draft-cmyk.jpg", cmyk.getvalue(), wanted=24)
    w.add("draft-just-too-small.jpg", w.cjpeg(large), wanted=50)


# ---- PNG ------------------------------------------------------------------------------------------------------------

def chunk(name, body=b""):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(image, before=b"", after=b""):
    out = io.BytesIO()
    image.save(out, "PNG")
    data = out.getvalue()
    return data[:33] + before + data[33:-12] + after + data[-12:]


def add_png(w):
    image = Image.fromarray(picture(24, 17))
    attribute, element = b'<d tiff:Orientation="6"/>', b"<d><tiff:Orientation>8</tiff:Orientation></d>"
    xmp = b"XML:com.adobe.xmp\0"
    compressed = chunk(b"iTXt", xmp + b"\1\0\0\0" + zlib.compress(b'<d tiff:Orientation="3"/>'))
    exif = b"Exif\0\0" + tiff((3, 1, b"\6\0"))
    profile = b"\nexif\n%8d\n" % len(exif) + b"\n".join(exif.hex().encode()[i:i + 72] for i in range(0, 2 * len(exif), 72)) + b"\n"
    name = b"Raw profile type exif\0"
    w.add("xmp-attribute.png", png(image, chunk(b"iTXt", xmp + bytes(4) + attribute)))
    w.add("xmp-element-behind.png", png(image, after=chunk(b"iTXt", xmp + b"\0\0en\0title\0" + element)))
    w.add("xmp-compressed.png", png(image, compressed))
    w.add("xmp-and-exif.png", png(image, compressed + chunk(b"eXIf", exif[6:])))
    w.add("profile-text.png", png(image, chunk(b"tEXt", name + profile)))
    w.add("profile-compressed.png", png(image, chunk(b"zTXt", name + b"\0" + zlib.compress(profile))))
    w.add("profile-and-xmp.png", png(image, compressed + chunk(b"tEXt", name + profile)))
    w.add("exif-long.png", png(image, chunk(b"eXIf", tiff((4, 1, b"\5")))))

    noise = Image.fromarray(np.random.default_rng(SEED).integers(0, 256, (23, 31, 3), np.uint8))
    for mode in ["RGB", "P", "L", "1"]:
        data = png(noise.convert(mode))
        w.add(f"cut-{mode.lower()}.png", data[:len(data) * 2 // 3], tolerant=True)
    data = png(noise)
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0x40
    w.add("cut-damaged.png", bytes(broken), tolerant=True)
    w.add("cut-checksum.png", data[:-20] + bytes(4) + data[-16:], tolerant=True)
    text = bytearray(chunk(b"tEXt", b"a\0b"))
    text[-1] ^= 1
    w.add("cut-text.png", png(noise, bytes(text)), tolerant=True)


# ---- BMP and GIF ----------------------------------------------------------------------------------------------------

def bmp(width, height, bits, rows, palette=b"", compression=0, masks=b""):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(rows), 0, 0, 0, 0)
    offset = 14 + len(head + masks + palette)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + head + masks + palette + rows


def padded(rows):
    return b"".join(row + bytes(-len(row) % 4) for row in rows)


def add_bmp(w):
    rng = np.random.default_rng(SEED)
    words = rng.integers(0, 1 << 16, (7, 9)).astype("<u2")
    rows = padded(row.tobytes() for row in words)
    w.add("16.bmp", bmp(9, 7, 16, rows))
    w.add("16-565.bmp", bmp(9, 7, 16, rows, compression=3, masks=struct.pack("<3I", 0xF800, 0x7E0, 0x1F)))
    w.add("16-555-top-down.bmp", bmp(9, -7, 16, rows, compression=3, masks=struct.pack("<3I", 0x7C00, 0x3E0, 0x1F)))
    w.add("16-444.bmp", bmp(9, 7, 16, rows, compression=3, masks=struct.pack("<3I", 0xF00, 0xF0, 0xF)))
    palette = rng.integers(0, 256, (256, 4)).astype(np.uint8).tobytes()
    runs = b"".join(bytes([4, y, 0, 5, 9, y + 1, 2, y, 7, 0, 0, 0]) for y in range(6)) + b"\0\1"
    w.add("runs-8.bmp", bmp(9, 6, 8, runs, palette, 1))
    w.add("runs-8-top-down.bmp", bmp(9, -6, 8, runs, palette, 1))
    w.add("runs-8-too-long.bmp", bmp(9, 3, 8, b"\xff\3\0\0\x0c\5\0\0\4\7\0\0\0\1", palette, 1))
    w.add("runs-4.bmp", bmp(9, 3, 4, b"\7\x3a\2\x51\0\0\3\x27\0\4\x12\x34\2\x70\0\0\x09\x0f\0\1", palette[:64], 2))
    colors = padded(row.tobytes() for row in rng.integers(0, 256, (5, 7, 3)).astype(np.uint8))
    w.add("24.dib", bmp(7, 5, 24, colors)[14:])
    w.add("8.dib", bmp(9, 6, 8, padded(rng.integers(0, 256, (6, 9)).astype(np.uint8)[y].tobytes() for y in range(6)), palette)[14:])
    w.add("16-565.dib", bmp(9, 7, 16, rows, compression=3, masks=struct.pack("<3I", 0xF800, 0x7E0, 0x1F))[14:])
    w.add("cut-24.bmp", bmp(7, 5, 24, colors)[:-50], tolerant=True)
    w.add("cut-8.bmp", bmp(9, 6, 8, padded([bytes(range(y, y + 9)) for y in range(6)]), palette)[:-30], tolerant=True)


def add_gif(w):
    noise = Image.fromarray(np.random.default_rng(SEED).integers(0, 256, (23, 31), np.uint8))
    for interlace in [0, 1]:
        out = io.BytesIO()
        noise.save(out, "GIF", interlace=interlace)
        w.add(f"cut-{'interlaced' if interlace else 'plain'}.gif", out.getvalue()[:-400], tolerant=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", default="")
    w = Writer(parser.parse_args().tools)
    warnings.simplefilter("ignore")
    add_jpeg(w)
    add_png(w)
    add_bmp(w)
    add_gif(w)
    lines = ",\n".join(json.dumps(entry) for entry in w.entries)
    (FOLDER / "manifest.json").write_text(f"[\n{lines}\n]\n")
    print(len(w.entries), "files,", sum("refused" in e for e in w.entries), "refused")


if __name__ == "__main__":
    main()

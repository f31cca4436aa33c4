#!/usr/bin/env python3
"""Writes one file each of the picture formats that people have in their folders, to tests/data/pictures/every. Made with Pillow 9.4.0.

Of HEIC, AVIF, JPEG XL, PSD and PDF there is the beginning only: nothing reads further. The DNG is made by hand as converters make them: a
thumbnail of 16 x 12 in the first directory, sensor data of lossless JPEG and a preview of 96 x 72 in its sub-directories.
"""
import io, pathlib, struct

import numpy as np
from PIL import Image, ImageDraw

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests/data/pictures/every"


def picture(width=48, height=36, mode="RGB", hue="orange"):
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).ellipse((width // 8, height // 8, width - width // 8, height - height // 8), fill=hue, outline="black")
    return image.convert(mode)


def jpeg(image, **options):
    data = io.BytesIO()
    image.save(data, "JPEG", quality=80, **options)
    return data.getvalue()


class Tiff:
    """Directories and data, laid out one after the other; values that begin with '@' are where data was put."""

    def __init__(self, order="<"):
        self.order = order
        self.bytes = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))

    def put(self, data):
        at = len(self.bytes)
        self.bytes += data + bytes(len(data) % 2)
        return at

    def directory(self, entries, next_at=0):
        body = struct.pack(self.order + "H", len(entries))
        for tag, kind, *values in sorted(entries):
            code = {1: "B", 3: "H", 4: "I"}[kind]
            packed = struct.pack(f"{self.order}{len(values)}{code}", *values)
            field = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(self.order + "I", self.put(packed))
            body += struct.pack(self.order + "HHI", tag, kind, len(values)) + field
        return self.put(body + struct.pack(self.order + "I", next_at))

    def finish(self, first):
        struct.pack_into(self.order + "I", self.bytes, 4, first)
        return bytes(self.bytes)


def strip(tiff, data, width, height, reduced, compression, photometric):
    return [(254, 4, reduced), (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, compression), (262, 3, photometric),
            (273, 4, tiff.put(data)), (277, 3, 3), (278, 4, height), (279, 4, len(data))]


def dng(order="<", preview=(96, 72), orientation=6, sensor=None):
    tiff = Tiff(order)
    sub = [tiff.directory(strip(tiff, sensor or b"\xff\xd8\xff\xc3" + bytes(60), 320, 240, 0, 7, 32803))]
    if preview:
        sub.append(tiff.directory(strip(tiff, jpeg(picture(*preview)), *preview, 1, 7, 6)))
    first = strip(tiff, picture(16, 12).tobytes(), 16, 12, 1, 1, 2) + [(274, 3, orientation), (330, 4, *sub), (50706, 1, 1, 4, 0, 0)]
    return tiff.finish(tiff.directory(first))


def cr2():
    """A full-size JPEG as the one strip of the first directory; a thumbnail pointed to in the second."""
    tiff = Tiff()
    tiff.bytes += b"CR\2\0" + bytes(4)
    small, large = jpeg(picture(20, 15)), jpeg(picture(100, 80))
    second = tiff.directory([(513, 4, tiff.put(small)), (514, 4, len(small))])
    entries = [(256, 3, 100), (257, 3, 80), (258, 3, 8, 8, 8), (259, 3, 6), (273, 4, tiff.put(large)), (274, 3, 1), (279, 4, len(large))]
    return tiff.finish(tiff.directory(entries, second))


def save(name, image, **options):
    image.save(FOLDER / name, **options)


FOLDER.mkdir(parents=True, exist_ok=True)
save("photo.jpg", picture(), quality=80)
save("progressive.jpg", picture(), quality=80, progressive=True)
save("drawing.png", picture(mode="RGBA"))
save("moving.apng", picture(), format="PNG", save_all=True, append_images=[picture(hue="red")])
save("window.bmp", picture())
save("clipboard.dib", picture(), format="DIB")
save("web.webp", picture(), quality=80)
save("moving.webp", picture(), save_all=True, append_images=[picture(hue="red")], quality=80)
save("moving.gif", picture(), save_all=True, append_images=[picture(hue="red")])
save("scan.tif", picture(), compression="tiff_lzw")
save("game.tga", picture())
save("fax.pbm", picture(mode="1"))
save("raw.ppm", picture())
write = lambda name, data: (FOLDER / name).write_bytes(data)
write("phone.heic", struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(40))
write("web.avif", struct.pack(">I", 24) + b"ftypavif\0\0\0\0avifmif1" + bytes(40))
write("new.jxl", b"\xff\x0a" + bytes(40))
write("camera.dng", dng())
write("layers.psd", b"8BPS\0\1" + bytes(40))
write("logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><circle cx="2" cy="2" r="2"/></svg>\n')
write("letter.pdf", b"%PDF-1.7\n" + bytes(40))
FOLDER = FOLDER.parent / "raw"
FOLDER.mkdir(exist_ok=True)
write("big-endian.dng", dng(">", orientation=1))
write("small-preview.dng", dng(preview=(40, 30)))
write("no-preview.dng", dng(preview=None))
write("sensor-is-jpeg.dng", dng(preview=None, sensor=jpeg(picture(320, 240))))
write("canon.cr2", cr2())

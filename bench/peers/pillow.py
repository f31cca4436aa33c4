"""The other side of `pictures` in the bench: lines "decode PATH", "draft PATH SIDE" or "resize PATH WIDTH HEIGHT" on standard input,
milliseconds on standard output, measured around the work alone. /usr/bin/python3 peers/pillow.py"""
import io
import sys
import time

from PIL import Image

Image.MAX_IMAGE_PIXELS = None
files, pictures = {}, {}


def read(path):
    if path not in files:
        with open(path, "rb") as file:
            files[path] = file.read()
    return io.BytesIO(files[path])


def decode(path):
    image = Image.open(read(path))
    image.load()
    return image


def draft(path, side):
    image = Image.open(read(path))
    image.draft(None, (int(side), int(side)))
    image.load()


def resize(path, width, height):
    pictures[path].resize((int(width), int(height)), Image.BICUBIC)


for line in sys.stdin:
    name, path, *numbers = line.rstrip("\n").split("\t")
    if name == "resize" and path not in pictures:
        pictures[path] = decode(path).convert("RGB")
    read(path)
    start = time.perf_counter()
    {"decode": decode, "draft": draft, "resize": resize}[name](path, *numbers)
    print(f"{(time.perf_counter() - start) * 1000:.4f}", flush=True)

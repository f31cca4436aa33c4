"""Writes JPEG and PNG files of 2 megapixels for the benches: smooth colours, shapes with edges, and noise, as photographs have.

Run: /usr/bin/python3 bench/make_pictures.py FOLDER [COUNT]
"""
import os
import sys

import numpy
from PIL import Image, ImageDraw

WIDTH, HEIGHT, SHAPES, GRAIN = 1632, 1224, 60, 7


def picture(numbers):
    """Colours in 34 x 25 patches, blown up; rectangles and ellipses; grain of 7 levels."""
    image = Image.fromarray(numbers.integers(0, 256, (25, 34, 3), dtype=numpy.uint8)).resize((WIDTH, HEIGHT), Image.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(SHAPES):
        x, y, width, height = numbers.integers((0, 0, 20, 20), (WIDTH, HEIGHT, 300, 300))
        shape = draw.ellipse if numbers.random() < 0.5 else draw.rectangle
        shape([x, y, x + width, y + height], fill=tuple(int(value) for value in numbers.integers(0, 256, 3)))
    grain = numbers.normal(0, GRAIN, (HEIGHT, WIDTH, 1))
    return Image.fromarray((numpy.asarray(image) + grain).clip(0, 255).astype(numpy.uint8))


def main():
    folder, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 32
    os.makedirs(folder, exist_ok=True)
    numbers = numpy.random.default_rng(1)
    for i in range(count):
        image = picture(numbers)
        image.save(os.path.join(folder, f"{i:03}.jpg"), quality=87, subsampling=2)
        if i == 0:
            image.save(os.path.join(folder, f"{i:03}.png"))


if __name__ == "__main__":
    main()

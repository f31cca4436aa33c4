"""Writes JPEG and PNG files of 2 megapixels for the benches: smooth colours, shapes with edges, and noise, as photographs have.

Run: /usr/bin/python3 bench/make_pictures.py FOLDER [COUNT]
     /usr/bin/python3 bench/make_pictures.py FOLDER --formats   (one picture in every format, and a photograph of 12 megapixels)
"""
import os
import sys

import numpy
from PIL import Image, ImageDraw

WIDTH, HEIGHT, SHAPES, GRAIN = 1632, 1224, 60, 7


def picture(numbers, columns=WIDTH, rows=HEIGHT, shapes=SHAPES):
    """Colours in 34 x 25 patches, blown up; rectangles and ellipses; grain of 7 levels."""
    image = Image.fromarray(numbers.integers(0, 256, (25, 34, 3), dtype=numpy.uint8)).resize((columns, rows), Image.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(shapes):
        x, y, width, height = numbers.integers((0, 0, 20, 20), (columns, rows, 300, 300))
        shape = draw.ellipse if numbers.random() < 0.5 else draw.rectangle
        shape([x, y, x + width, y + height], fill=tuple(int(value) for value in numbers.integers(0, 256, 3)))
    grain = numbers.normal(0, GRAIN, (rows, columns, 1))
    return Image.fromarray((numpy.asarray(image) + grain).clip(0, 255).astype(numpy.uint8))


def write_formats(folder, numbers):
    image = picture(numbers)
    image.save(os.path.join(folder, "2mp.jpg"), quality=87, subsampling=2)
    image.save(os.path.join(folder, "2mp-444.jpg"), quality=87, subsampling=0)
    image.save(os.path.join(folder, "2mp-progressive.jpg"), quality=87, subsampling=2, progressive=True)
    image.save(os.path.join(folder, "2mp.png"))
    image.convert("RGBA").save(os.path.join(folder, "2mp-rgba.png"))
    image.convert("P", palette=Image.ADAPTIVE).save(os.path.join(folder, "2mp-palette.png"))
    image.save(os.path.join(folder, "2mp.webp"), quality=80)
    image.resize((WIDTH // 2, HEIGHT // 2)).save(os.path.join(folder, "half-mp-lossless.webp"), lossless=True)
    picture(numbers, 4032, 3024, 200).save(os.path.join(folder, "12mp.jpg"), quality=90, subsampling=2)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    numbers = numpy.random.default_rng(1)
    if "--formats" in sys.argv:
        write_formats(folder, numbers)
        return
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 32
    for i in range(count):
        image = picture(numbers)
        image.save(os.path.join(folder, f"{i:03}.jpg"), quality=87, subsampling=2)
        if i == 0:
            image.save(os.path.join(folder, f"{i:03}.png"))


if __name__ == "__main__":
    main()

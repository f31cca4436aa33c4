"""Vision towers of real size with random weights as ONNX graphs, for the peer in `PureClip.Bench families`.

Each is a plain restatement of the family's forward pass, with what is folded when a model is loaded folded here too (batch norms, branches,
scales): the peer is measured at its best. Needs torch alone.

    python3 bench/peers/export_families.py OUTPUT [NAME ...]
"""
import math
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    def __init__(self, inputs, planes, stride, changes):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(inputs, planes, 1), nn.Conv2d(planes, planes, 3, padding=1)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1)
        self.pool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.shortcut = nn.Sequential(self.pool, nn.Conv2d(inputs, 4 * planes, 1)) if changes else nn.Identity()

    def forward(self, x):
        y = F.relu(self.conv2(F.relu(self.conv1(x))))
        return F.relu(self.conv3(self.pool(y)) + self.shortcut(x))


class AttentionPool(nn.Module):
    def __init__(self, tokens, width, heads, outputs):
        super().__init__()
        self.heads = heads
        self.positions = nn.Parameter(torch.randn(tokens, width) * 0.02)
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, outputs)

    def forward(self, x):
        t = x.flatten(2).transpose(1, 2)
        t = torch.cat([t.mean(1, keepdim=True), t], 1) + self.positions
        b, n, c = t.shape
        split = lambda a: a.reshape(b, -1, self.heads, c // self.heads).transpose(1, 2)
        q, k, v = split(self.q(t[:, :1])), split(self.k(t)), split(self.v(t))
        a = (q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5).softmax(-1) @ v
        return self.out(a.transpose(1, 2).reshape(b, c))


class ResNet(nn.Module):
    def __init__(self, size=224, width=64, blocks=(3, 4, 6, 3), outputs=1024):
        super().__init__()
        self.size = size
        self.stem = nn.Sequential(
            nn.Conv2d(3, width // 2, 3, 2, 1), nn.ReLU(), nn.Conv2d(width // 2, width // 2, 3, padding=1), nn.ReLU(),
            nn.Conv2d(width // 2, width, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2))
        layers, inputs = [], width
        for layer, count in enumerate(blocks):
            for i in range(count):
                planes = width << layer
                layers.append(Bottleneck(inputs, planes, 2 if i == 0 and layer > 0 else 1, i == 0))
                inputs = 4 * planes
        self.layers = nn.Sequential(*layers)
        self.pool = AttentionPool((size // 32) ** 2 + 1, inputs, inputs // 64, outputs)

    def forward(self, x):
        return self.pool(self.layers(self.stem(x)))


class Squeeze(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(width, hidden, 1), nn.Conv2d(hidden, width, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True)))))


class ConvMlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.fc1, self.fc2 = nn.Conv2d(width, hidden, 1), nn.Conv2d(hidden, width, 1)

    def forward(self, x):
        return x + self.fc2(F.gelu(self.fc1(self.conv(x))))


class Mixer(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.mixer, self.mlp = nn.Conv2d(width, width, 3, padding=1, groups=width), ConvMlp(width, hidden)

    def forward(self, x):
        return self.mlp(self.mixer(x))


class Attending(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.qkv, self.out, self.mlp = nn.Linear(width, 3 * width), nn.Linear(width, width), ConvMlp(width, hidden)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(x.flatten(2).transpose(1, 2)).reshape(b, h * w, 3, c // 32, 32).permute(2, 0, 3, 1, 4)
        a = (q * 32 ** -0.5 @ k.transpose(-2, -1)).softmax(-1) @ v
        a = self.out(a.transpose(1, 2).reshape(b, h * w, c))
        return self.mlp(x + a.transpose(1, 2).reshape(b, c, h, w))


class Reduction(nn.Module):
    def __init__(self, inputs, outputs, squeezes):
        super().__init__()
        self.large = nn.Conv2d(inputs, outputs, 7, 2, 3, groups=inputs)
        self.squeeze = Squeeze(outputs, outputs // 4) if squeezes else nn.Identity()
        self.proj = nn.Conv2d(outputs, outputs, 1)

    def forward(self, x):
        return F.gelu(self.proj(F.gelu(self.squeeze(self.large(x)))))


class FastVit(nn.Module):
    def __init__(self, blocks, widths, size=256, outputs=512):
        super().__init__()
        self.size = size
        first, last = widths[0], widths[-1]
        parts = [
            nn.Conv2d(3, first, 3, 2, 1), nn.GELU(), nn.Conv2d(first, first, 3, 2, 1, groups=first), nn.GELU(),
            nn.Conv2d(first, first, 1), nn.GELU()]
        for stage, (count, width) in enumerate(zip(blocks, widths)):
            if stage > 0:
                parts.append(Reduction(widths[stage - 1], width, stage in (2, 3)))
            if stage == 3:
                parts.append(nn.Conv2d(width, width, 7, padding=3, groups=width))
            parts += [(Attending if stage == 3 else Mixer)(width, 3 * width) for _ in range(count)]
        parts += [nn.Conv2d(last, 2 * last, 3, padding=1, groups=last), Squeeze(2 * last, last // 8), nn.GELU()]
        self.parts, self.head = nn.Sequential(*parts), nn.Linear(2 * last, outputs)

    def forward(self, x):
        return self.head(self.parts(x).mean((2, 3)))


class ConvNextBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(width, width, 7, padding=3, groups=width), nn.LayerNorm(width, 1e-6)
        self.fc, self.proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        y = self.norm(self.conv(x).permute(0, 2, 3, 1))
        return x + self.proj(F.gelu(self.fc(y))).permute(0, 3, 1, 2)


class ChannelNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width, 1e-6)

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNext(nn.Module):
    def __init__(self, blocks=(3, 3, 27, 3), widths=(128, 256, 512, 1024), size=224, outputs=512):
        super().__init__()
        self.size = size
        parts = [nn.Conv2d(3, widths[0], 4, 4), ChannelNorm(widths[0])]
        for stage, (count, width) in enumerate(zip(blocks, widths)):
            if stage > 0:
                parts += [ChannelNorm(widths[stage - 1]), nn.Conv2d(widths[stage - 1], width, 2, 2)]
            parts += [ConvNextBlock(width) for _ in range(count)]
        self.parts, self.norm = nn.Sequential(*parts), nn.LayerNorm(widths[-1], 1e-6)
        self.head = nn.Linear(widths[-1], outputs, bias=False)

    def forward(self, x):
        return self.head(self.norm(self.parts(x).mean((2, 3))))


class Mlp(nn.Module):
    def __init__(self, width, hidden, act):
        super().__init__()
        self.fc, self.proj, self.act = nn.Linear(width, hidden), nn.Linear(hidden, width), act

    def forward(self, x):
        return self.proj(self.act(self.fc(x)))


class GatedMlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.gate, self.fc = nn.Linear(width, hidden), nn.Linear(width, hidden)
        self.norm, self.proj = nn.LayerNorm(hidden, 1e-6), nn.Linear(hidden, width)

    def forward(self, x):
        return self.proj(self.norm(F.silu(self.gate(x)) * self.fc(x)))


class Block(nn.Module):
    """Pre-norm; with a grid, EVA02's: rotary positions behind the class token, a norm of the mixture, a gate."""

    def __init__(self, width, heads, hidden, act, grid=None):
        super().__init__()
        self.heads, self.grid = heads, grid
        self.ln1, self.ln2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, 1e-6) if grid else nn.Identity()
        self.mlp = GatedMlp(width, hidden) if grid else Mlp(width, hidden, act)
        if grid:
            angles = torch.rand(grid * grid, width // heads)
            self.register_buffer("cos", angles.cos())
            self.register_buffer("sin", angles.sin())

    def rotate(self, x):
        turned = torch.stack([-x[..., 1::2], x[..., ::2]], -1).flatten(-2)
        return x * self.cos + turned * self.sin

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(self.ln1(x)).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        if self.grid:
            q = torch.cat([q[:, :, :1], self.rotate(q[:, :, 1:])], 2)
            k = torch.cat([k[:, :, :1], self.rotate(k[:, :, 1:])], 2)
        a = (q * (c // self.heads) ** -0.5 @ k.transpose(-2, -1)).softmax(-1) @ v
        x = x + self.out(self.norm(a.transpose(1, 2).reshape(b, n, c)))
        return x + self.mlp(self.ln2(x))


class Siglip(nn.Module):
    def __init__(self, size, patch, width, layers, heads, hidden):
        super().__init__()
        self.size, self.heads = size, heads
        act = lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.positions = nn.Parameter(torch.randn((size // patch) ** 2, width) * 0.02)
        self.blocks = nn.Sequential(*[Block(width, heads, hidden, act) for _ in range(layers)])
        self.post, self.ln = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.probe = nn.Parameter(torch.randn(1, 1, width))
        self.q, self.kv, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.mlp = Mlp(width, hidden, act)

    def forward(self, x):
        x = self.post(self.blocks(self.patches(x).flatten(2).transpose(1, 2) + self.positions))
        b, n, c = x.shape
        q = self.q(self.probe).reshape(1, 1, self.heads, c // self.heads).transpose(1, 2)
        k, v = self.kv(x).reshape(b, n, 2, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        a = (q * (c // self.heads) ** -0.5 @ k.transpose(-2, -1)).softmax(-1) @ v
        a = self.out(a.transpose(1, 2).reshape(b, c))
        return a + self.mlp(self.ln(a))


class Eva(nn.Module):
    def __init__(self, size=224, patch=16, width=768, layers=12, heads=12, hidden=2048, outputs=512):
        super().__init__()
        self.size = size
        self.patches, self.token = nn.Conv2d(3, width, patch, patch), nn.Parameter(torch.randn(1, 1, width))
        self.positions = nn.Parameter(torch.randn((size // patch) ** 2 + 1, width) * 0.02)
        self.blocks = nn.Sequential(*[Block(width, heads, hidden, None, size // patch) for _ in range(layers)])
        self.post, self.head = nn.LayerNorm(width, 1e-6), nn.Linear(width, outputs)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        return self.head(self.post(self.blocks(x)[:, 0]))


TOWERS = {
    "rn50": lambda: ResNet(),
    "mobileclip-s0": lambda: FastVit((2, 6, 10, 2), (64, 128, 256, 512)),
    "mobileclip-s2": lambda: FastVit((4, 12, 24, 4), (80, 160, 320, 640)),
    "convnext-base": lambda: ConvNext(),
    "siglip-b16-224": lambda: Siglip(224, 16, 768, 12, 12, 3072),
    "siglip-b16-384": lambda: Siglip(384, 16, 768, 12, 12, 3072),
    "siglip-so400m-14-384": lambda: Siglip(384, 14, 1152, 27, 16, 4304),
    "eva02-b16": lambda: Eva(),
}


def main():
    output, names = sys.argv[1], sys.argv[2:] or list(TOWERS)
    torch.manual_seed(1)
    for name in names:
        tower = TOWERS[name]().eval()
        with torch.no_grad():
            torch.onnx.export(
                tower, torch.randn(2, 3, tower.size, tower.size), os.path.join(output, name + ".onnx"), opset_version=16,
                input_names=["pixels"], output_names=["embeddings"], dynamic_axes={"pixels": {0: "batch"}, "embeddings": {0: "batch"}})
        print(name, flush=True)


main()

"""Exports the two towers of a Hugging Face CLIP directory to ONNX (opset 14), for onnxruntime.mjs.

Run: /usr/bin/python3 bench/peers/export_onnx.py MODEL_DIRECTORY OUTPUT_DIRECTORY
"""
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools", "golden"))
import clip_reference  # noqa: E402  (the oracle's own CLIP, so that peer and golden files are one model)


class Tower(torch.nn.Module):
    """One tower as a module whose parameters become the initialisers of the graph."""

    def __init__(self, clip, prefixes):
        super().__init__()
        self.config = clip.config
        self.names = [name for name in clip.weights if name.startswith(prefixes)]
        for name in self.names:
            self.register_buffer(name.replace(".", "_"), clip.weights[name])

    def clip(self):
        return clip_reference.Clip(self.config, {name: getattr(self, name.replace(".", "_")) for name in self.names})


class Vision(Tower):
    def __init__(self, clip):
        super().__init__(clip, ("vision_model.", "visual_projection."))

    def forward(self, pixel_values):
        return clip_reference.normalize(self.clip().encode_image(pixel_values))


class Text(Tower):
    def __init__(self, clip):
        super().__init__(clip, ("text_model.", "text_projection."))

    def forward(self, input_ids):
        return clip_reference.normalize(self.clip().encode_text(input_ids))


def export(tower, example, path, source, target):
    torch.onnx.export(tower.eval(), example, path, opset_version=14, input_names=[source], output_names=[target],
                      dynamic_axes={source: {0: "batch"}, target: {0: "batch"}})


def main():
    model, output = sys.argv[1:]
    os.makedirs(output, exist_ok=True)
    clip = clip_reference.Clip.load(model)
    size = clip.config["vision_config"]["image_size"]
    context = clip.config["text_config"]["max_position_embeddings"]
    pixels, ids = torch.zeros(2, 3, size, size), torch.zeros(2, context, dtype=torch.long)
    export(Vision(clip), pixels, os.path.join(output, "vision_model.onnx"), "pixel_values", "image_embeds")
    export(Text(clip), ids, os.path.join(output, "text_model.onnx"), "input_ids", "text_embeds")


if __name__ == "__main__":
    main()

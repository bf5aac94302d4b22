"""What AIM's extraction and matching cost, against a loop over instances.

Both sides get the same maps: they extract the source's instances and store them, extract the
target's, match each with the nearest of a full bank, and go backward to the target's feature map.
They take turns on one thread; the figure is the median over the rounds of the ratio of process CPU
times, which other programs disturb little. Losses, gradients and banks must be equal, or the script
fails.
"""

from __future__ import annotations

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the figure is the CPU's; set before torch is imported
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from instance_loop import InstanceLoop
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from prettytable import PrettyTable
from torch import Tensor
from tqdm import tqdm

from mmda.models.alignments import AIM, DomainBatch, UDAContext

TOLERANCE = 1e-4  # of the largest value; float32
STORED = 500  # source features per class


@dataclass
class Scene:
    """A pair of images and what a network makes of them.

    Attributes:
        labels: The classes of the feature map's cells, (1, h, w), the same in both domains.
        source: The source's feature map, (1, D, h, w).
        target: The target's, with gradient.
        classes: Number of classes, with the background 0.
        size: Side of the image in pixels.
    """

    labels: Tensor
    source: Tensor
    target: Tensor
    classes: int
    size: int

    @classmethod
    def draw(cls, size: int, stride: int, instances: int, channels: int) -> Scene:
        """Draw rectangles on a grid, ten of each class, whose features differ.

        Args:
            size: Side of the image in pixels.
            stride: Pixels per cell of the feature map.
            instances: Number of instances in each domain, a multiple of ten.
            channels: Channels D of the feature map.
        """
        side, columns = size // stride, int(np.ceil(np.sqrt(instances)))
        step = side // columns
        labels = torch.zeros(1, side, side, dtype=torch.long)
        for number in range(instances):
            y, x = (step * place for place in divmod(number, columns))
            labels[0, y : y + step - 1, x : x + step - 1 - number % 2] = 1 + number // 10
        generator = torch.Generator().manual_seed(0)
        maps = [torch.randn(1, channels, side, side, generator=generator) for _ in range(2)]
        return cls(labels, maps[0], maps[1].requires_grad_(), 1 + -(-instances // 10), size)

    def context(self) -> UDAContext:
        """Return the iteration as the segmentor shows it to AIM."""
        images = torch.zeros(1, 3, self.size, self.size)
        logits = F.one_hot(self.labels, self.classes).permute(0, 3, 1, 2).float()
        label = F.interpolate(self.labels[:, None].float(), images.shape[-2:])[:, 0].long()
        sample = SegDataSample(
            gt_sem_seg=PixelData(data=label), metainfo={"img_shape": images.shape[-2:]}
        )
        source, target = (
            DomainBatch(images, [sample], images, [features], {"decode": logits})
            for features in (self.source, self.target)
        )
        return UDAContext(source, target, 0, None)

    def sides(self) -> dict[str, Callable[[], tuple[Tensor, Tensor]]]:
        """Return the two sides: each stores, matches, goes backward; loss and class 1's bank."""
        things = range(1, self.classes)
        channels = self.source.shape[1]
        aim = AIM(self.classes, channels, weight=1.0, adaptive=False, verify=False, capacity=STORED)
        loop = InstanceLoop(things, capacity=STORED)
        bank = aim.banks["things"]
        generator = torch.Generator().manual_seed(1)
        bank.features.copy_(0.1 * torch.randn(bank.features.shape, generator=generator))
        bank.filled.fill_(STORED)
        loop.bank = {k: list(bank.features[k - 1].clone()) for k in things}
        context = self.context()

        def ours() -> tuple[Tensor, Tensor]:
            loss = aim(context)["loss_things"]
            loss.backward()
            return loss.detach(), bank.features[0].roll(-int(bank.cursor[0]), 0)

        def theirs() -> tuple[Tensor, Tensor]:
            labels = self.labels.numpy()
            loop.store(self.source, labels)
            loss = loop.loss(self.target, labels, things, [1.0] * len(things))
            loss.backward()
            return loss.detach(), torch.stack(loop.bank[1])

        return {"loop": theirs, "mmda": ours}


def run(scene: Scene, side: Callable[[], tuple[Tensor, Tensor]]) -> tuple[float, list[Tensor]]:
    """Return the CPU time of one pass in seconds, and its loss, bank and gradient."""
    scene.target.grad = None
    start = time.process_time()
    loss, bank = side()
    seconds = time.process_time() - start
    assert scene.target.grad is not None
    return seconds, [loss, bank, scene.target.grad]


def difference(one: list[Tensor], other: list[Tensor]) -> float:
    """Return the largest difference of two sides' tensors, relative to each tensor's largest."""
    return max(
        float((a - b).abs().max() / b.abs().max().clamp(min=1e-12))
        for a, b in zip(one, other, strict=True)
    )


def measure(scene: Scene, rounds: int) -> dict[str, float]:
    """Return the median times in milliseconds, the median ratio and the largest difference."""
    sides, times, largest = scene.sides(), [], 0.0
    run(scene, sides["mmda"])  # warm up, on banks that are then made anew
    sides = scene.sides()
    for _ in tqdm(range(rounds), "rounds"):
        results = {name: run(scene, side) for name, side in sides.items()}
        times.append([results[name][0] for name in ("loop", "mmda")])
        largest = max(largest, difference(results["mmda"][1], results["loop"][1]))
    if largest > TOLERANCE:
        sys.exit(f"The two sides differ by {largest:.1e}; their cost means nothing.")
    loop, mmda = np.array(times).T
    return {
        "loop": float(np.median(loop)) * 1000,
        "mmda": float(np.median(mmda)) * 1000,
        "time_ratio": float(np.median(loop / mmda)),
        "difference": largest,
    }


def main() -> None:
    """Run the benchmark; the last line of standard output is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="side of the images in pixels")
    parser.add_argument("--stride", type=int, default=8, help="pixels per cell of the feature map")
    parser.add_argument("--instances", type=int, default=100, help="in each domain, ten per class")
    parser.add_argument("--channels", type=int, default=2048, help="D of the feature map")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    scene = Scene.draw(args.size, args.stride, args.instances, args.channels)
    figures = measure(scene, args.rounds)
    table = PrettyTable(["image", "feature map", "instances", "loop, ms", "mmda, ms", "ratio"])
    table.add_row(
        [
            f"{args.size} x {args.size}",
            " x ".join(map(str, scene.source.shape[1:])),
            args.instances,
            f"{figures['loop']:.0f}",
            f"{figures['mmda']:.0f}",
            f"{figures['time_ratio']:.1f}",
        ]
    )
    print(table)
    print(
        f"CPU time of extraction, storing, matching and backward; losses, gradients and banks "
        f"differ by {figures['difference']:.1e} at most."
    )
    print(json.dumps({"time_ratio": round(figures["time_ratio"], 2)}))


if __name__ == "__main__":
    main()

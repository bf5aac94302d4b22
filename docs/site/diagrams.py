"""Draws the diagrams of the site: `python docs/site/diagrams.py` writes the SVG files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1]
GREY, TEAL, ORANGE, INK = "#eceff1", "#b2dfdb", "#ffe0b2", "#263238"
STAGES = ("image", "features", "class map", "labels")
LANES = ("source", "target")

ACTS = {  # method: where it acts, and how
    "bounds": {3: "cross-entropy with the labels of one domain"},
    "adabn": {1: "batch norm takes the mean and variance of target tiles"},
    "image-level": {0: "source images take the target's look"},
    "minent": {2: "the target's entropy falls"},
    "max-square": {2: "the target's squared probabilities grow"},
    "dann": {1: "discriminator, its gradient reversed into both domains"},
    "feature-level": {1: "discriminator; the target is moved towards the source"},
    "fada": {1: "discriminator of 2 C classes: domain and class at once"},
    "output-space": {2: "discriminator; the target is moved towards the source"},
    "advent": {2: "discriminator on entropy maps"},
    "clan": {2: "discriminator, most where two classifiers disagree"},
    "patch": {2: "discriminator on the modes of patches"},
    "cdga": {2: "pixels are grouped; a discriminator for each group"},
    "isia-aim": {0: "the target's look", 1: "nearest instances", 2: "discriminator; class vectors",
                 3: "pseudo-labels in step 2"},
    "sim": {1: "nearest instances, means of stuff", 2: "discriminator",
            3: "pseudo-labels in step 2"},
    "self-training": {0: "colours; pasted source objects", 3: "the mean teacher's labels"},
    "bdl": {0: "CycleGAN that keeps what the network sees", 2: "discriminator",
            3: "pseudo-labels of the model before"},
    "cycada": {0: "CycleGAN that keeps classes", 1: "discriminator"},
    "cbst": {3: "class-balanced pseudo-labels, in rounds"},
    "intrada": {2: "discriminator on entropy maps, easy and hard tiles",
                3: "labels of the easy tiles"},
}  # fmt: skip


@dataclass(frozen=True)
class Box:
    """A rectangle with a text; all sizes in pixels of the picture."""

    x: float
    y: float
    width: float
    height: float
    text: str
    fill: str = GREY

    def svg(self) -> str:
        """Return the rectangle and its text, one line per ``|``."""
        lines = self.text.split("|")
        top = self.y + self.height / 2 - (len(lines) - 1) * 8.5 + 4.5
        texts = "".join(
            f'<text x="{self.x + self.width / 2:g}" y="{top + 17 * n:g}">{escape(line)}</text>'
            for n, line in enumerate(lines)
        )
        return (
            f'<rect x="{self.x:g}" y="{self.y:g}" width="{self.width:g}" height="{self.height:g}" '
            f'rx="6" fill="{self.fill}"/>{texts}'
        )


def arrow(*points: tuple[float, float], dashed: bool = False) -> str:
    """Return an arrow along points (x, y)."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    style = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{path}" class="arrow" marker-end="url(#head)"{style}/>'


def picture(width: float, height: float, parts: Iterable[str], title: str) -> str:
    """Return a whole SVG file."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'role="img" font-family="sans-serif" font-size="14">\n<title>{escape(title)}</title>\n'
        f'<style>text{{text-anchor:middle;fill:{INK}}}rect{{stroke:{INK};stroke-width:.8}}'
        f".arrow{{fill:none;stroke:{INK};stroke-width:1.3}}</style>\n"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="{INK}"/></marker></defs>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )  # fmt: skip


def method(name: str) -> str:
    """Return the picture of a method: both domains' way through the network, and where it acts."""
    acts, parts = ACTS[name], []
    for row, lane in enumerate(LANES):
        y = 10 + 124 * row
        parts.append(f'<text x="34" y="{y + 25}" font-weight="bold">{lane}</text>')
        for column, stage in enumerate(STAGES):
            x = 78 + 150 * column
            parts.append(Box(x, y, 112, 40, stage, TEAL if column in acts else GREY).svg())
            if column:
                parts.append(arrow((x - 38, y + 20), (x, y + 20)))
    for column, text in acts.items():
        x = 78 + 150 * column
        parts.append(Box(x - 16, 60, 144, 64, "|".join(wrap(text, 21)), ORANGE).svg())
    return picture(660, 184, parts, f"Where it acts: {'; '.join(acts.values())}")


def wrap(text: str, width: int) -> list[str]:
    """Return a text in lines of about so many letters."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def chain(texts: Sequence[str], x: float, y: float, fill: str = GREY) -> list[str]:
    """Return boxes in a row, joined by arrows."""
    parts = [Box(x + 150 * n, y, 120, 52, text, fill).svg() for n, text in enumerate(texts)]
    arrows = [
        arrow((x + 150 * n - 30, y + 26), (x + 150 * n, y + 26)) for n in range(1, len(texts))
    ]
    return parts + arrows


def data_flow() -> str:
    """Return the way from rasters to maps."""
    parts = [
        *chain(["source rasters|and labels", "mmda tile|tiles, labels"], 10, 20, TEAL),
        *chain(["target rasters", "mmda tile|tiles"], 10, 120, TEAL),
        Box(310, 70, 120, 52, "mmda pair|classes, statistics").svg(),
        arrow((280, 46), (340, 46), (340, 70)),
        arrow((280, 146), (340, 146), (340, 122)),
        *chain(["mmda train|several methods", "mmda select|no target labels"], 460, 70, ORANGE),
        arrow((430, 96), (460, 96)),
        Box(610, 170, 120, 52, "mmda predict|maps, polygons").svg(),
        arrow((670, 122), (670, 170)),
        arrow((70, 172), (70, 196), (610, 196)),
    ]
    return picture(750, 232, parts, "From rasters to maps")


def iteration() -> str:
    """Return one iteration of the training."""
    parts = [
        Box(10, 20, 120, 46, "source batch|images, labels", TEAL).svg(),
        Box(10, 110, 120, 46, "target batch|images", TEAL).svg(),
        Box(170, 65, 110, 46, "segmentor").svg(),
        arrow((130, 43), (190, 43), (190, 65)),
        arrow((130, 133), (190, 133), (190, 111)),
        Box(320, 65, 130, 46, "context: features,|logits, softmax").svg(),
        arrow((280, 88), (320, 88)),
        Box(500, 10, 150, 40, "source cross-entropy", ORANGE).svg(),
        Box(500, 68, 150, 40, "alignment 1: losses", ORANGE).svg(),
        Box(500, 126, 150, 40, "alignment 2: losses", ORANGE).svg(),
        *(arrow((450, 88), (500, y)) for y in (30, 88, 146)),
        Box(700, 65, 100, 46, "one sum,|one backward").svg(),
        *(arrow((650, y), (700, 88)) for y in (30, 88, 146)),
        Box(500, 200, 150, 40, "discriminators step").svg(),
        Box(320, 200, 130, 40, "segmentor steps").svg(),
        Box(170, 200, 110, 40, "teacher follows", GREY).svg(),
        arrow((750, 111), (750, 220), (650, 220)),
        arrow((500, 220), (450, 220)),
        arrow((320, 220), (280, 220), dashed=True),
    ]
    return picture(810, 252, parts, "One iteration: one graph, one backward, several optimisers")


def diagrams() -> dict[Path, str]:
    """Return the text of each file."""
    return {
        DOCS / "concepts/data-flow.svg": data_flow(),
        DOCS / "concepts/iteration.svg": iteration(),
        **{DOCS / f"methods/{name}.svg": method(name) for name in ACTS},
    }


if __name__ == "__main__":
    for path, text in diagrams().items():
        path.write_text(text, encoding="utf-8")

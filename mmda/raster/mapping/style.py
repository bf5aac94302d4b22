"""The style of a mask for QGIS, which reads a ``.qml`` file of the raster's name by itself."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from mmda.raster.mapping.legend import LegendEntry

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"


def qgis_style(legend: Sequence[LegendEntry]) -> str:
    """Return the text of a style that draws each class in its colour, under its name."""
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    how = {"type": "paletted", "band": "1", "opacity": "1", "alphaBand": "-1", "nodataColor": ""}
    renderer = ET.SubElement(pipe, "rasterrenderer", how)
    ET.SubElement(renderer, "rasterTransparency")
    palette = ET.SubElement(renderer, "colorPalette")
    for value, name, (red, green, blue) in legend:
        colour = f"#{red:02x}{green:02x}{blue:02x}"
        entry = {"value": str(value), "color": colour, "alpha": "255", "label": name}
        ET.SubElement(palette, "paletteEntry", entry)
    ET.SubElement(pipe, "rasterresampler", maxOversampling="2")
    ET.SubElement(root, "blendMode").text = "0"
    ET.indent(root)
    return DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"

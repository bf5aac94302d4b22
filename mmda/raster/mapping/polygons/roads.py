"""Centre lines of roads as layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import networkx as nx
import numpy as np
import shapely

from mmda.raster.mapping.polygons.ground import Ground
from mmda.raster.mapping.polygons.layers import Columns, Layer
from mmda.raster.mapping.polygons.mask import Mask
from mmda.raster.mapping.polygons.options import VectoriseOptions
from mmda.raster.mapping.road_graph import RoadGraphOptions, road_graph

NODE_FIELDS = {"id": "int64", "roads": "int32"}
EDGE_FIELDS = {"id": "int64", "from": "int64", "to": "int64", "length_m": "double",
               "width_m": "double"}  # fmt: skip


def write_roads(
    mask: Mask, places: Mapping[str, Path], classes: list[int], options: VectoriseOptions
) -> dict[str, int]:
    """Write the centre lines of the classes together, as one graph.

    Args:
        mask: The mask.
        places: Files of the layers ``nodes`` and ``edges``.
        classes: Ids of the classes that are roads.
        options: How masks are vectorised.

    The mask is read whole: the skeleton and the widths take about 30 bytes a pixel.

    Returns:
        Number of nodes and edges.
    """
    blocks = mask.blocks(classes, options.block, options.progress)
    pixels = np.concatenate([block.values != 0 for block in blocks])
    ground = mask.ground
    chosen = RoadGraphOptions(options.spur, options.gap, options.smooth)
    graph = road_graph(pixels, ground.pixel_metres, chosen)
    nodes, edges = _nodes(graph, ground), _edges(graph, ground)
    Layer(places["nodes"], "nodes", "Point", mask.crs).write(NODE_FIELDS, [nodes])
    Layer(places["edges"], "edges", "LineString", mask.crs).write(EDGE_FIELDS, [edges])
    return {"nodes": len(nodes["id"]), "edges": len(edges["id"])}


def _nodes(graph: nx.MultiGraph, ground: Ground) -> Columns:
    ids = np.array(sorted(graph.nodes), dtype=np.int64)
    points = np.array([graph.nodes[node]["point"] for node in ids], float).reshape(-1, 2)
    return {
        "id": ids,
        "roads": np.array([graph.degree(node) for node in ids], dtype=np.int32),
        "geometry": _placed(shapely.points(points), ground),
    }


def _edges(graph: nx.MultiGraph, ground: Ground) -> Columns:
    edges = list(graph.edges(data=True))
    ends = np.array([sorted(edge[:2]) for edge in edges], np.int64).reshape(-1, 2)
    lines = np.array([edge["line"] for _, _, edge in edges], dtype=object)
    return {
        "id": np.arange(len(edges)),
        "from": ends[:, 0],
        "to": ends[:, 1],
        "length_m": np.array([edge["length"] for _, _, edge in edges], float),
        "width_m": np.array([edge["width"] for _, _, edge in edges], float),
        "geometry": _placed(lines, ground),
    }


def _placed(shapes: np.ndarray, ground: Ground) -> np.ndarray:
    """Return shapes in the CRS that are in metres right and down of the raster's corner."""
    size = np.array(ground.pixel_metres)
    return ground.to_crs(shapely.transform(shapes, lambda points: points / size))

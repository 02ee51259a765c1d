"""The looks, one module for each, and the table of them by name."""

from __future__ import annotations

from videos.visualizer.looks.base import Look
from videos.visualizer.looks.city import City
from videos.visualizer.looks.horizon import Horizon
from videos.visualizer.looks.rings import Rings
from videos.visualizer.looks.silk import Silk
from videos.visualizer.looks.stage import Stage
from videos.visualizer.looks.street import Street
from videos.visualizer.looks.tunnel import Tunnel
from videos.visualizer.looks.valley import Valley
from videos.visualizer.looks.voyage import Voyage

LOOKS: dict[str, type[Look]] = {
    "silk": Silk,
    "tunnel": Tunnel,
    "rings": Rings,
    "horizon": Horizon,
    "stage": Stage,
    "valley": Valley,
    "voyage": Voyage,
    "city": City,
    "street": Street,
}

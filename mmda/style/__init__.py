"""Image-level adaptation: source images in the target's look.

``colour_maps`` and ``fourier`` need no training, :mod:`mmda.style.cyclegan` is trained;
:mod:`mmda.style.translate` writes a translated copy of a tiled dataset with any of them. This
package itself imports without torch.
"""

from mmda.style.colour_maps import ColourMap, CovarianceMap, LabMap, MeanStdMap, QuantileMap
from mmda.style.fourier import transfer_amplitude

__all__ = [
    "ColourMap",
    "CovarianceMap",
    "LabMap",
    "MeanStdMap",
    "QuantileMap",
    "transfer_amplitude",
]

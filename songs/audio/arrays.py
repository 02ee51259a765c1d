"""The arrays of hearing: their types, and how many analysis frames a second they have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Array = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

SAMPLE_RATE = 22_050
HOP_LENGTH = 220
ANALYSIS_RATE = SAMPLE_RATE / HOP_LENGTH  # analysis frames per second, about 100.2

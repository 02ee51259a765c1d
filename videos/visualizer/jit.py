"""The one door to numba: single-precision kernels that release the interpreter lock.

Numba types a literal such as ``0.5`` as a double, and one double in an inner loop halves the
vector width of all that it touches. ``kernel`` and ``inline`` therefore turn the literals of a
function into single-precision numbers before it is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

OPTIONS: dict[str, Any] = {
    "fastmath": True,
    "cache": True,
    "error_model": "numpy",
    "nogil": True,
}

f32: Any = np.float32
Real: TypeAlias = Any  # a float32 inside kernels


def kernel(function: Function) -> Function:
    """Compile a function on arrays; Python floats among its arguments become float32."""
    compiled = numba.njit(**OPTIONS)(_single_precision(function))

    @wraps(function)
    def call(*arguments: Any) -> Any:
        return compiled(*[f32(a) if isinstance(a, float) else a for a in arguments])

    call.compiled = compiled  # type: ignore[attr-defined]
    return cast(Function, call)


def inline(function: Function) -> Function:
    """Compile a small function that only kernels call; it is inlined into them."""
    compiled = numba.njit(inline="always", **OPTIONS)(_single_precision(function))
    return cast(Function, compiled)


def _single_precision(function: Callable[..., Any]) -> Callable[..., Any]:
    source = cast(FunctionType, function)
    constants = tuple(f32(c) if isinstance(c, float) else c for c in source.__code__.co_consts)
    twin = FunctionType(
        source.__code__.replace(co_consts=cast(Any, constants)),
        source.__globals__,
        source.__name__,
        source.__defaults__,
        source.__closure__,
    )
    twin.__qualname__ = source.__qualname__
    twin.__module__ = source.__module__
    twin.__doc__ = source.__doc__
    return twin


@inline
def sine(x: Real) -> Real:
    """Sine of x in radians by a polynomial, off by at most 0.001."""
    turn = x * 0.15915494
    turn = turn - np.floor(turn + 0.5)
    y = 8.0 * turn - 16.0 * turn * abs(turn)
    return 0.225 * (y * abs(y) - y) + y


@inline
def unit(x: Real) -> Real:
    """x held within 0..1."""
    return min(max(x, f32(0.0)), f32(1.0))


@inline
def smooth(low: Real, high: Real, x: Real) -> Real:
    """0 below low, 1 above high, an S between."""
    t = min(max((x - low) / (high - low), f32(0.0)), f32(1.0))
    return t * t * (3.0 - 2.0 * t)


@inline
def mix(a: Real, b: Real, share: Real) -> Real:
    """a where share is 0, b where it is 1."""
    return a + (b - a) * share


@inline
def lattice(table: Real, x: Real, y: Real) -> Real:
    """The square table (side a power of two) at x, y in cells: bilinear, repeating."""
    mask = table.shape[0] - 1
    fx = np.floor(x)
    fy = np.floor(y)
    i = int(fx)
    j = int(fy)
    u = x - fx
    v = y - fy
    left, right = i & mask, (i + 1) & mask
    above, below = table[j & mask], table[(j + 1) & mask]
    top = above[left] + (above[right] - above[left]) * u
    bottom = below[left] + (below[right] - below[left]) * u
    return top + (bottom - top) * v


@inline
def turn_of(x: Real, y: Real) -> Real:
    """The direction of x, y as a share of a full turn, -0.5..0.5, off by at most 0.0002."""
    wide, high = abs(x), abs(y)
    ratio = min(wide, high) / (max(wide, high) + 1e-9)
    square = ratio * ratio
    angle = ratio * (0.15902 + square * (-0.05145 + square * (0.0237 - square * 0.00628)))
    angle = 0.25 - angle if high > wide else angle
    angle = 0.5 - angle if x < 0.0 else angle
    return -angle if y < 0.0 else angle


@inline
def chance(a: Real, b: Real) -> Real:
    """A number in 0..1 that looks random, the same for the same whole numbers a, b."""
    n = np.uint32(a) * np.uint32(374761393) + np.uint32(b) * np.uint32(668265263)
    n = (n ^ (n >> np.uint32(13))) * np.uint32(1274126177)
    n = n ^ (n >> np.uint32(16))
    return f32(n & np.uint32(0xFFFFFF)) * 5.9604645e-08

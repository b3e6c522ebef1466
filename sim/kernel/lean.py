"""Arrays handed from function to function in two words instead of seven.

Numba passes an array as seven words, and a driver's decision calls a dozen functions with a dozen arrays each: writing
them down took a fifth of the kernel's time. `sim.kernel.step.advance` therefore makes those arrays *lean*: where they
begin and how many items they have. An index must not be negative. The interpreter knows no difference.
"""

import operator
from typing import Any, TypeVar

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.cpython.unsafe.numbers import trailing_zeros
from numba.extending import intrinsic, lower_builtin, make_attribute_wrapper, models, overload, register_model

from sim.kernel.state import LINE

T = TypeVar("T")


class Lean(types.Type):
    """Numba's type of a one-dimensional array without gaps, of records or numbers."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lean({dtype})")


@register_model(Lean)
class _Model(models.StructModel):
    def __init__(self, manager: Any, kind: Lean) -> None:
        super().__init__(manager, kind, [("data", types.CPointer(kind.dtype)), ("size", types.intp)])


make_attribute_wrapper(Lean, "size", "size")


def lean(array: T) -> T:
    """Return the same items, to be handed on in two words."""
    return array


@intrinsic
def _lean(context: Any, array: Any) -> Any:
    del context
    kind = Lean(array.dtype)

    def build(context: Any, builder: Any, _: Any, values: Any) -> Any:
        given = context.make_array(array)(context, builder, values[0])
        made = cgutils.create_struct_proxy(kind)(context, builder)
        made.data = given.data
        made.size = given.nitems
        return made._getvalue()

    return kind(array), build


@overload(lean)
def _lean_of(array):  # type: ignore[no-untyped-def]
    if isinstance(array, types.Array) and array.ndim == 1 and array.layout == "C":
        return lambda array: _lean(array)  # type: ignore[call-arg]  # noqa: PLW0108
    return None


def fetch(array: Any, index: int, line: int) -> None:
    """Have a cache line of an item brought in that will be read soon; without effect on any result.

    An index beyond the array is allowed.
    """


@intrinsic
def _fetch(context: Any, array: Any, index: Any, line: Any) -> Any:
    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = sig.args[0]
        data = cgutils.create_struct_proxy(kind)(context, builder, args[0]).data
        item = builder.gep(data, [args[1]])
        byte = ir.IntType(8).as_pointer()
        at = builder.gep(builder.bitcast(item, byte), [builder.mul(args[2], args[2].type(LINE))])
        flag = ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        ask = cgutils.get_or_insert_function(builder.module, shape, "llvm.prefetch.p0i8")
        builder.call(ask, [at, flag(0), flag(3), flag(1)])  # to read, into all caches, data
        return context.get_dummy_value()

    return types.none(array, types.intp, types.intp), build


@overload(fetch)
def _fetch_of(array, index, line):  # type: ignore[no-untyped-def]
    if isinstance(array, Lean):
        return lambda array, index, line: _fetch(array, index, line)  # type: ignore[call-arg]  # noqa: PLW0108
    return lambda array, index, line: None


def lowest(bits: int) -> int:
    """Return the place of the lowest bit set in a number above 0."""
    return (bits & -bits).bit_length() - 1


@overload(lowest)
def _lowest_of(bits):  # type: ignore[no-untyped-def]
    return lambda bits: trailing_zeros(bits)  # type: ignore[call-arg]  # noqa: PLW0108


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        del kws
        if isinstance(args[0], Lean) and isinstance(args[1], types.Integer):
            return signature(args[0].dtype, args[0], types.intp)
        return None


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        del kws
        if isinstance(args[0], Lean) and isinstance(args[1], types.Integer):
            return signature(types.none, args[0], types.intp, args[0].dtype)
        return None


def _place(context: Any, builder: Any, kind: Lean, given: Any, index: Any) -> Any:
    array = cgutils.create_struct_proxy(kind)(context, builder, given)
    return builder.gep(array.data, [index], inbounds=True)


@lower_builtin(operator.getitem, Lean, types.Integer)
def _get(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    return context.unpack_value(builder, kind.dtype, _place(context, builder, kind, *args))


@lower_builtin(operator.setitem, Lean, types.Integer, types.Any)
def _set(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    context.pack_value(builder, kind.dtype, args[2], _place(context, builder, kind, *args[:2]))
    return context.get_dummy_value()

"""Arrays handed from function to function in two words instead of seven, whose fields the compiler tells apart.

Numba passes an array as seven words, and a driver's decision calls a dozen functions with a dozen arrays each: writing
them down took a fifth of the kernel's time. `sim.kernel.step.advance` therefore makes those arrays *lean*: where they
begin and how many items they have. An index must not be negative. The interpreter knows no difference.

Whatever is written down could be anything that was read before, as far as Numba tells the compiler, which then reads it
all again. A record of a lean array is an `Item`: each of its fields is told to be a memory of its own.
"""

import operator
from typing import Any, TypeVar

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature
from numba.cpython.unsafe.numbers import trailing_zeros
from numba.extending import (
    intrinsic,
    lower_builtin,
    lower_getattr_generic,
    lower_setattr_generic,
    make_attribute_wrapper,
    models,
    overload,
    register_model,
)

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


@overload(lowest, inline="always")
def _lowest_of(bits):  # type: ignore[no-untyped-def]
    return lambda bits: trailing_zeros(bits)  # type: ignore[call-arg]  # noqa: PLW0108


class Item(types.Type):
    """Numba's type of a record in a lean array."""

    def __init__(self, record: Any) -> None:
        self.record = record
        super().__init__(name=f"Item({record})")


@register_model(Item)
class _ItemModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Item) -> None:
        super().__init__(manager, kind, ir.ArrayType(ir.IntType(8), kind.record.size).as_pointer())


def _tagged(builder: Any, instruction: Any, what: str) -> Any:
    """Tell the compiler that memory read or written as this is never so as anything else (LLVM: `tbaa`)."""
    module = builder.module
    node = module.add_metadata([what, module.add_metadata(["dropoff"])])
    instruction.set_metadata("tbaa", module.add_metadata([node, node, ir.Constant(ir.IntType(64), 0)]))
    return instruction


def _read(context: Any, builder: Any, kind: Any, at: Any, what: str) -> Any:
    return context.data_model_manager[kind].from_data(builder, _tagged(builder, builder.load(at), what))


def _write(context: Any, builder: Any, kind: Any, value: Any, at: Any, what: str) -> None:
    _tagged(builder, builder.store(context.data_model_manager[kind].as_data(builder, value), at), what)


def _field(context: Any, builder: Any, item: Item, given: Any, name: str) -> tuple[Any, Any, str]:
    """Return where a field is, the type of what stands there (of a row of numbers: of each), and what it is told as."""
    whole = item.record.typeof(name)
    kind = whole.dtype if isinstance(whole, types.NestedArray) else whole
    at = cgutils.get_record_member(builder, given, item.record.offset(name), context.get_data_type(kind))
    return at, kind, f"{item.record.size} {name}"


@infer_getattr
class _Fields(AttributeTemplate):
    key = Item

    def generic_resolve(self, item: Any, name: str) -> Any:  # type: ignore[override]
        if name not in item.record.fields:
            return None
        kind = item.record.typeof(name)
        return Lean(kind.dtype) if isinstance(kind, types.NestedArray) else kind


@lower_getattr_generic(Item)
def _get_field(context: Any, builder: Any, item: Item, given: Any, name: str) -> Any:
    at, kind, what = _field(context, builder, item, given, name)
    whole = item.record.typeof(name)
    if not isinstance(whole, types.NestedArray):
        return _read(context, builder, kind, at, what)
    made = cgutils.create_struct_proxy(Lean(kind))(context, builder)
    made.data = at
    made.size = context.get_constant(types.intp, whole.nitems)
    return made._getvalue()


@lower_setattr_generic(Item)
def _set_field(context: Any, builder: Any, sig: Any, args: Any, name: str) -> None:
    at, kind, what = _field(context, builder, sig.args[0], args[0], name)
    _write(context, builder, kind, context.cast(builder, args[1], sig.args[1], kind), at, what)


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        del kws
        if isinstance(args[0], Lean) and isinstance(args[1], types.Integer):
            kind = args[0].dtype
            return signature(Item(kind) if isinstance(kind, types.Record) else kind, args[0], types.intp)
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
    at = _place(context, builder, kind, *args)
    return at if isinstance(kind.dtype, types.Record) else _read(context, builder, kind.dtype, at, str(kind.dtype))


@lower_builtin(operator.setitem, Lean, types.Integer, types.Any)
def _set(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    _write(context, builder, kind.dtype, args[2], _place(context, builder, kind, *args[:2]), str(kind.dtype))
    return context.get_dummy_value()

"""Write a successive-approximation ADC with a capacitor array of any resolution, in three grades of fidelity.

Bottom-plate sampling: the top plate opens before the bottom plates, so that what the switches inject does not depend on
the input. Each bit has one latch as a current into a capacitor, set and cleared by phases that all columns share; the
most significant bit is set by the reset, while the input is still sampled, because the top plate would leave the rails
otherwise. The decision is latched: a comparator that follows its input flips back while a bit is being cleared.
"""

from collections.abc import Iterator
from typing import Any, Literal, get_args

from circuitsim.blocks.generated.card import folded, logic_energy, phase, shared, span

SarGrade = Literal["switches", "strongarm", "transistors"]
SAR_GRADES: tuple[SarGrade, ...] = get_args(SarGrade)
"""Ideal switches and an ideal latched comparator; ideal switches and a StrongARM; transistors and a StrongARM."""

_TITLES = {
    "switches": "SAR with capacitor array: ideal switches, ideal latched comparator",
    "strongarm": "SAR with capacitor array: ideal switches, StrongARM comparator",
    "transistors": "SAR with capacitor array: transmission gates and StrongARM comparator, 130 nm transistors",
}
_MISMATCH = ("dv1", "dv2", "dv3", "dv4")
_PMOS = 4
"""Width of the switches to ref over those to vss, at which both have the same resistance.

The comparator kicks back through the switches that are on. Where they differ, so does its offset from code to code:
with a ratio of 2 it falls by .38 LSB over the range with a step of .06 LSB in the middle (INL .034, DNL .055 LSB), with
4 it stays within .09 LSB (INL .012, DNL .007 LSB).
"""


def sar_files(name: str, bits: int, grade: SarGrade, *, converters: str) -> tuple[str, dict[str, Any]]:
    """Return the text of `block.lib` and the content of `block.toml`.

    Args:
        name: Name of the block and of its sub-circuit.
        bits: Resolution.
        grade: How much of it is transistors; see `SAR_GRADES`.
        converters: Path of `netlists/converters` as the file includes it.
    """
    return _lib(name, bits, grade, converters), _card(bits, grade)


def _numbered(letter: str, count: int) -> list[str]:
    return [f"{letter}{k}" for k in range(count - 1, -1, -1)]


def _ports(bits: int, grade: SarGrade) -> list[str]:
    rails = ["in", "ref", "cm"] if grade == "switches" else ["in", "ref", "cm", "vdd"]
    points = ["top"] if grade == "switches" else ["top", "dummy"]
    phases = [*_numbered("s", bits - 1), *_numbered("d", bits), *_numbered("c", bits)]
    return [*rails, "vss", "smp", "smpt", "rst", *phases, *_numbered("b", bits), *points]


def _parameters(bits: int, grade: SarGrade) -> dict[str, tuple[float, str, str]]:
    """Value, unit and SPICE text of each parameter."""
    found = {"cu": (2e-15, "F", "2f"), "cp": (2e-14, "F", "20f")}
    if grade != "transistors":
        found["ron"] = (300.0, "ohm", "300")
    found |= {f"e{k}": (0.0, "1", "0") for k in range(bits)} | {"ed": (0.0, "1", "0")}
    offsets = ("vos",) if grade == "switches" else _MISMATCH
    return found | dict.fromkeys(offsets, (0.0, "V", "0"))


def _lib(name: str, bits: int, grade: SarGrade, converters: str) -> str:
    ports = _ports(bits, grade)
    lines = [
        f"* name:    {name}",
        "* ports:   " + " ".join(ports),
        "* source:  charge-redistribution SAR; textbook circuit, own work"
        + (", on the textbook-scale cards nmos_130 and pmos_130" if grade == "transistors" else ""),
        "* licence: GPL-3.0-or-later",
        f"* valid:   {bits} bits, inputs from 0 to ref, -40 to 125 C",
        "* tested:  ngspice 39.3",
        f"* Written by circuitsim.blocks.write_block('sar', ...), {bits} bits, grade {grade!r}.",
        "* Phases and bits are logic, 0 and 1 V. Bit k weighs 2^k cu (1 + ek); cp is the parasitic of the top plate.",
        "* While clocked, the comparator says 'too high' where v(top) is above the voltage that it was sampled at.",
    ]
    if grade != "switches":
        lines.append(f'.include "{converters}/strongarm/block.lib"')
    defaults = " ".join(f"{key}={text}" for key, (_, _, text) in _parameters(bits, grade).items())
    lines += folded(f".subckt {name} {' '.join(ports)} params: {defaults}")
    if grade != "transistors":
        lines.append(".model sar_switch sw vt=0.5 vh=0.2 ron={ron} roff=1e12")
    lines += [*_top(bits, grade)]
    for k in [*range(bits - 1, -1, -1), None]:
        lines += [*_slice(k, bits, grade)]
    return "\n".join([*lines, *_comparator(bits, grade), f".ends {name}", ""])


def _top(bits: int, grade: SarGrade) -> Iterator[str]:
    """The top plate, its sampling switch, and for a StrongARM a dummy of equal size at its other input."""
    sides = ["top"] if grade == "switches" else ["top", "dummy"]
    if grade == "transistors":
        yield "bsp sp vss v=v(vdd,vss)*v(smp)"
        yield "bsn sn vss v=v(vdd,vss)*(1-v(smp))"
        yield "btp tp vss v=v(vdd,vss)*v(smpt)"
        yield "btn tn vss v=v(vdd,vss)*(1-v(smpt))"
    for side in sides:
        if grade == "transistors":
            yield f"xtn_{side} {side} tp cm vss nmos_130 w=2u l=0.13u"
            yield f"xtp_{side} {side} tn cm vdd pmos_130 w=4u l=0.13u"
        else:
            yield f"st_{side} {side} cm smpt 0 sar_switch"
    yield "cp top vss {cp}"
    if grade == "strongarm":  # what the capacitors see through their switches, all of one resistance: ron Σ 4^-k
        yield "rdummy dummy below {ron/3}"
    if grade != "switches":
        yield f"cdummy {'below' if grade == 'strongarm' else 'dummy'} vss {{cp+{2**bits}*cu}}"


def _slice(k: int | None, bits: int, grade: SarGrade) -> Iterator[str]:
    """One capacitor with its switches and its latch; k None: the capacitor that completes the array."""
    tag, weight = ("d", 1) if k is None else (str(k), 2**k)
    if weight == 1:
        yield f"c{tag} top p{tag} {{cu*(1+e{tag})}}"
    else:
        yield f"c{tag} top p{tag} {{{weight}*cu*(1+e{tag})}}"
    if k is not None:
        kept = "v(rst)" if k == bits - 1 else f"v(s{k})"
        clear = f"v(d{k})*v(high)" + ("" if k == bits - 1 else "+v(rst)")
        yield f"bl{k} 0 b{k} i=1m*((1-v(b{k}))*{kept}-v(b{k})*({clear}))"
        yield f"cb{k} b{k} 0 20f"
        yield f"rb{k} b{k} 0 1e9"
    yield from (_gates if grade == "transistors" else _switches)(tag, weight, k is None)


def _switches(tag: str, weight: int, last: bool) -> Iterator[str]:
    yield f"ss{tag} in p{tag} smp 0 sar_switch"
    if last:
        yield f"bf{tag} f{tag} 0 v=1-v(smp)"
    else:
        yield f"be{tag} e{tag} 0 v=v(b{tag})*(1-v(smp))"
        yield f"sp{tag} ref p{tag} e{tag} 0 sar_switch"
        yield f"bf{tag} f{tag} 0 v=(1-v(b{tag}))*(1-v(smp))"
    yield f"sn{tag} p{tag} vss f{tag} 0 sar_switch"


def _gates(tag: str, weight: int, last: bool) -> Iterator[str]:
    w = round(max(0.4, 0.4 * weight**0.5), 3)
    yield f"xs{tag} in sp p{tag} vss nmos_130 w={w}u l=0.13u"
    yield f"xq{tag} in sn p{tag} vdd pmos_130 w={2 * w}u l=0.13u"
    if last:
        yield f"bf{tag} f{tag} vss v=v(vdd,vss)*(1-v(smp))"
    else:
        yield f"be{tag} e{tag} vss v=v(vdd,vss)*(1-v(b{tag})*(1-v(smp)))"
        yield f"xp{tag} p{tag} e{tag} ref vdd pmos_130 w={round(_PMOS * w, 3)}u l=0.13u"
        yield f"bf{tag} f{tag} vss v=v(vdd,vss)*(1-v(b{tag}))*(1-v(smp))"
    yield f"xn{tag} p{tag} f{tag} vss vss nmos_130 w={w}u l=0.13u"


def _comparator(bits: int, grade: SarGrade) -> Iterator[str]:
    yield "bclk clk 0 v=" + "+".join(f"v(c{k})" for k in range(bits - 1, -1, -1))
    if grade == "switches":
        yield "bhigh 0 high i=1m*(0.5*(1+tanh((v(top)-v(cm)+{vos})/20u))-v(high))*v(clk)"
        yield "chigh high 0 20f"
        yield "rhigh high 0 1e9"
    else:
        given = " ".join(f"{key}={{{key}}}" for key in _MISMATCH)
        yield f"xcmp top dummy clk high vdd vss strongarm {given}"


def _timing(grade: SarGrade) -> dict[str, float]:
    return {
        "t_sample": 7e-9,
        "t_bit": 2e-9,
        "t_settle": 1e-9,
        "t_decide": 0.6e-9,
        "t_compare": 0.48e-9 if grade == "switches" else 0.95e-9,
        "t_clear": 0.28e-9,
        "t_set": 0.2e-9,
        "t_gap": 1e-10,
        "t_end": 1e-9,
    }


def _card(bits: int, grade: SarGrade) -> dict[str, Any]:
    phases = {"sample": "smp", "sample_top": "smpt", "reset": "rst", "set": "s{k}", "clear": "d{k}", "compare": "c{k}"}
    ports: dict[str, Any] = {"in": "in", "ref": "ref", "cm": "cm", "vss": "vss", "phases": phases, "bits": "b{k}"}
    ports["plus"] = "top"
    missing = ["logic: one latch a bit as a current source", "layout parasitics"]
    if grade == "switches":
        missing += ["noise of the comparator"]
        missing[:0] = ["transistors: switches of constant resistance, an ideal comparator with its decision latched"]
    else:
        ports |= {"vdd": "vdd", "minus": "dummy"}
    if grade == "strongarm":
        missing[:0] = ["transistors of the switches"]
    at = "t_sample + (n - 1 - k) * t_bit"
    card: dict[str, Any] = {
        "schema": 1,
        "kind": "converter",
        "title": f"{_TITLES[grade]}, {bits} bits",
        "ports": ports,
        "output": "bits",
        "ready": "t_sample + n * t_bit + t_end",
        "logic_energy": logic_energy(bits * 3e-14, "two flip-flops a bit: 40 gates of 0.45 fF at 1.8 V, half of them"),
        "not_modelled": missing,
        "phases": {
            "sample": phase("t_gap", "t_sample - 6 * t_gap", "the bottom plates follow the input"),
            "sample_top": phase("t_gap", "t_sample - 10 * t_gap", "the top plate is held at cm"),
            "reset": phase("t_gap", "5 * t_gap", "the top bit is set, the others are cleared"),
            "set": phase("t_sample + (n - k) * t_bit", "t_set", "bit k is tried"),
            "compare": phase(f"{at} + t_settle", "t_compare", "the comparator decides on bit k"),
            "clear": phase(f"{at} + t_settle + t_decide", "t_clear", "bit k is cleared if the array is too high"),
        },
        "timing": shared("textbook scale")
        | {key: {"value": value, "unit": "s"} for key, value in _timing(grade).items()},
        "parameters": shared("sizing of this project")
        | {key: {"value": value, "unit": unit} for key, (value, unit, _) in _parameters(bits, grade).items()},
        "temperature": span(27, -40, 125, "range in which the block was run"),
    }
    if grade == "switches":
        card["reference"] = span(1.8, 0.6, 3.3, "range in which the block was run")
    else:
        card["comparator"] = "strongarm"
        card["supply"] = span(1.8, 1.62, 1.98, "nominal voltage of the cards, plus and minus 10 %")
    return card

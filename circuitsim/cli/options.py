"""Every number that an option takes, and its range: one table, checked when the command line is read."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from circuitsim.cli.choices import DRAWN_CAUSES, WORDS, one_of
from circuitsim.errors import InputError
from circuitsim.spec import shown, spice_name
from circuitsim.units import parse_quantity


@dataclass(frozen=True)
class Limits:
    """Range of the number that an option takes.

    Attributes:
        low, high: Smallest and largest value.
        whole: Only whole numbers.
        above: `low` itself is excluded.
        suffixes: The number may have a SPICE suffix, such as 200m.
        also: One more value, with its meaning.
    """

    low: float
    high: float
    whole: bool = True
    above: bool = False
    suffixes: bool = False
    also: tuple[int, str] | None = None

    @property
    def expected(self) -> str:
        """The range in words."""
        kind = "a whole number" if self.whole else "a number"
        more = f", or {self.also[0]} for {self.also[1]}" if self.also else ""
        if self.low == 0 and not self.above and self.high >= _LARGEST_SEED:
            return f"{kind} greater than or equal to 0, and at most {_LARGEST_SEED}"
        start = f"above {self.low:g} and up" if self.above else f"from {self.low:g}"
        return f"{kind} {start} to {self.high:.10g}{more}"


_LARGEST_SEED = 2**63 - 1
_MILLI = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*([mM])\s*")
LIMITS = {
    "--adc-gain-sigma": Limits(0, 0.3, whole=False, above=True),
    "--adc-noise": Limits(0, 1000, whole=False, above=True),
    "--adc-offset-sigma": Limits(0, 1000, whole=False, above=True),
    "--batch-axis": Limits(0, 64),
    "--bits": Limits(1, 12),
    "--calibration-images": Limits(1, 10**9),
    "--capacitor-sigma": Limits(0, 1, whole=False, above=True),
    "--draws": Limits(1, 10**6),
    "--chips": Limits(1, 10**6),
    "--columns-per-adc": Limits(1, 4096),
    "--full-scale": Limits(0, 1000, whole=False, above=True, suffixes=True),
    "--images": Limits(1, 10**9),
    "--jobs": Limits(1, 1024, also=(-1, "one on every core")),
    "--largest": Limits(2, 4096),
    "--memory": Limits(1e6, 1e15, whole=False, suffixes=True),
    "--mac-energy": Limits(0, 1, whole=False, above=True, suffixes=True),
    "--max-loss": Limits(0, 10**9, whole=False),
    "--max-error": Limits(0, 1, whole=False, above=True),
    "--max-rms": Limits(0, 1, whole=False, above=True),
    "--max-worst": Limits(0, 1, whole=False, above=True),
    "--ngspice-up-to": Limits(0, 4096),
    "--noise-seed": Limits(0, _LARGEST_SEED),
    "--offset-sigma": Limits(0, 10, whole=False, above=True, suffixes=True),
    "--repeats": Limits(1, 1000),
    "--seed": Limits(0, _LARGEST_SEED),
    "--states": Limits(2, 1000),
    "--tasks": Limits(1, 100_000),
    "--temperature": Limits(-273.15, 1000, whole=False, above=True),
    "--temperature-c": Limits(-273.15, 1000, whole=False, above=True),
    "--v-read": Limits(0, 1000, whole=False, above=True, suffixes=True),
    "--workers": Limits(1, 1024),
}


def within(option: str) -> Callable[[str | float], float]:
    """Return a parser for the value of an option that refuses what is outside its limits.

    The parser raises InputError, in one sentence with the option, the value and the range.
    """
    limits = LIMITS[option]

    def number(value: str | float) -> float:
        parsed = _read(value, limits)
        if limits.suffixes and (plain := _meant_as_mega(value, parsed, limits)):
            raise InputError(f"{option} = {shown(value)}: m and M are milli in SPICE; write {plain}meg or {plain}e6")
        fits = limits.low < parsed <= limits.high if limits.above else limits.low <= parsed <= limits.high
        if not (fits or (limits.also and parsed == limits.also[0])):
            raise InputError(f"{option} = {shown(value)}: expected {limits.expected}")
        return parsed

    return number


def plain_name(value: str) -> str:
    """Return the value of --name if SPICE and Verilog take it as a name.

    Raises:
        InputError: It contains anything but letters, digits and `_`, or is too long.
    """
    try:
        return spice_name(value)
    except ValueError as error:
        raise InputError(f"--name: {error}") from None


def _meant_as_mega(value: str | float, parsed: float, limits: Limits) -> str:
    """Return the digits before an M, or before an m where only mega is in the range; "" for other values."""
    found = _MILLI.fullmatch(value) if isinstance(value, str) else None
    if found is None or (found[2] == "m" and not parsed < limits.low <= parsed * 1e9):
        return ""
    return found[1]


def _read(value: str | float, limits: Limits) -> float:
    """Return the number; NaN, which is in no range, if there is none."""
    try:
        if limits.suffixes:
            return parse_quantity(value)
        return int(value) if limits.whole else float(value)
    except (ValueError, OverflowError, InputError):
        return math.nan


Seed = Annotated[int, typer.Option("--seed", parser=within("--seed"), metavar="N", help="Seed of all random numbers.")]
Jobs = Annotated[
    int, typer.Option("--jobs", parser=within("--jobs"), metavar="N", help="Number of decks solved at the same time.")
]
Repeats = Annotated[
    int, typer.Option(parser=within("--repeats"), metavar="N", help="Runs of each timing; the median counts.")
]
NoiseSeed = Annotated[
    int | None,
    typer.Option(
        "--noise-seed",
        parser=within("--noise-seed"),
        metavar="N",
        help="Add the noise of drivers, sense amplifiers and ADCs that are circuits, drawn with this seed.",
    ),
]
Chips = Annotated[
    int | None,
    typer.Option(
        "--chips",
        parser=within("--chips"),
        metavar="N",
        help="With --codes: also the codes of N chips whose ADCs differ, drawn with --seed; needs --capacitor-sigma or "
        "--offset-sigma.",
    ),
]
CapacitorSigma = Annotated[
    float | None,
    typer.Option(
        "--capacitor-sigma",
        parser=within("--capacitor-sigma"),
        metavar="R",
        help="Standard deviation of a unit capacitor of a SAR, relative; with --chips.",
    ),
]
OffsetSigma = Annotated[
    float | None,
    typer.Option(
        "--offset-sigma",
        parser=within("--offset-sigma"),
        metavar="V",
        help="Standard deviation of the offset of each comparator [V]; with --chips.",
    ),
]
FullScale = Annotated[
    float | None,
    typer.Option(
        "--full-scale",
        parser=within("--full-scale"),
        metavar="A",
        help="With --codes: current of the largest code of an ideal ADC [A], where adc.full_scale is 'auto'.",
    ),
]
ReadVoltage = Annotated[
    float,
    typer.Option(
        "--v-read", parser=within("--v-read"), metavar="V", help="Voltage at which g is the chord conductance [V]."
    ),
]
SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="Specification of the array, a TOML file.")]
PlotFile = Annotated[
    Path | None, typer.Option("--plot", help="Draw its curves into this file: .png and .svg beside each other.")
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder (or file) to write.")]
CertificateFile = Annotated[
    Path | None, typer.Option(help="Certificate of the model (certificate.json): warns of a use outside it.")
]
CalibrationImages = Annotated[
    int | None,
    typer.Option(
        "--calibration-images",
        parser=within("--calibration-images"),
        metavar="N",
        help="Number of images, from the first on, that set the ranges and are not scored; absent: 200, or half of the"
        " images if there are fewer than 400.",
    ),
]
CalibrationData = Annotated[
    Path | None,
    typer.Option(
        "--calibration-data", help="File of the images that set the ranges; all images of --data are then scored."
    ),
]
Extrapolate = Annotated[
    bool, typer.Option("--extrapolate", help="Continue where the statistics were not measured, with a warning.")
]
AdcRangePer = Annotated[
    str,
    typer.Option(
        "--adc-range-per",
        parser=one_of("--adc-range-per"),
        metavar="WORD",
        help="What gets its own ADC range: layer, tile or column; needs adc.full_scale = auto.",
    ),
]
InputRangePer = Annotated[
    str,
    typer.Option(
        "--input-range-per",
        parser=one_of("--input-range-per"),
        metavar="WORD",
        help="What gets its own input range: layer, or tile; layers on several rows of tiles then take longer.",
    ),
]
DrawnCause = Annotated[
    list[str] | None,
    typer.Option(
        "--cause",
        parser=one_of("--cause", (*DRAWN_CAUSES, "none")),
        metavar="WORD",
        help=f"What acts on cells: {', '.join(DRAWN_CAUSES)}; repeat it; or none, beside --temperature or options that"
        " let converters differ. Absent: all that the device's card states.",
    ),
]
Cause = Annotated[
    list[str] | None,
    typer.Option(
        "--cause",
        parser=one_of("--cause"),
        metavar="WORD",
        help=f"What acts: {', '.join(WORDS['--cause'])}; repeat it. Absent: all that the array has and its device's"
        " card states.",
    ),
]
ScoredOutput = Annotated[
    str | None, typer.Option("--output", help="Output of the network that is scored, where it has several.")
]
Digital = Annotated[
    list[str] | None,
    typer.Option("--digital", metavar="LAYER", help="Layer that stays digital; repeatable."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", help="Output to compute, or any tensor of the network; absent: its only one of real numbers."
    ),
]
BatchAxis = Annotated[
    int | None,
    typer.Option(
        "--batch-axis",
        parser=within("--batch-axis"),
        metavar="N",
        help="Axis of the inputs along which the network takes several images; absent: the first of any length.",
    ),
]
MaxError = Annotated[
    float | None,
    typer.Option(
        parser=within("--max-error"),
        metavar="E",
        help="Largest error allowed among those found for matrices of the same column load, as a fraction of full"
        " scale: a matrix above it warns, or is refused with --strict. Needs --certificate.",
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Refuse a use outside the certificate, and a model that misses its target."),
]
ColumnsPerAdc = Annotated[
    int,
    typer.Option(
        "--columns-per-adc",
        parser=within("--columns-per-adc"),
        metavar="N",
        help="Columns that an ADC converts one after the other, for times, energy and area.",
    ),
]
Converter = Annotated[
    str | None,
    typer.Option(
        "--converter",
        metavar="NAME",
        help="Shipped converter (circuitsim block list) whose energy and time are used for an ideal ADC; it is"
        " characterized once, which takes a minute or more.",
    ),
]
CostsFile = Annotated[
    Path | None,
    typer.Option(
        "--costs",
        help="Your own costs, a TOML file: [adc] energy, time, area, source; [driver], [sense] area, source;"
        " [addition], [byte], [mac] energy, source; SI units. Absent: published ones.",
    ),
]

"""`circuitsim solve --codes`: an array from DAC codes to ADC codes; and the deck of such a chain."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitsim.cli.matrix_files import origin_of, read_codes_file, read_conductances
from circuitsim.cli.output import announce, print_result, progress_bar
from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec, check_codes

if TYPE_CHECKING:
    from circuitsim.results import ChainWaveforms

LONG_S = 10.0  # a run that takes longer is announced


def has_circuits(spec: ArraySpec) -> bool:
    """Tell whether [driver] or [adc] names a circuit, so that the array's deck is that of a whole chain."""
    return spec.driver.block is not None or spec.adc.block is not None


def one_of(in_codes: bool, inputs: Path | None, codes: Path | None, *, nodes: bool = False) -> None:
    """Refuse options that do not go together, or would have no effect.

    Raises:
        InputError: Names both.
    """
    if inputs is not None and codes is not None:
        raise InputError("--inputs and --codes are given: expected one of them, voltages or DAC codes")
    if in_codes and inputs is not None:
        raise InputError("--inputs has no effect: [driver] or [adc] names a circuit, which takes --codes")
    if not in_codes and codes is not None:
        raise InputError("--codes has no effect: neither [driver] nor [adc] names a circuit; the deck takes --inputs")
    if nodes:
        raise InputError("--nodes has no effect with --codes: voltages at cells are those of a read of --inputs")


def dac_codes(spec: ArraySpec, path: Path | None) -> np.ndarray:
    """DAC codes (batch, rows) from a file; absent: every row at the largest code.

    Raises:
        InputError: The file cannot be read, or holds something else than codes; names the file.
    """
    from circuitsim.blocks import block_of
    from circuitsim.netlist import code_bits

    bits = code_bits(spec, block_of(spec, "driver"))
    if path is None:
        return np.full((1, spec.array.rows), 2.0**bits - 1)
    try:
        return check_codes(read_codes_file(path), bits, spec.array.rows, "the driver")
    except InputError as error:
        said = str(error)
        raise InputError(said if said.startswith(str(path)) else f"{path}: {said}") from None


def chain_deck(spec: ArraySpec, conductances: Path | None, codes: Path | None, seed: int) -> tuple[str, int]:
    """Return the deck of a chain, complete and with solver options, and the number of codes in it."""
    from circuitsim.truth import chain_text

    words = dac_codes(spec, codes)
    return chain_text(spec, read_conductances(spec, conductances, seed), words), len(words)


def solve_codes(
    spec: ArraySpec,
    out: Path,
    level: str,
    *,
    conductances: Path | None,
    codes: Path,
    seed: int,
    as_json: bool,
    **behavioral: Any,
) -> None:
    """Read an array from code to code, save the reading and print where."""
    from circuitsim import levels
    from circuitsim.chain import save_reading

    words, g = dac_codes(spec, codes), read_conductances(spec, conductances, seed)
    in_deck = level == "ngspice" and has_circuits(spec)
    if in_deck and not as_json:
        _announce_long(spec, g, words)
    title = f"reading {len(words)} code vector(s) of {spec.shape[0]}x{spec.shape[1]} at level {level}"
    with progress_bar(title, quiet=as_json) as progress:
        kept = {"folder": out / "ngspice", "progress": progress} if in_deck else {}
        reading = levels.convert_codes(spec, g, words, level, **behavioral, **kept)  # pyright: ignore[reportArgumentType]
    files = save_reading(out, reading, spec=spec, dac_codes=words, level=level)
    found = np.asarray(reading.codes)
    content = {
        "files": [str(file) for file in files],
        "level": level,
        "conductances": origin_of(spec, conductances, seed),
        "smallest_code": _plain(found.min()),
        "largest_code": _plain(found.max()),
        "unit": reading.unit,
        "ideal": list(reading.ideal),
        "spec_digest": spec.digest,
    }
    if reading.instances is not None:
        content["chips"] = len(reading.instances)
        content["chips_rms_codes"] = float(np.sqrt(np.mean((reading.instances - found) ** 2)))
    ideal = f", ideal: {', '.join(reading.ideal)}" if reading.ideal else ""
    text = f"{files[1]}: {len(words)} x {spec.shape[1]} codes from {found.min():.0f} to {found.max():.0f}{ideal}; "
    text += f"conductances: {content['conductances']}"
    if reading.instances is not None:
        text += f"\n{files[2]}: {content['chips']} chips, rms {content['chips_rms_codes']:.3g} codes from the card's"
    print_result(content, text, as_json)


def _plain(code: float) -> int | float:
    """Return a code as a whole number; the average of replicas may lie between."""
    return int(code) if code == round(code) else float(code)


def asked_of_codes(
    in_codes: bool,
    seed: int,
    *,
    noise_seed: int | None,
    chips: int | None,
    capacitor_sigma: float | None,
    offset_sigma: float | None,
    full_scale: float | None,
) -> dict[str, Any]:
    """Return what options ask of a read from code to code: its noise, chips whose ADCs differ, the ADC's full scale.

    Raises:
        InputError: An option goes with another one that is missing; names both.
    """
    given = {"--noise-seed": noise_seed, "--chips": chips}
    sigmas = {"--capacitor-sigma": capacitor_sigma, "--offset-sigma": offset_sigma}
    for option, value in (given | sigmas | {"--full-scale": full_scale}).items():
        if value is not None and not in_codes:
            raise InputError(f"{option} has no effect without --codes: a read of voltages passes no converter")
        if value is not None and option in sigmas and chips is None:
            raise InputError(f"{option} has no effect without --chips: expected the number of chips to draw")
    asked: dict[str, Any] = {} if full_scale is None else {"full_scale": full_scale}
    if noise_seed is not None:
        asked["rng"] = np.random.default_rng(noise_seed)
    if chips is not None:
        from circuitsim.characterization import AdcMismatch

        if capacitor_sigma is None and offset_sigma is None:
            raise InputError("--chips needs --capacitor-sigma or --offset-sigma: how far their ADCs differ")
        asked["mismatch"] = AdcMismatch(chips, seed, capacitor_sigma or 0.0, offset_sigma or 0.0)
    return asked


def _announce_long(spec: ArraySpec, g: np.ndarray, words: np.ndarray) -> None:
    """Announce a deck that will take long, or those of the arrays that techniques draw."""
    from circuitsim.levels import drawn_codes
    from circuitsim.spec import lay_out
    from circuitsim.truth import predict_chain

    arrays = lay_out(spec, g)
    first = arrays[0]
    prediction = predict_chain(first.spec, first.g, drawn_codes(spec, first, words))
    if prediction.seconds * len(arrays) > LONG_S:
        announce(prediction.sentence if len(arrays) == 1 else f"{len(arrays)} arrays: {prediction.sentence} each")


def one_product(spec: ArraySpec, seed: int) -> "ChainWaveforms":
    """Run one product of the whole chain in ngspice, every row at its largest code; return its waveforms.

    Raises:
        InputError: The specification names no circuit in [driver] or [adc].
    """
    from circuitsim import levels

    if not has_circuits(spec):
        raise InputError("--waveforms: [driver] and [adc] name no circuit; expected one whose waveforms can be drawn")
    g, codes = read_conductances(spec, None, seed), dac_codes(spec, None)
    waves = levels.convert_codes(spec, g, codes, "ngspice").waveforms
    assert waves is not None  # a deck of the whole chain was run
    return waves

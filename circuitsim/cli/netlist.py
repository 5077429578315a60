"""`circuitsim netlist`: the deck of an array, or of a whole chain."""

import re
import shlex
from pathlib import Path

from circuitsim.cli.codes import chain_deck, has_circuits, one_of
from circuitsim.cli.matrix_files import Codes, Conductances, Inputs, arrays
from circuitsim.cli.options import Out, Seed, SpecFile
from circuitsim.cli.output import Json, print_result, replaces
from circuitsim.results import write_text
from circuitsim.spec import load_spec


@replaces(lambda out: [out, *(file for file in out.parent.glob("*") if _is_numbered(file, out))])
def write_netlist(
    spec_file: SpecFile,
    out: Out = Path("array.cir"),
    conductances: Conductances = None,
    inputs: Inputs = None,
    codes: Codes = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Write the deck of an array, ready for plain ngspice: `ngspice -b array.cir`.

    Where [driver] or [adc] names a circuit, it is the deck of the whole chain, for --codes.
    """
    from circuitsim.levels import array_decks

    spec = load_spec(spec_file)
    in_codes = has_circuits(spec)
    one_of(in_codes, inputs, codes)
    if in_codes:
        text, vectors = chain_deck(spec, conductances, codes, seed)
        decks = [text]
    else:
        g, x = arrays(spec, conductances, inputs, seed)
        decks, vectors = array_decks(spec, g, x), len(x)
    paths = [out] if len(decks) == 1 else [out.with_name(f"{out.stem}_{k:03d}{out.suffix}") for k in range(len(decks))]
    for path, text in zip(paths, decks, strict=True):
        write_text(path, text)
    content = {"deck": str(paths[0]), "decks": [str(p) for p in paths], "vectors": vectors, "spec_digest": spec.digest}
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    kind = "code" if in_codes else "input"
    text = f"{paths[0]}{more}: {vectors} {kind} vector(s); run it with: ngspice -b {shlex.quote(str(paths[0]))}"
    print_result(content, text, as_json, beside=out)


def _is_numbered(file: Path, out: Path) -> bool:
    """Tell whether a file is one of several decks named after `out`."""
    return re.fullmatch(rf"{re.escape(out.stem)}_\d{{3,}}{re.escape(out.suffix)}", file.name) is not None

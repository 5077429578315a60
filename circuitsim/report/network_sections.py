"""What a network gets from the array, and what it costs."""

from circuitsim.report.amounts import hundredths
from circuitsim.report.parts import Column, Paragraph, Picture, Section, SideBySide, Table
from circuitsim.report.words import truth_in_words
from circuitsim.results import Certificate
from circuitsim.results.evaluation import Accuracy, InferenceEnergy, LayerTiles, SpiceLoop, WireSweep
from circuitsim.units import format_quantity, one_prefix, percent


def accuracy_section(forms: tuple[Accuracy, ...]) -> Section:
    """Accuracy of every form of the network, float first."""
    first, last = forms[0], forms[-1]
    heading = (
        f"The {last.name} network classifies {hundredths(last.accuracy)} of {last.images} images correctly, "
        f"{first.name} {hundredths(first.accuracy)}"
    )
    columns = (
        Column("network", False),
        Column("what is modelled", False),
        Column("accuracy [%]"),
        Column("images"),
        Column(f"class differs from {first.name}"),
    )
    rows = [
        (a.name, a.what, f"{100 * a.accuracy:.2f}", str(a.images), "–" if a.differing is None else str(a.differing))
        for a in forms
    ]
    return Section("accuracy", "Accuracy", heading, (Table(columns, rows),))


def own_tiles_section(layers: tuple[LayerTiles, ...], certified: Certificate) -> Section:
    """What the certificate states of the network's own tiles, beside what it states of any matrix."""
    known = [layer.worst for layer in layers if layer.worst is not None]
    heading = f"The network's own tiles load their columns up to {max(layer.load for layer in layers):.2f} of g_max"
    if known and certified.worst is not None:
        any_matrix = percent(certified.worst.error)
        heading += f": the worst found for such matrices is {percent(max(known))}, for any matrix {any_matrix}"
    columns = (
        Column("layer", False),
        *(Column(name) for name in ("tiles", "largest column load", "worst found up to it [%\u00a0FS]")),
        Column("worst found over the inputs of these tiles [%\u00a0FS]"),
    )
    rows = [
        (layer.name, str(layer.tiles), f"{layer.load:.3f}", _hundredfold(layer.worst), _hundredfold(layer.worst_inputs))
        for layer in layers
    ]
    lead = "The load of a column is its mean conductance over g_max. The largest error of a tile follows it closely."
    return Section("own-tiles", "Own tiles", heading, (Paragraph(lead), Table(columns, rows)))


def _hundredfold(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.4f}"


def wire_section(sweep: WireSweep) -> Section:
    """Accuracy and error against wire resistance."""
    points = sweep.points
    heading = (
        f"From {points[0].r_wire:g} to {points[-1].r_wire:g} Ω per segment accuracy goes "
        f"from {hundredths(points[0].accuracy)} to {hundredths(points[-1].accuracy)}"
    )
    lead = (
        f"The model is recalibrated against the array solver at every resistance; rows and columns have the same "
        f"resistance, with {sweep.images} images per point. Where the table gives ngspice errors, ngspice solved "
        f"the whole array as well."
    )
    charts = SideBySide(
        (
            Picture("accuracy_wire", f"Dotted: {sweep.nominal:g} Ω, the array above."),
            Picture("error_wire", "Filled: against the array solver. Open: against ngspice."),
        )
    )
    return Section("wires", "Wire resistance", heading, (Paragraph(lead), charts, _wire_table(sweep)))


def _wire_table(sweep: WireSweep) -> Table:
    columns = tuple(
        Column(name)
        for name in (
            *("wire [Ω]", "accuracy [%]", "largest IR drop [%]", "model rms [%\u00a0FS]", "largest drawn [%\u00a0FS]"),
            *("ngspice rms [%\u00a0FS]", "ngspice max [%\u00a0FS]"),
        )
    )
    rows = [
        (
            f"{p.r_wire:g}",
            f"{100 * p.accuracy:.2f}",
            f"{100 * p.ir_drop:.1f}",
            f"{100 * p.rms:.4f}",
            f"{100 * p.max:.4f}",
            "–" if p.ngspice_rms is None else f"{100 * p.ngspice_rms:.4f}",
            "–" if p.ngspice_max is None else f"{100 * p.ngspice_max:.4f}",
        )
        for p in sweep.points
    ]
    return Table(columns, rows)


def spice_loop_section(loop: SpiceLoop, certified: Certificate) -> Section:
    """Whole images with ngspice in place of the model."""
    heading = (
        f"ngspice in the loop: {loop.same_class} of {loop.images} images get the same class, "
        f"{_loop_verdict(loop, certified)}"
    )
    lead = (
        f"{truth_in_words(certified)} solved every tile read below with all transistors and wires; the errors are "
        f"compared with the certificate: the rms error with the typical one, {percent(certified.typical.rms)}, the "
        "largest with the worst found for matrices of the same column load. "
        "An error changes a code when it crosses a code edge; the certificate predicts how often."
    )
    parts = (Paragraph(lead), _loop_table(loop))
    return Section("spice-in-the-loop", "ngspice in the loop", heading, parts)


def _loop_table(loop: SpiceLoop) -> Table:
    columns = (
        Column("layer", False),
        *(
            Column(name)
            for name in (
                *("tile reads", "currents", "rms [%\u00a0FS]", "largest [%\u00a0FS]", "worst known [%\u00a0FS]"),
                *("codes", "codes differing"),
                *("predicted", "allowed", "largest step [LSB]"),
            )
        ),
    )
    rows = [
        (
            layer.name,
            str(layer.products),
            str(layer.currents),
            f"{100 * layer.rms:.4f}",
            f"{100 * layer.max:.4f}",
            f"{100 * layer.worst:.4f}",
            str(layer.codes),
            str(layer.codes_differing),
            f"{layer.codes_predicted:.1f}",
            f"{layer.codes_limit:.1f}",
            str(layer.largest_step),
        )
        for layer in loop.layers
    ]
    return Table(columns, rows)


def _loop_verdict(loop: SpiceLoop, certified: Certificate) -> str:
    if loop.holds:
        return "currents as certified"
    inside = all(layer.rms <= certified.typical.rms and layer.max <= layer.worst for layer in loop.layers)
    return "currents as certified, codes NOT as predicted" if inside else "currents NOT as certified"


def energy_section(part: InferenceEnergy) -> Section:
    """Energy of one inference."""
    heading = (
        f"One inference takes {format_quantity(part.total, 'J', 3)} in the array, "
        f"{format_quantity(part.per_mac, 'J', 3)} per multiply-accumulate"
    )
    lead = (
        f"{part.what[:1].upper()}{part.what[1:]}. {part.macs} multiply-accumulates per inference; 1 MAC = 2 operations."
    )
    scale, unit = one_prefix(part.total, "J")
    columns = (Column("part", False), Column(f"energy [{unit}]"), Column("what is counted", False))
    rows = [(p.name, f"{p.energy / scale:.3f}", p.what) for p in part.parts]
    rows.append(("total", f"{part.total / scale:.3f}", "per inference"))
    charts = SideBySide((Picture("energy", "Parts of the total."), Table(columns, rows)))
    return Section("energy", "Energy", heading, (Paragraph(lead), charts))

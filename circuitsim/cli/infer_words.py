"""The results of `circuitsim infer` in words."""

from typing import Any

from circuitsim.units import format_quantity, percent


def inference_in_words(content: dict[str, Any]) -> str:
    """Say how good the network is on the array, on which images, what ran where, and which ranges were chosen.

    Args:
        content: From `evaluation.infer_files`.
    """
    others = content["calibration_data"] or "the first of the file"
    lines = [
        f"{content['task'] or 'no labels'}: {content['images']} images; {content['calibration_images']} others, "
        f"{others}, set the ranges",
        *_taken(content),
        *(_form(name, content) for name in ("float", "ideal", "array")),
    ]
    if content["same_class_as_float"] is not None:
        lines.append(f"same class as float: {content['same_class_as_float']:.4f}")
    lines.append(
        f"mapping: arrays that compute exactly differ from float by {content['mapping_difference']:.1e} of the "
        "largest output"
    )
    if content["device"] is not None:
        lines.append(
            f"device: layers on arrays by torch on {content['device']!r}, from drivers to digital sums; all else on "
            "the CPU"
        )
    lines += [_on_array(layer, content["output_unit"]) for layer in content["layers"]]
    lines += _packing(content)
    if content["unreached_layers"]:
        lines.append(f"programmed, but read for none of the images: {', '.join(content['unreached_layers'])}")
    lines += [*_kept(content), *_certified(content), *_bounded(content), *_settling(content)]
    circuits = [f"{part} {name}" for part, name in content["tables"].items() if name is not None]
    if circuits:
        lines.append(f"circuits around the arrays, from their tables: {', '.join(circuits)}; others are ideal")
    if content["digital_layers"]:
        lines.append(f"digital, as asked for: {', '.join(content['digital_layers'])}")
    host = ", ".join(f"{count} {op}" for op, count in content["on_host"].items()) or "nothing else"
    lines.append(f"on the host, because they multiply by no matrix of weights: biases, {host}")
    for part in content["digital_products"]:
        lines.append(f"on the host although it multiplies: {part['name']} ({part['op']}), {part['reason']}")
    return "\n".join([*lines, f"table: {content['csv']}"])


def _taken(content: dict[str, Any]) -> list[str]:
    """Say which output was computed of several, and how images enter where it is not along the first axis."""
    output, lines = content["output"], []
    if output["of"] != [output["name"]]:
        lines.append(f"output: {output['name']}, of the network's {', '.join(output['of'])}")
    other = [f"{axis} of {name}" for name, axis in content["inputs"].items() if axis]
    if content["images_at_once"] is not None:
        lines.append(f"images at a time: {content['images_at_once']}")
    elif other:
        lines.append(f"images along axis {', '.join(other)}")
    return lines


def _packing(content: dict[str, Any]) -> list[str]:
    """Say how many tiles the network takes, how full they are, and what groups on one tile do to each other."""
    packing, (rows, cols) = content["packing"], content["array_size"]
    tiles = sum(layer["tiles"] for layer in packing)
    filled = sum(layer["tiles"] * layer["utilization"] for layer in packing) / tiles
    lines = [f"tiles: {tiles} of {rows} × {cols}, {percent(filled)} of the cells hold weights"]
    for layer in packing:
        if layer["groups"] == 1:
            continue
        found = "not read" if layer["found"] is None else f"found {percent(layer['found'])}"
        expected = "no estimate for capacitors"
        if layer["expected"] is not None:
            expected = f"expected up to {percent(layer['expected'])}"
        lines.append(
            f"packed: {layer['name']}, up to {layer['groups']} groups a tile; crosstalk of neighbours at full scale "
            f"{found}, {expected}, allowed {percent(layer['allowed'])} of the largest "
            "product (mapping.crosstalk)"
        )
    return lines


def _kept(content: dict[str, Any]) -> list[str]:
    """Say which programmed tiles were taken from the cache, and which the next run will find there."""
    store = content["tile_store"]
    if store is None:
        return []
    layers, most = store["layers"], f"{store['limit_bytes'] / 1e6:g} MB"
    found, kept = ([layer for layer in layers if layer[key]] for key in ("found", "kept"))
    size = sum(layer["size"] for layer in kept)
    lines = [
        f"tiles in the cache: those of {len(found)} of {len(layers)} layers were found, those of {len(kept)} are kept, "
        f"{size / 1e6:.1f} MB of at most {most}, in {store['folder']}"
    ]
    if size > store["limit_bytes"]:
        lines.append(
            "they were kept under a larger CIRCUITSIM_TILES_MB: the next tiles that are kept make room, and "
            "circuitsim cache --clear tiles removes all"
        )
    if len(kept) < len(layers):
        needed = sum(layer["size"] for layer in layers)
        lines.append(
            f"not kept: {', '.join(layer['name'] for layer in layers if not layer['kept'])}; all layers take "
            f"{needed / 1e6:.1f} MB (CIRCUITSIM_TILES_MB)"
        )
    return lines


def _certified(content: dict[str, Any]) -> list[str]:
    """Say what the certificate states in general, and of the network's own tiles."""
    exact = {"nodal": "the array solver, exact for the characterized cell", "ngspice": "ngspice, the truth"}
    if content["layers_at_level"]:
        named = ", ".join(content["layers_at_level"])
        other = "the others by the array solver"
        if content["level_of_others"] == "behavioral":
            other = "the others by the model, whose error is not stated here (--level behavioral --certificate FILE)"
        return [f"arrays: {named} read by {exact[content['level']]}; {other}"]
    if content["level"] in exact:
        return [f"arrays: read by {exact[content['level']]}; no certificate is needed"]
    general = content["certificate"]
    if general is None and content["bounds"]:
        return []
    if general is None:
        return ["certificate: none given, so nothing is known of the error of these tiles (--certificate FILE)"]
    worst = "no worst case sought" if general["worst"] is None else f"worst found {percent(general['worst'])}"
    missed = ", its target was NOT reached" if general["reached"] is False else ""
    of = general["relative_to"]
    lines = [f"certificate of the array: typical {percent(general['typical_rms'])} rms of {of}, {worst}{missed}"]
    for tile in content["tiles"]:
        known = "" if tile["worst"] is None else f", worst found up to it {percent(tile['worst'])}"
        own = tile["worst_inputs"]
        sought = "" if own is None else f", worst found over the inputs of these tiles {percent(own)}"
        lines.append(f"own tiles: {tile['name']}, column load up to {tile['load']:.2f}{known}{sought}")
    return lines


def _bounded(content: dict[str, Any]) -> list[str]:
    """Say what the error of the model may do to outputs and classes, if that was asked, and given which errors."""
    found = content["bounds"]
    if found is None:
        return []
    largest = f"{max(layer['largest_error'] for layer in found['layers']):.2g} {found['unit']}"
    lines = [
        f"bounds: outputs of the array solver lie within ± {found['half_width_median']:.3g} (median image) to ± "
        f"{found['half_width_max']:.3g} (widest), if no tile errs by more than its bound, {largest} at most: "
        f"{found['origin']}"
    ]
    if found["certain"] is not None:
        lines.append(
            f"bounds: the class of {found['certain_images']} of {content['images']} images ({found['certain']:.1%}) "
            "cannot change by the error of the model"
        )
    return lines


def _settling(content: dict[str, Any]) -> list[str]:
    """Say which read time the network needs, if that was asked."""
    found = content["settling"]
    if found is not None and "failed" in found:
        return [f"settling: not found, {found['failed']}"]
    if found is None:
        return []
    slowest = max(found["layers"], key=lambda layer: layer["time"])
    fits = "is enough" if found["needed_s"] <= found["t_read_s"] else "is too short: raise driver.t_read"
    beyond = [layer["name"] for layer in found["layers"] if not layer["inside"]]
    outside = f"; loads of columns of {', '.join(beyond)} lie outside those of the fit" if beyond else ""
    stored = "stored with the model, " if found["model_stored"] else ""
    lsb = format_quantity(slowest["lsb"], "A")
    return [
        f"settling: the slowest column, {slowest['column']} of tile {slowest['tile']} in {slowest['name']} with load "
        f"{slowest['load']:.2f}, is within half an LSB of {lsb} after {found['needed_s']:.3g} s; driver.t_read = "
        f"{found['t_read_s']:.3g} s {fits}",
        f"settling: {stored}fitted to {found['model_reads'][0]} reads of the array solver; of "
        f"{found['model_reads'][1]} others columns settled within {percent(found['model_error_rms'])} rms of the fit "
        f"and up to {percent(found['model_late'])} later, which is included{outside}",
    ]


def _form(name: str, content: dict[str, Any]) -> str:
    parts = [
        f"{what} {value:.4f}" if what == "accuracy" else f"{what} {value:.4g}"
        for what in ("accuracy", "rmse", "r2", "metric")
        if (value := content[what][name]) is not None
    ]
    if name != "float":
        parts.append(f"outputs differ from float by {percent(content['difference_from_float'][name])} rms")
    return f"{name}: {', '.join(parts) or 'the reference'}"


def _on_array(layer: dict[str, Any], unit: str) -> str:
    groups = "" if layer["groups"] == 1 else f"{layer['groups']} × "
    adc = ""
    if layer["full_scale"] is not None:
        end = format_quantity(layer["full_scale"], unit, 3)
        widest = f"ADCs to {end} at most" if layer["adc_rule"].startswith("for each ") else f"ADC to {end}"
        adc = f"; {widest} ({layer['adc_rule']}), {percent(layer['adc_clipped'])} clipped"
    tied = f" of {layer['tied_to']}, which has the same weights" if layer["tied_to"] else ""
    most = " at most" if layer["input_rule"].startswith("for each ") else ""
    return (
        f"on arrays: {layer['name']} ({layer['op']}, {groups}{layer['inputs']} × {layer['outputs']}, {layer['tiles']} "
        f"tile{'' if layer['tiles'] == 1 else 's'}{tied}); inputs to {layer['activation_max']:.4g}{most} "
        f"({layer['input_rule']}), {percent(layer['input_clipped'])} clipped{adc}"
    )

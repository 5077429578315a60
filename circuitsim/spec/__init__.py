"""The specification of an array, as a user writes it."""

from circuitsim.spec.abilities import Abilities, Only, check_able, unable, unfelt, with_values
from circuitsim.spec.arguments import Count, PlainName, Tolerance, check_argument, checked
from circuitsim.spec.array import ArraySpec, TopologySpec, load_spec, parse_spec
from circuitsim.spec.base import Part, spice_name
from circuitsim.spec.block import BlockSpec, check_no_block
from circuitsim.spec.by_value import by_value
from circuitsim.spec.cell import AccessSpec, DeviceSpec
from circuitsim.spec.cell_keys import cell_keys
from circuitsim.spec.codes import check_codes
from circuitsim.spec.commented_toml import commented_toml
from circuitsim.spec.complaints import sentence, shown
from circuitsim.spec.dimensions import DIMENSIONS, beyond_circuits
from circuitsim.spec.frozen_mapping import FrozenMapping
from circuitsim.spec.gate_levels import gate_voltage_levels, level_numbers
from circuitsim.spec.ideal_parts import Surroundings, check_around_charges, with_ideal
from circuitsim.spec.key_docs import KeyDoc, document_keys, toml_value
from circuitsim.spec.key_uses import USES, KeyUse, key_uses
from circuitsim.spec.layout import DrawnArray, drawn_inputs, drawn_shapes, drawn_specs, lay_out, put_together
from circuitsim.spec.mapping import MappingSpec
from circuitsim.spec.matrices import (
    check_arrays,
    check_conductances,
    check_inputs,
    check_voltage_range,
    device_voltages,
    full_scale_inputs,
    has_bypass,
    input_unit,
    output_unit,
    resting_input,
    state_unit,
)
from circuitsim.spec.named_circuits import cited_parts, named_circuits, stated_values
from circuitsim.spec.periphery import AdcSpec, DriverSpec, SenseSpec
from circuitsim.spec.real_numbers import real_numbers
from circuitsim.spec.schema import json_schema
from circuitsim.spec.seen_wires import held_by_sources, same_wires
from circuitsim.spec.slips import idle_straps, tell_cells, tell_inputs, tell_straps
from circuitsim.spec.technique import TechniqueSpec
from circuitsim.spec.toml_file import read_toml
from circuitsim.spec.wires import WireGrid, WireSpec, wire_grid

__all__ = [
    "DIMENSIONS",
    "USES",
    "Abilities",
    "AccessSpec",
    "AdcSpec",
    "ArraySpec",
    "BlockSpec",
    "Count",
    "DeviceSpec",
    "DrawnArray",
    "DriverSpec",
    "FrozenMapping",
    "KeyDoc",
    "KeyUse",
    "MappingSpec",
    "Only",
    "Part",
    "PlainName",
    "SenseSpec",
    "Surroundings",
    "TechniqueSpec",
    "Tolerance",
    "TopologySpec",
    "WireGrid",
    "WireSpec",
    "beyond_circuits",
    "by_value",
    "cell_keys",
    "check_able",
    "check_argument",
    "check_around_charges",
    "check_arrays",
    "check_codes",
    "check_conductances",
    "check_inputs",
    "check_no_block",
    "check_voltage_range",
    "checked",
    "cited_parts",
    "commented_toml",
    "device_voltages",
    "document_keys",
    "drawn_inputs",
    "drawn_shapes",
    "drawn_specs",
    "full_scale_inputs",
    "gate_voltage_levels",
    "has_bypass",
    "held_by_sources",
    "idle_straps",
    "input_unit",
    "json_schema",
    "key_uses",
    "lay_out",
    "level_numbers",
    "load_spec",
    "named_circuits",
    "output_unit",
    "parse_spec",
    "put_together",
    "read_toml",
    "real_numbers",
    "resting_input",
    "same_wires",
    "sentence",
    "shown",
    "spice_name",
    "state_unit",
    "stated_values",
    "tell_cells",
    "tell_inputs",
    "tell_straps",
    "toml_value",
    "unable",
    "unfelt",
    "wire_grid",
    "with_ideal",
    "with_values",
]

"""The specification of an array, as a user writes it."""

from circuitsim.spec.abilities import Abilities, check_able, unable
from circuitsim.spec.array import ArraySpec, TopologySpec, json_schema, load_spec, parse_spec
from circuitsim.spec.cell import AccessSpec, DeviceSpec
from circuitsim.spec.cell_keys import cell_keys
from circuitsim.spec.complaints import sentence
from circuitsim.spec.layout import DrawnArray, drawn_inputs, lay_out, put_together
from circuitsim.spec.mapping import MappingSpec
from circuitsim.spec.matrices import (
    check_arrays,
    check_conductances,
    check_inputs,
    check_voltage_range,
    full_scale_inputs,
    has_bypass,
    input_unit,
    real_numbers,
    state_unit,
)
from circuitsim.spec.periphery import AdcSpec, DriverSpec, SenseSpec
from circuitsim.spec.technique import TechniqueSpec
from circuitsim.spec.wires import WireGrid, WireSpec, wire_grid

__all__ = [
    "Abilities",
    "AccessSpec",
    "AdcSpec",
    "ArraySpec",
    "DeviceSpec",
    "DrawnArray",
    "DriverSpec",
    "MappingSpec",
    "SenseSpec",
    "TechniqueSpec",
    "TopologySpec",
    "WireGrid",
    "WireSpec",
    "cell_keys",
    "check_able",
    "check_arrays",
    "check_conductances",
    "check_inputs",
    "check_voltage_range",
    "drawn_inputs",
    "full_scale_inputs",
    "has_bypass",
    "input_unit",
    "json_schema",
    "lay_out",
    "load_spec",
    "parse_spec",
    "put_together",
    "real_numbers",
    "sentence",
    "state_unit",
    "unable",
    "wire_grid",
]

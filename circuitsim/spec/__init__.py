"""What is simulated: the specification a user writes."""

from circuitsim.spec.array import ArraySpec, TopologySpec, json_schema, load_spec, parse_spec
from circuitsim.spec.arrays import full_scale_inputs, input_unit, state_unit
from circuitsim.spec.cell import AccessSpec, DeviceSpec
from circuitsim.spec.mapping import MappingSpec
from circuitsim.spec.periphery import AdcSpec, DriverSpec, SenseSpec
from circuitsim.spec.technique import TechniqueSpec
from circuitsim.spec.wires import WireGrid, WireSpec, wire_grid

__all__ = [
    "AccessSpec",
    "AdcSpec",
    "ArraySpec",
    "DeviceSpec",
    "DriverSpec",
    "MappingSpec",
    "SenseSpec",
    "TechniqueSpec",
    "TopologySpec",
    "WireGrid",
    "WireSpec",
    "full_scale_inputs",
    "input_unit",
    "json_schema",
    "load_spec",
    "parse_spec",
    "state_unit",
    "wire_grid",
]

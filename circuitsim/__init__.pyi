__version__: str

from .behavioral import mvm as mvm
from .behavioral import program as program
from .calibration import audit as audit
from .calibration import worst_inputs as worst_inputs
from .characterization import AdcMismatch as AdcMismatch
from .characterization import characterize as characterize
from .levels import calibrate as calibrate
from .levels import convert_codes as convert_codes
from .levels import prepare as prepare
from .levels import read as read
from .levels import solve as solve
from .levels import solve_in_time as solve_in_time
from .nodal import effective_matrix as effective_matrix
from .spec import ArraySpec as ArraySpec
from .spec import load_spec as load_spec
from .spec import parse_spec as parse_spec
from .spice import Cosimulation as Cosimulation
from .spice import cosimulate as cosimulate
from .units import format_quantity as format_quantity

from .neurosim import neurosim_noise_table as neurosim_noise_table
from .parameters import aihwkit_configuration as aihwkit_configuration
from .parameters import crosssim_parameters as crosssim_parameters
from .sar_logic import sar_logic_files as sar_logic_files
from .sar_logic import write_sar_logic as write_sar_logic
from .spice import spice_macro as spice_macro
from .systemverilog import systemverilog_model as systemverilog_model
from .veriloga import veriloga_model as veriloga_model

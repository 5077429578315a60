from .calibration import CASES as CASES
from .calibration import Case as Case
from .calibration import calibration_benchmark as calibration_benchmark
from .solver import SIZES as SIZES
from .solver import solver_benchmark as solver_benchmark
from .tables import calibration_tables as calibration_tables

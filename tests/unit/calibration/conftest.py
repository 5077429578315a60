import pytest
from calibration_arrays import array_spec, as_ngspice, draw, surface

from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.results import TileModel
from circuitsim.spec import ArraySpec


@pytest.fixture(scope="session")
def spec() -> ArraySpec:
    return array_spec()


@pytest.fixture(scope="session")
def model(spec) -> TileModel:
    return TileModel(spec, surface(0.1), 2, (0.0, 0.2))


@pytest.fixture(scope="session")
def hold_out(spec):
    return draw(spec, 1)


@pytest.fixture(scope="session")
def truths(spec, model, hold_out):
    return as_ngspice(solve_in_nodal(spec, model.surface, hold_out))

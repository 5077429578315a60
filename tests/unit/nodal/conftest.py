import pytest
from nodal_cells import SinhWithTransistor

from circuitsim.results import CellSurface


@pytest.fixture(scope="session")
def sinh_cell() -> SinhWithTransistor:
    return SinhWithTransistor()


@pytest.fixture(scope="session")
def sinh_surface(sinh_cell) -> CellSurface:
    return sinh_cell.surface()

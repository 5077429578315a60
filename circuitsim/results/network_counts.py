"""What one inference of a network on arrays needs: arrays, cells, reads, conversions, additions, bytes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerCount:
    """Counts of one layer; those of an inference are means over images where images were run.

    Attributes:
        name, op: Name and type of the node.
        groups, inputs, outputs: Number and size of its matrices.
        arrays: Arrays that hold it; 0 where another layer with the same weights brings them.
        cells: Cells of these arrays that hold weights, or belong to a column that all outputs share.
        all_cells: All cells of these arrays.
        columns: Columns in use of these arrays.
        vectors: Input vectors of an inference.
        cycles: Reads of an array one after the other: vectors times phases and bits.
        reads: Reads of arrays: one array, one vector, one phase or bit.
        rows_driven: Rows in use, summed over the reads.
        conversions: Columns in use, summed over the reads; 0 without an ADC.
        additions: Digital additions and subtractions that make products of codes, see `counting`.
        bytes_read: Input codes fetched from a buffer [bytes]; None: the width of a code is unknown.
        bytes_written: Outputs written to a buffer [bytes]; None: the width of a code is unknown.
        macs: Multiply-accumulates that the reads stand for: all of the layer's, zero inputs included.
    """

    name: str
    op: str
    groups: int
    inputs: int
    outputs: int
    arrays: int
    cells: int
    all_cells: int
    columns: int
    vectors: float
    cycles: float
    reads: float
    rows_driven: float
    conversions: float
    additions: float
    bytes_read: float | None
    bytes_written: float | None
    macs: float


@dataclass(frozen=True)
class NetworkCount:
    """Counts of a network, layer by layer.

    Attributes:
        layers: The layers on arrays, in the order of computation.
        images: Number of images that were run; None: counted from shapes alone, every vector and phase read.
        digital: Names of the layers that stay digital, which are not counted.
        remarks: Sentences on what the counts assume.
        digital_macs: Multiply-accumulates of an inference that these layers, and adapters beside layers on arrays, take
            digitally; None: unknown.
    """

    layers: tuple[LayerCount, ...]
    images: int | None
    digital: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    digital_macs: float | None = None

    def total(self, quantity: str) -> float | None:
        """Return the sum of an attribute of `LayerCount` over the layers; None where one of them is unknown."""
        values = [getattr(layer, quantity) for layer in self.layers]
        return None if None in values else sum(values)

    @property
    def arrays(self) -> int:
        """Number of arrays."""
        return sum(layer.arrays for layer in self.layers)

    @property
    def utilization(self) -> float:
        """Share of all cells that hold weights."""
        return sum(layer.cells for layer in self.layers) / max(sum(layer.all_cells for layer in self.layers), 1)

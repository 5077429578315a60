"""Blocks: what a folder of `netlists/drivers`, `sense` or `converters`, or a user's own file, says about a circuit."""

from circuitsim.blocks.block import Block
from circuitsim.blocks.block_toml import (
    INTEGRATE,
    ROLES,
    BlockKind,
    BlockToml,
    Phase,
    Polarity,
    Span,
    block_json_schema,
)
from circuitsim.blocks.from_spec import SECTIONS, block_of, blocks_of
from circuitsim.blocks.generated import GENERATED, write_block
from circuitsim.blocks.load import FOLDERS, list_blocks, load_block, load_block_folder
from circuitsim.blocks.phase_times import phase_time
from circuitsim.blocks.user_file import user_block

__all__ = [
    "FOLDERS",
    "GENERATED",
    "INTEGRATE",
    "ROLES",
    "SECTIONS",
    "Block",
    "BlockKind",
    "BlockToml",
    "Phase",
    "Polarity",
    "Span",
    "block_json_schema",
    "block_of",
    "blocks_of",
    "list_blocks",
    "load_block",
    "load_block_folder",
    "phase_time",
    "user_block",
    "write_block",
]

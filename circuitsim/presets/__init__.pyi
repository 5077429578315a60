from .matching import PresetMatch as PresetMatch
from .matching import matching_presets as matching_presets
from .preset import KeySource as KeySource
from .preset import Preset as Preset
from .preset import is_preset as is_preset
from .preset import load_preset as load_preset
from .preset import preset_names as preset_names
from .preset import preset_spec as preset_spec

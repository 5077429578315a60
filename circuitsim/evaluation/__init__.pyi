from .infer import infer_files as infer_files

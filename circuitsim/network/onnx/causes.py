"""Say in our words why onnx or onnxruntime refuses a model: their own words change and name their source files."""

import re

# What the message of a library holds, and how we say it.
_CAUSES = (
    (
        r"find an implementation for (\w+)\S* node with name '(.*?)'",
        "onnxruntime has no implementation of node {1!r} of type {0}",
    ),
    (
        r"[Uu]nsupported model IR version: (\d+), max supported IR version: (\d+)",
        "its format version {0} is newer than {1}, the newest that the installed onnxruntime reads",
    ),
    (r"No [Oo]p registered for (\w+)", "{0} is no operator that the installed onnx knows"),
    (r"(\w+)\(-?\d+\) is not a registered function/op", "{0} is no operator that the installed onnxruntime knows"),
    (r"running (\w+) node", "a node of type {0} cannot be computed with these shapes or values"),
    (r"ValidateOpsetForDomain|opset \d+ is", "its operator set is newer than the installed onnxruntime"),
    (r"[Ee]xternal data|external_data", "its weights lie in another file, which is missing or must not be read"),
    (r"input '(.*?)' is not a graph input", "a node reads the tensor {0!r}, which no earlier node computes"),
    (r"topologically sorted|not output of any previous", "a node reads a tensor that no earlier node computes"),
    (r"schema\(::(\w+):\d+\) has (input|output) size (\d+)", "a node of type {0} has a wrong number of {1}s, {2}"),
    (r"No graph was found", "it holds no graph"),
    (r"INVALID_ARGUMENT|invalid dimensions", "the shapes of its tensors do not fit each other or the images"),
)


def cause(error: Exception) -> str:
    """Return why a model is refused, in a few words."""
    for pattern, words in _CAUSES:
        if match := re.search(pattern, str(error), re.DOTALL):
            return words.format(*match.groups())
    return "it is not a valid model"

// Couplet's interface speaks in tensors, keys and layers: whoever imports Couplet has them.
@_exported import Scores
@_exported import Torch

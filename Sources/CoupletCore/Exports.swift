// Couplet's interface speaks in tensors, keys, layers and samples: whoever imports Couplet has them, and the failures
// that its functions throw.
@_exported import Files
@_exported import Samples
@_exported import Scores
@_exported import Torch

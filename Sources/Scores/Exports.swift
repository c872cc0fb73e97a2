// What the sums have kernels for (`FusedForm`) is said once, in the header of the kernels.
@_exported import enum CScores.FusedForm

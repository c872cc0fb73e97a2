// `import Couplet` is all of Couplet as a library: couplings and their uses, encoders, training, runs, data in any
// format, simulators, theory, figures, and the tensors, failures and files that their functions speak in.
@_exported import CoupletCore
@_exported import DiagnosticFigures
@_exported import Encoders
@_exported import Figures
@_exported import Files
@_exported import GaussianTheory
@_exported import Information
@_exported import RunPages
@_exported import Runs
@_exported import SampleReaders
@_exported import Samples
@_exported import Scores
@_exported import Simulators
@_exported import Tables
@_exported import Torch
@_exported import Training

// swift-tools-version:6.1
import PackageDescription

// Where libtorch lives: `include` and `lib` of a libtorch 2.13 distribution.
// scripts/setup.sh unpacks one into .deps/torch; COUPLET_TORCH names another (a CUDA build, say).
let torch = Context.environment["COUPLET_TORCH"] ?? "\(Context.packageDirectory)/.deps/torch"

let torchHeaders: [CXXSetting] = [
  .unsafeFlags([
    "-DAT_PER_OPERATOR_HEADERS", "-isystem", "\(torch)/include",
    "-isystem", "\(torch)/include/torch/csrc/api/include",
    // CTorch's module is for Swift; C++ includes its headers as text.
    "-O2", "-fvisibility=hidden", "-fno-cxx-modules",
  ])
]
let torchLibraries: [LinkerSetting] = [
  .unsafeFlags(["-L\(torch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(torch)/lib"]),
  .linkedLibrary("torch_cpu"),
  .linkedLibrary("c10"),
]

// What Couplet's interface speaks in. Named by every target that uses it: SwiftPM builds anew what depends on a
// changed module by name, not what imports it through another.
let engine: [Target.Dependency] = ["Files", "Torch"]

let package = Package(
  name: "Couplet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Couplet", targets: ["Couplet", "Encoders", "Datasets", "Runs"]),
    .library(name: "GaussianTheory", targets: ["GaussianTheory"]),
    .executable(name: "couplet", targets: ["CoupletCLI"]),
  ],
  targets: [
    // MARK: Engine — files, tensors
    .systemLibrary(
      name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "Files", dependencies: ["CZlib"]),
    .systemLibrary(
      name: "CNetCDF", path: "Sources/CNetCDF", pkgConfig: "netcdf",
      providers: [.apt(["libnetcdf-dev"])]),
    .target(name: "CTorch", cxxSettings: torchHeaders, linkerSettings: torchLibraries),
    .target(name: "CScores", dependencies: ["CTorch"], cxxSettings: torchHeaders),
    .target(name: "COcean", dependencies: ["CTorch"], cSettings: [.unsafeFlags(["-O2"])]),
    .target(name: "Torch", dependencies: ["CTorch", "Files"]),
    .target(name: "Scores", dependencies: engine + ["CScores"]),

    // MARK: Data — what a modality's samples are, and the formats that they are read from
    .target(name: "Samples", dependencies: engine),
    .target(name: "SampleReaders", dependencies: engine + ["Samples"]),

    // MARK: Subject — theory, couplings, encoders, data, figures
    .target(name: "GaussianTheory", dependencies: engine),
    .target(name: "Couplet", dependencies: engine + ["Scores"]),
    .target(name: "Encoders", dependencies: engine + ["Couplet"]),
    .target(name: "Datasets", dependencies: engine + ["Couplet", "COcean", "CNetCDF"]),
    .target(name: "Figures", dependencies: ["Files"]),
    .target(name: "DiagnosticFigures", dependencies: engine + ["Couplet", "Figures"]),
    .target(
      name: "Runs", dependencies: engine + ["Couplet", "Encoders", "Datasets", "GaussianTheory"]),
    .target(
      name: "Experiments",
      dependencies: engine + [
        "Couplet", "Encoders", "Datasets", "Figures", "DiagnosticFigures", "GaussianTheory", "Runs",
      ]),

    // MARK: Command
    .target(name: "Arguments", dependencies: ["Files"]),
    .executableTarget(
      name: "CoupletCLI",
      dependencies: engine + [
        "Arguments", "Couplet", "DiagnosticFigures", "Encoders", "Datasets", "Experiments",
        "Figures", "GaussianTheory", "Runs",
      ]),

    // MARK: Benchmarks
    .executableTarget(
      name: "Benchmark",
      dependencies: engine + ["Couplet", "Encoders", "Datasets", "GaussianTheory"],
      path: "bench/Benchmark"),

    // MARK: Examples — the programs of the client package in Examples, so that they are built and run
    .executableTarget(
      name: "FieldExample", dependencies: engine + ["Couplet", "Encoders", "Datasets"],
      path: "Examples/Field"),
    .executableTarget(
      name: "OwnEncoderExample", dependencies: engine + ["Couplet", "Encoders"],
      path: "Examples/OwnEncoder"),

    // MARK: Tests
    .testTarget(name: "FilesTests", dependencies: ["Files"], exclude: ["Fixtures"]),
    // The device that tests put their tensors on.
    .target(name: "TestDevice", dependencies: engine, path: "Tests/Support/TestDevice"),
    .testTarget(
      name: "TorchTests", dependencies: engine + ["CTorch", "TestDevice"], exclude: ["Fixtures"]),
    .testTarget(
      name: "ScoresTests", dependencies: engine + ["Scores", "CScores", "TestDevice"]),
    .testTarget(name: "SamplesTests", dependencies: engine + ["Samples"]),
    .testTarget(
      name: "SampleReadersTests", dependencies: engine + ["Samples", "SampleReaders"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "GaussianTheoryTests", dependencies: engine + ["GaussianTheory"], exclude: ["Fixtures"]),
    // A process for CoupletTests to kill.
    .executableTarget(
      name: "TrainingProbe", dependencies: engine + ["Couplet"], path: "Tests/Support/TrainingProbe"
    ),
    .testTarget(
      name: "CoupletTests",
      dependencies: engine + ["Couplet", "Encoders", "Datasets", "TestDevice", "TrainingProbe"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "EncodersTests", dependencies: engine + ["Couplet", "Encoders"], exclude: ["Fixtures"]),
    .testTarget(
      name: "DatasetsTests", dependencies: engine + ["Couplet", "CTorch", "Datasets", "CNetCDF"]),
    .testTarget(name: "FiguresTests", dependencies: ["Figures", "Files"]),
    .testTarget(
      name: "DiagnosticFiguresTests",
      dependencies: engine + ["Couplet", "DiagnosticFigures", "Figures"]),
    .testTarget(name: "ExperimentsTests", dependencies: engine + ["Couplet", "Experiments"]),
    .testTarget(
      name: "RunsTests",
      dependencies: engine + ["Couplet", "Encoders", "Datasets", "Runs", "GaussianTheory"]),
    .testTarget(name: "ArgumentsTests", dependencies: ["Arguments", "Files"]),
    .testTarget(
      name: "CoupletCLITests",
      dependencies: engine + ["CoupletCLI", "Couplet", "Datasets", "GaussianTheory"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "DocumentationTests",
      dependencies: ["CoupletCLI", "FieldExample", "OwnEncoderExample"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

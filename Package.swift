// swift-tools-version:6.1
import PackageDescription

// Where libtorch lives: `include` and `lib` of a libtorch 2.13 distribution.
// scripts/setup.sh unpacks one into .deps/torch; COUPLET_TORCH names another (a CUDA build, say).
let torch = Context.environment["COUPLET_TORCH"] ?? "\(Context.packageDirectory)/.deps/torch"

let torchHeaders: [CXXSetting] = [
  .unsafeFlags([
    "-DAT_PER_OPERATOR_HEADERS", "-isystem", "\(torch)/include",
    "-isystem", "\(torch)/include/torch/csrc/api/include",
    "-O2", "-fvisibility=hidden",
  ])
]
let torchLibraries: [LinkerSetting] = [
  .unsafeFlags(["-L\(torch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(torch)/lib"]),
  .linkedLibrary("torch_cpu"),
  .linkedLibrary("c10"),
]

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
    .target(name: "COcean", cSettings: [.unsafeFlags(["-O2"])]),
    .target(name: "CTorch", cxxSettings: torchHeaders, linkerSettings: torchLibraries),
    .target(name: "Torch", dependencies: ["CTorch", "Files"]),

    // MARK: Subject — theory, couplings, encoders, data, figures
    .target(name: "GaussianTheory", dependencies: ["Torch", "Files"]),
    .target(name: "Couplet", dependencies: ["Torch", "Files"]),
    .target(name: "Encoders", dependencies: ["Couplet"]),
    .target(name: "Datasets", dependencies: ["Couplet", "COcean", "CNetCDF"]),
    .target(name: "Figures", dependencies: ["Files"]),
    .target(name: "DiagnosticFigures", dependencies: ["Couplet", "Figures"]),
    .target(name: "Runs", dependencies: ["Couplet", "Encoders", "Datasets", "GaussianTheory"]),
    .target(
      name: "Experiments",
      dependencies: [
        "Couplet", "Encoders", "Datasets", "DiagnosticFigures", "GaussianTheory", "Runs",
      ]),

    // MARK: Command
    .target(name: "Arguments", dependencies: ["Files"]),
    .executableTarget(
      name: "CoupletCLI",
      dependencies: [
        "Arguments", "Couplet", "DiagnosticFigures", "Encoders", "Datasets", "Experiments",
        "GaussianTheory", "Runs",
      ]),

    // MARK: Benchmarks
    .executableTarget(
      name: "Benchmark", dependencies: ["Couplet", "Encoders", "Datasets", "GaussianTheory"],
      path: "bench/Benchmark"),

    // MARK: Examples — the programs of the client package in Examples, so that they are built and run
    .executableTarget(
      name: "FieldExample", dependencies: ["Couplet", "Encoders", "Datasets"],
      path: "Examples/Field"),
    .executableTarget(
      name: "OwnEncoderExample", dependencies: ["Couplet", "Encoders"], path: "Examples/OwnEncoder"),

    // MARK: Tests
    .testTarget(name: "FilesTests", dependencies: ["Files"], exclude: ["Fixtures"]),
    .testTarget(name: "TorchTests", dependencies: ["Torch"], exclude: ["Fixtures"]),
    .testTarget(
      name: "GaussianTheoryTests", dependencies: ["GaussianTheory"], exclude: ["Fixtures"]),
    // A process for CoupletTests to kill.
    .executableTarget(
      name: "TrainingProbe", dependencies: ["Couplet"], path: "Tests/Support/TrainingProbe"),
    .testTarget(
      name: "CoupletTests", dependencies: ["Couplet", "Encoders", "Datasets", "TrainingProbe"],
      exclude: ["Fixtures"]),
    .testTarget(name: "EncodersTests", dependencies: ["Encoders"], exclude: ["Fixtures"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "COcean"]),
    .testTarget(name: "FiguresTests", dependencies: ["Figures"]),
    .testTarget(name: "DiagnosticFiguresTests", dependencies: ["DiagnosticFigures"]),
    .testTarget(name: "ExperimentsTests", dependencies: ["Experiments"]),
    .testTarget(name: "RunsTests", dependencies: ["Runs", "GaussianTheory"]),
    .testTarget(name: "ArgumentsTests", dependencies: ["Arguments"]),
    .testTarget(
      name: "CoupletCLITests", dependencies: ["CoupletCLI", "GaussianTheory"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "DocumentationTests",
      dependencies: ["CoupletCLI", "FieldExample", "OwnEncoderExample"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

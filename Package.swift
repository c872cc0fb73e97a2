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

// The optional libraries to build with: COUPLET_WITH=arrow,… lists those that are installed; make hands on what
// scripts/setup.sh wrote to .deps/with. A shim compiles without its library, and then says what to install.
let libraries = (Context.environment["COUPLET_WITH"] ?? "").split(separator: ",").map(String.init)

/// Settings that hold where an optional library is built with.
func with<Setting>(_ library: String, _ settings: Setting...) -> [Setting] {
  libraries.contains(library) ? settings : []
}

let arrow = "\(Context.packageDirectory)/.deps/arrow"

// What Couplet's interface speaks in. Named by every target that uses it: SwiftPM builds anew what depends on a
// changed module by name, not what imports it through another.
let engine: [Target.Dependency] = ["Files", "Torch"]

let package = Package(
  name: "Couplet",
  platforms: [.macOS(.v15)],
  products: [
    .library(
      name: "Couplet",
      targets: ["Couplet", "Encoders", "Samples", "SampleReaders", "Simulators", "Runs"]),
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
    .target(
      name: "CArrow",
      cxxSettings: with(
        "arrow", .define("COUPLET_WITH_ARROW"),
        .unsafeFlags(["-isystem", "\(arrow)/include", "-O2", "-fvisibility=hidden"])),
      linkerSettings: with(
        "arrow",
        .unsafeFlags(["-L\(arrow)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(arrow)/lib"]),
        .linkedLibrary("arrow"), .linkedLibrary("parquet"))),
    .target(name: "Torch", dependencies: ["CTorch", "Files"]),
    .target(name: "Scores", dependencies: engine + ["CScores"]),

    // MARK: Data — what a modality's samples are, and the formats that they are read from
    .target(name: "Samples", dependencies: engine),
    .target(name: "SampleReaders", dependencies: engine + ["CArrow", "Samples"]),
    .target(
      name: "Simulators",
      dependencies: engine + ["Samples", "SampleReaders", "COcean", "CNetCDF"]),

    // MARK: Subject — theory, couplings, encoders, data, figures
    .target(name: "GaussianTheory", dependencies: engine),
    .target(name: "Couplet", dependencies: engine + ["Samples", "Scores"]),
    .target(name: "Encoders", dependencies: engine + ["Couplet"]),
    .target(name: "Figures", dependencies: ["Files"]),
    .target(name: "DiagnosticFigures", dependencies: engine + ["Couplet", "Figures"]),
    .target(
      name: "Runs",
      dependencies: engine + [
        "Couplet", "Encoders", "Samples", "SampleReaders", "Simulators", "GaussianTheory",
      ]),
    .target(
      name: "Experiments",
      dependencies: engine + [
        "Couplet", "Encoders", "Samples", "SampleReaders", "Simulators", "Figures",
        "DiagnosticFigures", "GaussianTheory", "Runs",
      ]),

    // MARK: Command
    .target(name: "Arguments", dependencies: ["Files"]),
    .executableTarget(
      name: "CoupletCLI",
      dependencies: engine + [
        "Arguments", "Couplet", "DiagnosticFigures", "Encoders", "Samples", "SampleReaders",
        "Simulators", "Experiments",
        "Figures", "GaussianTheory", "Runs",
      ]),

    // MARK: Benchmarks
    .executableTarget(
      name: "Benchmark",
      dependencies: engine + [
        "Couplet", "Encoders", "Samples", "SampleReaders", "Simulators", "GaussianTheory",
      ],
      path: "bench/Benchmark"),

    // MARK: Examples — the programs of the client package in Examples, so that they are built and run
    .executableTarget(
      name: "FieldExample",
      dependencies: engine + ["Couplet", "Encoders", "Samples", "SampleReaders", "Simulators"],
      path: "Examples/Field"),
    .executableTarget(
      name: "OwnEncoderExample", dependencies: engine + ["Couplet", "Encoders"],
      path: "Examples/OwnEncoder"),

    // MARK: Tests
    // A folder of files for a test.
    .target(name: "Scratch", dependencies: ["Files"], path: "Tests/Support/Scratch"),
    .testTarget(name: "FilesTests", dependencies: ["Files"], exclude: ["Fixtures"]),
    // The device that tests put their tensors on.
    .target(name: "TestDevice", dependencies: engine, path: "Tests/Support/TestDevice"),
    .testTarget(
      name: "TorchTests", dependencies: engine + ["TestDevice"], exclude: ["Fixtures"]),
    .testTarget(
      name: "ScoresTests", dependencies: engine + ["Scores", "CScores", "TestDevice"]),
    .testTarget(name: "SamplesTests", dependencies: engine + ["Samples", "Scratch"]),
    .testTarget(
      name: "SampleReadersTests",
      dependencies: engine + ["CArrow", "Samples", "SampleReaders", "Scratch"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "GaussianTheoryTests", dependencies: engine + ["GaussianTheory"], exclude: ["Fixtures"]),
    // A process for CoupletTests to kill.
    .executableTarget(
      name: "TrainingProbe", dependencies: engine + ["Couplet"], path: "Tests/Support/TrainingProbe"
    ),
    .testTarget(
      name: "CoupletTests",
      dependencies: engine + [
        "Couplet", "Encoders", "Samples", "SampleReaders", "Simulators", "TestDevice",
        "TrainingProbe",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "EncodersTests", dependencies: engine + ["Couplet", "Encoders"], exclude: ["Fixtures"]),
    .testTarget(
      name: "SimulatorsTests",
      dependencies: engine + [
        "Samples", "SampleReaders", "Scratch", "Simulators", "CNetCDF", "CTorch",
      ]),
    .testTarget(name: "FiguresTests", dependencies: ["Figures", "Files"]),
    .testTarget(
      name: "DiagnosticFiguresTests",
      dependencies: engine + ["Couplet", "DiagnosticFigures", "Figures"]),
    .testTarget(name: "ExperimentsTests", dependencies: engine + ["Couplet", "Experiments"]),
    .testTarget(
      name: "RunsTests",
      dependencies: engine + [
        "Couplet", "Encoders", "Samples", "SampleReaders", "Simulators", "Runs", "GaussianTheory",
      ]),
    .testTarget(name: "ArgumentsTests", dependencies: ["Arguments", "Files"]),
    .testTarget(
      name: "CoupletCLITests",
      dependencies: engine + [
        "CoupletCLI", "Couplet", "Samples", "SampleReaders", "Simulators", "GaussianTheory",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "DocumentationTests",
      dependencies: ["CoupletCLI", "FieldExample", "OwnEncoderExample"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

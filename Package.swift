// swift-tools-version:6.2
import PackageDescription

// Where libtorch lives: `include` and `lib` of a libtorch 2.13 distribution.
// scripts/setup.sh unpacks one into .deps/torch, scripts/setup.sh --to DIR anywhere; COUPLET_TORCH names another than the
// first (a CUDA build, say). A version of this package can be depended on although it has unsafe flags: manifests of tools
// version 6.2 may. Files of pkg-config were rejected: SwiftPM passes on neither -isystem nor -D nor the run path of theirs.
let torch = Context.environment["COUPLET_TORCH"] ?? "\(Context.packageDirectory)/.deps/torch"

let torchHeaders: [CXXSetting] = [
  .unsafeFlags([
    "-DAT_PER_OPERATOR_HEADERS", "-isystem", "\(torch)/include",
    "-isystem", "\(torch)/include/torch/csrc/api/include",
    // Without libtorch one message says what to do, not a hundred that a header is missing. SwiftPM takes -W… away from
    // packages that are depended on, but not this other spelling.
    "-include", "\(Context.packageDirectory)/Sources/CTorch/include/require_torch.h",
    "--warn-fatal-errors",
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
// Links to the folders that mpicc names.
let mpi = "\(Context.packageDirectory)/.deps/mpi"

// What Couplet's interface speaks in. Named by every target that uses it: SwiftPM builds anew what depends on a
// changed module by name, not what imports it through another.
let engine: [Target.Dependency] = ["Files", "Torch"]

// Everything that a target of the subject may speak in.
let core: [Target.Dependency] = engine + ["Samples", "Scores", "CoupletCore"]
// What the command, the experiments and their tests are made of.
let whole: [Target.Dependency] =
  core + [
    "DiagnosticFigures", "Encoders", "Figures", "GaussianTheory", "Information", "RunPages", "Runs",
    "SampleReaders", "Simulators", "Tables", "Training",
  ]

let package = Package(
  name: "Couplet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Couplet", targets: ["Couplet"]),
    .library(name: "GaussianTheory", targets: ["GaussianTheory"]),
    .executable(name: "couplet", targets: ["CoupletCLI"]),
  ],
  targets: [
    // MARK: Engine — files, tensors
    .systemLibrary(
      name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CFiles"),
    .target(name: "Files", dependencies: ["CFiles", "CZlib"]),
    .systemLibrary(
      name: "CNetCDF", path: "Sources/CNetCDF", pkgConfig: "netcdf",
      providers: [.apt(["libnetcdf-dev"])]),
    .target(
      name: "CImage", cSettings: with("images", .define("COUPLET_WITH_IMAGES")),
      linkerSettings: with("images", .linkedLibrary("png"), .linkedLibrary("jpeg"))),
    .target(
      name: "CMPI",
      cSettings: with(
        "mpi", .define("COUPLET_WITH_MPI"), .unsafeFlags(["-isystem", "\(mpi)/include"])),
      linkerSettings: with(
        "mpi", .unsafeFlags(["-L\(mpi)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(mpi)/lib"]),
        .linkedLibrary("mpi"))),
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
    // Answers as files.
    .target(name: "Tables", dependencies: ["CArrow", "Files"]),
    .target(name: "Scores", dependencies: engine + ["CScores"]),

    // MARK: Data — what a modality's samples are, and the formats that they are read from
    .target(name: "Samples", dependencies: engine),
    .target(
      name: "SampleReaders",
      dependencies: engine + ["Samples", "CArrow", "CImage", "CNetCDF"],
      swiftSettings: libraries.contains("netcdf")
        ? [] : [.unsafeFlags(["-Xcc", "-DCOUPLET_WITHOUT_NETCDF"])],
      linkerSettings: with("netcdf", .linkedLibrary("netcdf"))),
    .target(
      name: "Simulators", dependencies: engine + ["Samples", "SampleReaders", "COcean"]),

    // MARK: Subject — theory, couplings, encoders, training, runs, figures
    .target(name: "GaussianTheory", dependencies: engine),
    .target(name: "CoupletCore", dependencies: engine + ["CMPI", "Samples", "Scores"]),
    .target(name: "Encoders", dependencies: core),
    .target(name: "Training", dependencies: core),
    .target(
      name: "Information", dependencies: core + ["Encoders", "GaussianTheory", "Training"]),
    .target(name: "Figures", dependencies: ["Files"]),
    .target(name: "DiagnosticFigures", dependencies: core + ["Figures"]),
    .target(
      name: "Runs",
      dependencies: core + [
        "Encoders", "GaussianTheory", "SampleReaders", "Simulators", "Training",
      ],
      // The loader that couplet export writes.
      resources: [.embedInCode("Export/couplet_model.py")]),
    // The page of a run.
    .target(
      name: "RunPages",
      dependencies: core + ["DiagnosticFigures", "Figures", "GaussianTheory", "Runs", "Training"]),
    // What `import Couplet` brings.
    .target(name: "Couplet", dependencies: whole),

    // MARK: Command
    .target(name: "Experiments", dependencies: whole),
    .target(name: "Arguments", dependencies: ["Files"]),
    .executableTarget(name: "CoupletCLI", dependencies: whole + ["Arguments", "Experiments"]),

    // MARK: Benchmarks
    .executableTarget(name: "Benchmark", dependencies: whole, path: "bench/Benchmark"),

    // MARK: Examples — the programs of the client package in Examples, so that they are built and run
    .executableTarget(
      name: "FieldExample", dependencies: whole + ["Couplet"], path: "Examples/Field"),
    .executableTarget(
      name: "OwnEncoderExample", dependencies: whole + ["Couplet"], path: "Examples/OwnEncoder"),

    // MARK: Tests
    // A folder of files for a test.
    .target(name: "Scratch", dependencies: ["Files"], path: "Tests/Support/Scratch"),
    // A GPU for tests where there is none.
    .target(
      name: "SimulatedGPU", dependencies: ["CTorch"], path: "Tests/Support/SimulatedGPU",
      cxxSettings: torchHeaders),
    // The device that tests put their tensors on.
    .target(
      name: "TestDevice", dependencies: engine + ["SimulatedGPU"], path: "Tests/Support/TestDevice"),
    // Small encoders, and what compares tensors.
    .target(
      name: "TestModels", dependencies: core + ["TestDevice"], path: "Tests/Support/TestModels"),
    // A process for scripts/mutate.py to feed with damaged files.
    .executableTarget(
      name: "ReadingProbe", dependencies: engine + ["Samples", "SampleReaders"],
      path: "Tests/Support/ReadingProbe"),
    .executableTarget(
      name: "SettingsProbe", dependencies: whole, path: "Tests/Support/SettingsProbe"),
    // A process for TrainingTests to kill.
    .executableTarget(
      name: "TrainingProbe", dependencies: core + ["Training"], path: "Tests/Support/TrainingProbe"
    ),
    .testTarget(name: "FilesTests", dependencies: ["Files"], exclude: ["Fixtures"]),
    .testTarget(
      name: "TorchTests", dependencies: engine + ["CTorch", "TestDevice"], exclude: ["Fixtures"]),
    .testTarget(
      name: "ScoresTests", dependencies: engine + ["Scores", "CScores", "TestDevice"]),
    .testTarget(name: "SamplesTests", dependencies: engine + ["Samples", "Scratch"]),
    .testTarget(
      name: "SampleReadersTests",
      dependencies: engine + ["CArrow", "CImage", "Samples", "SampleReaders", "Scratch"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "TablesTests",
      dependencies: engine + ["CArrow", "Samples", "SampleReaders", "Scratch", "Tables"]),
    .testTarget(
      name: "SimulatorsTests",
      dependencies: engine + ["Samples", "SampleReaders", "Scratch", "Simulators", "CTorch"]),
    .testTarget(
      name: "GaussianTheoryTests", dependencies: engine + ["GaussianTheory"], exclude: ["Fixtures"]),
    .testTarget(
      name: "CoupletCoreTests",
      dependencies: core + ["Encoders", "Simulators", "TestDevice", "TestModels"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: core + [
        "Encoders", "Scratch", "Simulators", "TestModels", "Training", "TrainingProbe",
      ]),
    .testTarget(name: "InformationTests", dependencies: core + ["GaussianTheory", "Information"]),
    .testTarget(name: "EncodersTests", dependencies: core + ["Encoders"], exclude: ["Fixtures"]),
    .testTarget(
      name: "FiguresTests", dependencies: ["Figures", "Files"], exclude: ["Fixtures"]),
    .testTarget(
      name: "DiagnosticFiguresTests", dependencies: core + ["DiagnosticFigures", "Figures"]),
    .testTarget(name: "RunsTests", dependencies: whole, exclude: ["Fixtures"]),
    .testTarget(name: "RunPagesTests", dependencies: whole + ["Couplet"]),
    .testTarget(name: "ExperimentsTests", dependencies: whole + ["Experiments", "Scratch"]),
    .testTarget(name: "ArgumentsTests", dependencies: ["Arguments", "Files"]),
    .testTarget(
      name: "CoupletCLITests", dependencies: whole + ["CoupletCLI", "Scratch", "SimulatedGPU"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "DocumentationTests",
      dependencies: ["CoupletCLI", "FieldExample", "OwnEncoderExample"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

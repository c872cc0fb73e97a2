// swift-tools-version:6.1
import PackageDescription

// A client of Couplet: short programs, run with `swift run --package-path Examples Field`. Copy this manifest to begin a
// package of your own, and let `path` lead to a clone of Couplet in which `make setup` was called.
let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "Couplet", path: "..")],
  targets: [
    .executableTarget(
      name: "Field", dependencies: [.product(name: "Couplet", package: "Couplet")], path: "Field"),
    .executableTarget(
      name: "OwnEncoder", dependencies: [.product(name: "Couplet", package: "Couplet")],
      path: "OwnEncoder"),
  ],
  swiftLanguageModes: [.v6]
)

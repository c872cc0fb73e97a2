import CArrow
import CImage
import CNetCDF

/// A library that formats are read with where Couplet was built with it.
package struct OptionalLibrary: Sendable {
  /// As people write it.
  package let name: String
  /// What it does.
  package let use: String
  package let isBuiltIn: Bool
  /// What Debian and Ubuntu call it; nil for what set-up brings itself.
  package let package: String?

  package static let all = [
    OptionalLibrary(
      name: "Arrow", use: "reads .csv, .parquet and .feather", isBuiltIn: ca_is_built(),
      package: nil),
    OptionalLibrary(
      name: "NetCDF", use: "reads and writes .nc, reads .h5 and .h5ad",
      isBuiltIn: cnetcdf_is_built_in() != 0, package: "libnetcdf-dev"),
    OptionalLibrary(
      name: "PNG", use: "reads .png", isBuiltIn: ci_has_png() != 0, package: "libpng-dev"),
    OptionalLibrary(
      name: "JPEG", use: "reads .jpg", isBuiltIn: ci_has_jpeg() != 0, package: "libjpeg-dev"),
  ]
}

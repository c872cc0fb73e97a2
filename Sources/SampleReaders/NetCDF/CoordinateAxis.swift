/// What a coordinate variable counts, as its attributes say and never its name (CF 1.11, chapter 4).
enum CoordinateAxis: String {
  case x, y, z, t

  /// nil when no attribute says it.
  init?(_ variable: NetCDFFile.Variable, in file: NetCDFFile) {
    if let axis = file.text("axis", of: variable),
      let known = CoordinateAxis(rawValue: axis.lowercased())
    {
      self = known
      return
    }
    let units = file.text("units", of: variable) ?? ""
    switch file.text("standard_name", of: variable) ?? "" {
    case "longitude", "projection_x_coordinate": self = .x
    case "latitude", "projection_y_coordinate": self = .y
    case "depth", "altitude", "height": self = .z
    case "time": self = .t
    default:
      if CoordinateAxis.east.contains(units) {
        self = .x
      } else if CoordinateAxis.north.contains(units) {
        self = .y
      } else if units.contains(" since ") {
        self = .t
      } else {
        return nil
      }
    }
  }

  /// Units of longitude (CF 1.11, section 4.2).
  static let east: Set<String> = [
    "degrees_east", "degree_east", "degree_E", "degrees_E", "degreeE", "degreesE",
  ]
  /// Units of latitude (CF 1.11, section 4.1).
  static let north: Set<String> = [
    "degrees_north", "degree_north", "degree_N", "degrees_N", "degreeN", "degreesN",
  ]
}

import CNetCDF
import Files

/// The value of an attribute.
enum NetCDFAttribute: Equatable {
  case numbers([Double], NetCDFType)
  case text([String])
  /// Of a type that is neither.
  case other
}

extension NetCDFFile {
  // MARK: Attributes

  /// An attribute of a variable; nil when there is none such.
  /// - Throws: `Failure` when it is damaged.
  func attribute(_ name: String, of variable: Variable) throws -> NetCDFAttribute? {
    try attribute(name, group: variable.group, owner: variable.id, in: variable.name)
  }

  /// An attribute of a group, or of the file.
  func attribute(_ name: String, ofGroup group: String = "") throws -> NetCDFAttribute? {
    guard let id = groups[group] else { return nil }
    return try attribute(name, group: id, owner: NC_GLOBAL, in: group)
  }

  /// The text of an attribute; nil when there is none such.
  func text(_ name: String, of variable: Variable) -> String? {
    if case .text(let texts)? = try? attribute(name, of: variable) { texts.first } else { nil }
  }

  /// The text of an attribute of the file, or of a group of it.
  package func text(_ name: String, ofGroup group: String = "") -> String? {
    if case .text(let texts)? = try? attribute(name, ofGroup: group) { texts.first } else { nil }
  }

  private func attribute(_ name: String, group: Int32, owner: Int32, in place: String) throws
    -> NetCDFAttribute?
  {
    var (type, length): (Int32, Int) = (0, 0)
    let status = NetCDF.call { nc_inq_att(group, owner, name, &type, &length) }
    guard status != NC_ENOTATT else { return nil }
    func check(_ status: Int32) throws {
      guard status != NC_NOERR else { return }
      throw Failure(
        "the attribute '\(name)' of '\(place)' is damaged (\(NetCDF.reason(status)))", at: path,
        remedy: "write or download the file again")
    }
    try check(status)
    try Extent.requireInMemory(
      Extent.bytes([length], of: 8, at: path), "the attribute '\(name)'", at: path)
    switch NetCDFType(rawValue: type) {
    case nil: return .other
    case .char:
      var characters = [CChar](repeating: 0, count: length)
      try check(NetCDF.call { nc_get_att_text(group, owner, name, &characters) })
      return .text([NetCDF.string(characters)])
    case .string:
      var texts = [UnsafeMutablePointer<CChar>?](repeating: nil, count: length)
      try check(NetCDF.call { nc_get_att_string(group, owner, name, &texts) })
      defer { _ = NetCDF.call { nc_free_string(length, &texts) } }
      return .text(texts.map { $0.map { String(cString: $0) } ?? "" })
    case .some(let type):
      var values = [Double](repeating: 0, count: length)
      if length > 0 { try check(NetCDF.call { nc_get_att_double(group, owner, name, &values) }) }
      return .numbers(values, type)
    }
  }

  // MARK: Values

  /// Numbers as they are stored, in row-major order; 64-bit integers are rounded.
  package func values(_ variable: Variable, start: [Int], count: [Int]) throws -> [Double] {
    try read(variable, start, count, 0.0) {
      nc_get_vara_double(variable.group, variable.id, start, count, $0)
    }
  }

  /// Whole numbers as they are stored, in row-major order; those of uint64 as the bits say.
  func integers(_ variable: Variable, start: [Int], count: [Int]) throws -> [Int] {
    guard variable.type == .uint64 else {
      return try read(variable, start, count, Int64(0)) {
        nc_get_vara_longlong(variable.group, variable.id, start, count, $0)
      }.map(Int.init)
    }
    return try read(variable, start, count, UInt64(0)) {
      nc_get_vara_ulonglong(variable.group, variable.id, start, count, $0)
    }.map { Int(truncatingIfNeeded: $0) }
  }

  /// All numbers of a variable as they are stored.
  func values(_ variable: Variable) throws -> [Double] {
    try values(variable, start: variable.shape.map { _ in 0 }, count: variable.shape)
  }

  private func read<Element>(
    _ variable: Variable, _ start: [Int], _ count: [Int], _ zero: Element,
    _ body: (UnsafeMutablePointer<Element>) -> Int32
  ) throws -> [Element] {
    let bytes = try Extent.bytes(count, of: MemoryLayout<Element>.size, at: path)
    try Extent.requireInMemory(bytes, "'\(variable.name)'", at: path)
    guard bytes > 0 else { return [] }
    var values = [Element](repeating: zero, count: bytes / MemoryLayout<Element>.size)
    let status = values.withUnsafeMutableBufferPointer { buffer in
      // The buffer holds at least one element.
      NetCDF.call { body(buffer.baseAddress!) }
    }
    try requireValues(status, of: variable)
    return values
  }

  private func requireValues(_ status: Int32, of variable: Variable) throws {
    guard status != NC_NOERR else { return }
    guard status != NC_ENOFILTER else {
      throw Failure(
        "'\(variable.name)' is compressed in a way that this machine's netCDF does not know",
        at: path, remedy: "write it with gzip, or without compression")
    }
    throw Failure(
      "the values of '\(variable.name)' are damaged (\(NetCDF.reason(status)))", at: path,
      remedy: "write or download the file again")
  }

  // MARK: Text

  /// The texts of a variable of strings, or of characters whose last axis is the length of a text.
  func texts(_ variable: Variable) throws -> [String] {
    if variable.type == .char { return try characters(variable) }
    let count = try Extent.count(variable.shape, at: path)
    try Extent.requireInMemory(
      Extent.bytes([count], of: 32, at: path), "'\(variable.name)'", at: path)
    guard count > 0 else { return [] }
    var texts = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    let start = variable.shape.map { _ in 0 }
    try requireValues(
      NetCDF.call {
        nc_get_vara_string(variable.group, variable.id, start, variable.shape, &texts)
      }, of: variable)
    defer { _ = NetCDF.call { nc_free_string(count, &texts) } }
    return texts.map { $0.map { String(cString: $0) } ?? "" }
  }

  private func characters(_ variable: Variable) throws -> [String] {
    if let encoding = text("_Encoding", of: variable)?.lowercased(),
      !["utf-8", "utf8", "ascii", "us-ascii"].contains(encoding)
    {
      throw Failure(
        "'\(variable.name)' is text in the encoding '\(encoding.prefix(60))'", at: path,
        remedy: "write it as UTF-8")
    }
    let shape = variable.shape
    let length = shape.last ?? 1
    let start = shape.map { _ in 0 }
    let all = try read(variable, start, shape, CChar(0)) {
      nc_get_vara_text(variable.group, variable.id, start, shape, $0)
    }
    guard length > 0 else { return [] }
    return stride(from: 0, to: all.count, by: length).map { first in
      var text = Substring(NetCDF.string(all[first..<first + length]))
      while text.last == " " { text.removeLast() }
      return String(text)
    }
  }
}

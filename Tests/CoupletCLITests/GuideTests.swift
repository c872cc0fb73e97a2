import CoupletCore
import Files
import Foundation
import Testing

/// The guide "Your own pairs", executed: every command of its shell blocks, in its order, on files of the kinds that it
/// names.
@Suite struct GuideTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private let folder: ScratchFolder

  /// Two noisy views of the same five numbers, a label, texts and images made of them.
  init() throws {
    folder = try ScratchFolder()
    let latent = Tensor.normal([240, 5], key: Key(1))
    func view(_ width: Int, _ seed: UInt64) -> Tensor {
      matmul(latent, .normal([5, width], key: Key(seed)))
        + .normal([240, width], key: Key(seed + 100)) * 0.3
    }
    try write(view(8, 2), to: "features-a.csv", names: "a")
    try write(view(6, 3), to: "features-b.csv", names: "b")
    try write(view(8, 2)[0..<5], to: "new-a.csv", names: "a")
    try Npy.write(view(16, 4).numericArray, to: folder.path("image-embeddings.npy"))
    try Npy.write(view(16, 5).numericArray, to: folder.path("text-embeddings.npy"))
    try Npy.write(view(40, 6).reshaped([240, 20, 2]).numericArray, to: folder.path("series.npy"))
    let species = latent.array(Float.self).enumerated().filter { $0.offset % 5 == 0 }
      .map { $0.element < 0 ? "setosa" : "virginica" }
    try write(lines: ["species"] + species, to: "species.csv")
    // 48 images with five captions each.
    let images = Tensor.uniform([48, 1, 8, 8], key: Key(7))
    let rows = (0..<240).map { $0 / 5 }
    try Npy.write(images.indexSelect(Tensor(rows)).numericArray, to: folder.path("images.npy"))
    try write(lines: rows.map { "image \($0), seen \($0 * 7 % 13) times" }, to: "captions.txt")
    // Pictures that the network of EncodersTests takes.
    try Npy.write(
      matmul(latent, .normal([5, 20], key: Key(8))).reshaped([240, 1, 4, 5]).numericArray,
      to: folder.path("pictures.npy"))
    try FileManager.default.copyItem(
      at: Self.root.appending(path: "Tests/EncodersTests/Fixtures/torchscript.pt"),
      to: folder.url.appending(path: "network.pt"))
    try write(lines: ["image"] + rows.map { "i\($0)" }, to: "image-of-caption.csv")
  }

  private func write(lines: [String], to name: String) throws {
    try AtomicFile.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: folder.path(name))
  }

  private func write(_ rows: Tensor, to name: String, names: String) throws {
    let width = rows.shape[1]
    let values = rows.array(Float.self)
    let body = (0..<rows.shape[0]).map { row in
      values[row * width..<(row + 1) * width].map { "\($0)" }.joined(separator: ",")
    }
    let head = (1...width).map { "\(names)\($0)" }.joined(separator: ",")
    try write(lines: [head] + body, to: name)
  }

  @Test func `every command of the guide works`() throws {
    let page = try String(
      contentsOf: Self.root.appending(path: "docs/your-own-pairs.md"), encoding: .utf8)
    let commands = page.components(separatedBy: "```sh\n").dropFirst()
      .flatMap { $0.components(separatedBy: "```")[0].split(separator: "\n") }
    #expect(commands.count >= 12)
    for command in commands {
      let words = command.split(separator: " ").map(String.init)
      #expect(words.first == "couplet")
      let result = try RunningCommand.run(Array(words.dropFirst()), in: folder.url)
      #expect(result.status == 0, "\(command): \(result.error)")
    }
    #expect(FileManager.default.fileExists(atPath: folder.path("runs/tables/report.html")))
    if Self.hasPyTorch { try requireExampleOfExportWorks() }
  }

  /// Whether Python finds PyTorch where set-up unpacks it.
  private static let hasPyTorch = FileManager.default.fileExists(
    atPath: root.appending(path: ".deps/typing_extensions.py").path)

  /// The program in docs/export.md, on the folder that the guide's command wrote.
  private func requireExampleOfExportWorks() throws {
    let page = try String(
      contentsOf: Self.root.appending(path: "docs/export.md"), encoding: .utf8)
    let program = page.components(separatedBy: "```python\n")[1].components(separatedBy: "```")[0]
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program]
    process.currentDirectoryURL = folder.url
    let path = "\(Self.root.appending(path: ".deps").path):\(folder.path("exported"))"
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": path]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .split(separator: "\n")
    process.waitUntilExit()
    try #require(process.terminationStatus == 0 && lines.count == 2)
    let classes =
      try RunningCommand.run("classify runs/species --u new-a.csv --json", in: folder.url)
      .json()["classes"] as? [Int]
    let names = try #require(classes).map { ["'setosa'", "'virginica'"][$0] }
    #expect(lines[0] == "[\(names.joined(separator: ", "))]")
    #expect(lines[1] == "[1.0, 1.0, 1.0, 1.0, 1.0]")
  }
}

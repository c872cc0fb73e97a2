import CoupletCore
import Files
import Foundation
import TestModels
import Testing

@Suite struct KernelTextTests {
  private static let texts: [(String, Kernel)] = [
    ("gaussian", .gaussian()), ("gaussian:0.5", .gaussian(.fixed(0.5))), ("laplace", .laplace()),
    ("laplace:2.0", .laplace(.fixed(2))), ("polynomial:3:0.5", .polynomial(degree: 3, offset: 0.5)),
    ("energy", .energy),
  ]

  @Test(arguments: texts.indices)
  func kernelsAreReadFromTheirTextAndGiveItBack(_ index: Int) throws {
    let (text, kernel) = KernelTextTests.texts[index]
    #expect(try Kernel(text) == kernel)
    #expect(kernel.description == text)
    let json = try JSONEncoder().encode([kernel])
    #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
    #expect(try JSONDecoder().decode([Kernel].self, from: json) == [kernel])
  }

  @Test func shortFormsHaveTheirDefaults() throws {
    #expect(try Kernel("polynomial") == .polynomial(degree: 2, offset: 1))
    #expect(try Kernel("polynomial:4") == .polynomial(degree: 4, offset: 1))
  }

  @Test(arguments: [
    "", "gauss", "gaussian:", "gaussian:0", "gaussian:-1", "gaussian:nan", "gaussian:1:2",
    "laplace:x", "polynomial:0", "polynomial:1.5", "polynomial:2:inf", "energy:1",
  ])
  func otherTextsAreRefused(_ text: String) {
    #expect(throws: Failure.self) { try Kernel(text) }
  }
}

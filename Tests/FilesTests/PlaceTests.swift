import Files
import Testing

@Suite struct PlaceTests {
  @Test(arguments: [
    (Place.none, ""), ("u.npy", "u.npy"), (.file("u.npy", field: "row 3"), "u.npy (row 3)"),
    (.file("u.idx", offset: 16), "u.idx (offset 16)"),
    (.file("w.safetensors", field: "'bias'", offset: 8), "w.safetensors ('bias', offset 8)"),
    (.setting("encoder-u"), "encoder-u"),
    (.setting("encoder-u", value: "lenet"), "encoder-u lenet"),
    (.input("samples"), "samples"), (.input("covariance", index: [0, 1]), "covariance [0, 1]"),
  ])
  func aPlaceIsPrinted(_ place: Place, _ text: String) {
    #expect(place.description == text)
    #expect(
      Failure("it fails", at: place, remedy: "mend it").description
        == (text.isEmpty ? "" : "\(text): ") + "it fails — mend it")
  }

  @Test func aTextIsThePathOfAFile() {
    let path = "u.npy"
    #expect(Failure("it fails", at: path, remedy: "").place == .file("u.npy"))
    #expect(Failure("it fails", at: "", remedy: "").place == .none)
    #expect(Failure("it fails", remedy: "").description == "it fails")
  }

  @Test func aFailureWithoutAPlaceIsGivenOne() throws {
    func failure(_ place: Place) -> Failure? {
      #expect(throws: Failure.self) {
        try Failure.at(.setting("loss")) { throw Failure("it fails", at: place, remedy: "mend it") }
      }
    }
    #expect(failure(.none)?.place == .setting("loss"))
    #expect(failure("u.npy")?.place == .file("u.npy"))
    #expect(try Failure.at(.setting("loss")) { 3 } == 3)
  }
}

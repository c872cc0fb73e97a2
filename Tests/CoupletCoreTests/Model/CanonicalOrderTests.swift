import CoupletCore
import TestModels
import Testing

@Suite struct CanonicalOrderTests {
  private let u = normal([300, 6], Key(1))
  private let v = normal([300, 6], Key(2))

  private func difference(_ a: Tensor, _ b: Tensor) -> Double { (a - b).abs().max().item() }

  @Test(arguments: Tiltings.bilinear.map(\.name))
  func `no score changes`(_ name: String) throws {
    let order = try CanonicalOrder(u: u, v: v + u)
    let tilting = try Tiltings.named(name)
    func scores(_ u: Tensor, _ v: Tensor) -> Tensor {
      tilting.factors(u, v, temperature: Tensor(0.3, dtype: .float64)).matrix
    }
    let rotated = scores(order.coordinates(u, first: 6), order.coordinates(v, first: 6))
    let expected = scores(u, v)
    // Rounding of products of length 6, of numbers up to some 50.
    let largest: Double = expected.abs().max().item()
    #expect(difference(rotated, expected) < 1e-12 * largest)
  }

  /// Coordinates that are exactly uncorrelated but with their partners, in any order and rotated anyhow.
  @Test func `coordinates are those whose partners agree most, first`() throws {
    let agreement = Tensor([0.2, 3, -0.5, 1, 0, 0.7])
    let free = normal([300, 6], Key(3))
    let (q, _) = (free - free.mean(dim: 0)).qr()
    let any = normal([6, 6], Key(4)).qr().q
    let mean = normal([6], Key(5))
    let order = try CanonicalOrder(
      u: matmul(q, any) + mean, v: matmul(q * agreement * 300, any) - mean)
    let found = matmul(order.rotation, any.T).abs()
    let places = [1, 3, 5, 0, 4, 2]
    for (row, place) in places.enumerated() {
      // Columns of q are orthonormal to rounding.
      let (axis, gap): (Double, Double) = (found[row][place].item(), agreement[place].item())
      #expect(abs(axis - 1) < 1e-12)
      #expect(abs(order.gaps[row] - gap) < 1e-12)
    }
  }
}

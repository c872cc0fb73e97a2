import CoupletCore
import Testing

@testable import Encoders

struct QuadraticTests {
  @Test func `the form is that of the symmetric part`() {
    let potential = Quadratic(3)
    let (w, b) = (
      Tensor.normal([3, 3], key: Key(1)), Tensor.normal([3], key: Key(2))
    )
    withoutGradients {
      potential.curvature.copy(from: w)
      potential.slope.copy(from: b)
    }
    let x = Tensor.normal([5, 3], key: Key(3))
    let m = (w + w.T) * 0.5
    let rows = (0..<5).map { i -> Tensor in
      let row = x[i].unsqueezed(1)
      return matmul(row.T, matmul(m, row)).flattened() * -0.5 + (x[i] * b).sum()
    }
    // Nine float32 terms of size 1.
    #expect((potential(x) - stack(rows)).abs().max().item() < 1e-5)
    #expect(potential(x.reshaped([5, 3, 1])).shape == [5, 1])
  }

  @Test func `it starts at zero and still learns`() {
    let potential = Quadratic(2)
    let x = Tensor.normal([6, 2], key: Key(4))
    let output = potential(x)
    #expect(output.abs().max().item() == 0)
    (output * Tensor.normal([6, 1], key: Key(5))).sum().backward()
    for tensor in potential.parameters.tensors {
      #expect((tensor.gradient?.abs().max().item() ?? 0) > 0)
    }
  }
}

struct NormalizedTests {
  @Test func `embeddings have length 1 and the direction of the base`() {
    let base = Linear(4, 3, key: Key(1))
    let encoder = Normalized(base)
    let x = Tensor.normal([6, 4], key: Key(2))
    let (y, g) = (encoder(x), base(x))
    // Float32 roundings of numbers up to 1.
    #expect((y.norm(dim: 1) - 1).abs().max().item() < 1e-6)
    #expect(((y * g).sum(dim: 1) / g.norm(dim: 1) - 1).abs().max().item() < 1e-6)
    #expect(encoder.dimension == 3)
    #expect(encoder.parameters.entries.map(\.name) == base.parameters.entries.map(\.name))
  }

  @Test func `as inner product it is the cosine tilting`() throws {
    let (u, v) = (Linear(4, 3, key: Key(1)), Linear(5, 3, key: Key(2)))
    let x = Tensor.normal([6, 4], key: Key(3))
    let y = Tensor.normal([7, 5], key: Key(4))
    let temperature = try Temperature(.fixed(0.2))
    let cosine = Coupling(u: u, v: v, tilting: Cosine(), temperature: temperature)
    let product = Coupling(
      u: Normalized(u), v: Normalized(v), tilting: InnerProduct(), temperature: temperature)
    // Scores up to 5, float32.
    #expect((cosine.scores(u: x, v: y) - product.scores(u: x, v: y)).abs().max().item() < 1e-5)
  }
}

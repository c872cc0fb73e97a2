import Testing
import Torch

@Suite struct TensorShapeTests {
  /// 0 … 23 as 2 × 3 × 4: the element at (i, j, k) is 12 i + 4 j + k.
  let x = Tensor.arange(24).reshaped([2, 3, 4])

  @Test func reshaping() {
    #expect(x.reshaped([6, -1]).shape == [6, 4])
    #expect(x.flattened().shape == [24])
    #expect(x.flattened(from: 1).shape == [2, 12])
    #expect(x.flattened(from: 1).array(Int.self) == Array(0..<24))
    #expect(Tensor.zeros([0, 2, 3]).flattened(from: 1).shape == [0, 6])
    #expect(x.unsqueezed(0).shape == [1, 2, 3, 4])
    #expect(x.unsqueezed(-1).shape == [2, 3, 4, 1])
    #expect(x.unsqueezed(1).squeezed(1).shape == [2, 3, 4])
    #expect(x.squeezed(1).shape == [2, 3, 4])
    #expect(
      Tensor([1, 2], shape: [2, 1]).expanded([-1, 3]).array(Int.self) == [1, 1, 1, 2, 2, 2])
  }

  @Test func axes() {
    let permuted = x.permuted([2, 0, 1])
    #expect(permuted.shape == [4, 2, 3])
    #expect(permuted[3][1][2].item() == 12 + 8 + 3)
    #expect(x.transposed(0, 2).shape == [4, 3, 2])
    #expect(x.transposed(0, 2)[1][2][1].item() == 12 + 8 + 1)
    #expect(x.T.shape == [2, 4, 3])
    #expect(x.T[1][3][2].item() == 12 + 8 + 3)
  }

  @Test func selection() {
    #expect(x[1].shape == [3, 4])
    #expect(x[-1][0][0].item() == 12)
    #expect(x[1..<2].shape == [1, 3, 4])
    #expect(x[1..<1].shape == [0, 3, 4])
    #expect(x.select(dim: 2, 3).array(Int.self) == [3, 7, 11, 15, 19, 23])
    #expect(x.narrow(dim: -1, 1..<3).shape == [2, 3, 2])
    #expect(x.narrow(dim: 1, 2..<3).array(Int.self) == [8, 9, 10, 11, 20, 21, 22, 23])
    #expect(x.indexSelect(dim: 1, Tensor([2, 0, 2])).shape == [2, 3, 4])
    #expect(Tensor([0, 1, 2, 3, 4]).spread(3).array(Int.self) == [0, 1, 3])
    #expect(
      x.indexSelect(dim: 1, Tensor([2, 0])).select(dim: 2, 0).array(Int.self) == [8, 0, 20, 12])
    #expect(x.indexSelect(Tensor([1]))[0].array(Int.self) == Array(12..<24))
  }

  @Test func gatherAndScatter() {
    let matrix = Tensor([1.0, 2, 3, 4, 5, 6], shape: [2, 3])
    let indices = Tensor([2, 0, 1, 1], shape: [2, 2])
    #expect(matrix.gather(dim: 1, indices).values == [3, 1, 5, 5])
    let added = matrix.scatterAdd(dim: 1, indices, Tensor([10.0, 20, 30, 40], shape: [2, 2]))
    #expect(added.values == [21, 2, 13, 4, 75, 6])
    #expect(matrix.values == [1, 2, 3, 4, 5, 6])
    expectGradients(of: [matrix]) { $0[0].gather(dim: 1, indices).square() }
    expectGradients(of: [matrix, Tensor([1.0, 2, 3, 4], shape: [2, 2])]) {
      $0[0].scatterAdd(dim: 1, indices, $0[1]).square()
    }
  }

  @Test func matrices() {
    let m = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [3, 3])
    #expect(m.diagonal().array(Int.self) == [1, 5, 9])
    #expect(Tensor([1, 2]).diagonalMatrix().array(Int.self) == [1, 0, 0, 2])
    #expect(m.upperTriangle().array(Int.self) == [1, 2, 3, 0, 5, 6, 0, 0, 9])
    #expect(m.upperTriangle(diagonal: 1).array(Int.self) == [0, 2, 3, 0, 0, 6, 0, 0, 0])
    #expect(m.lowerTriangle().array(Int.self) == [1, 0, 0, 4, 5, 0, 7, 8, 9])
    #expect(m.lowerTriangle(diagonal: -1).array(Int.self) == [0, 0, 0, 4, 0, 0, 7, 8, 0])
    #expect(m.flipped(dim: 0).array(Int.self) == [7, 8, 9, 4, 5, 6, 1, 2, 3])
    #expect(m.flipped(dim: -1)[0].array(Int.self) == [3, 2, 1])
    #expect(Tensor([0, 3, 0, 4], shape: [2, 2]).nonzero().array(Int.self) == [0, 1, 1, 1])
  }

  @Test func joining() {
    let (a, b) = (Tensor([1, 2], shape: [1, 2]), Tensor([3, 4], shape: [1, 2]))
    #expect(cat([a, b]).array(Int.self) == [1, 2, 3, 4])
    #expect(cat([a, b]).shape == [2, 2])
    #expect(cat([a, b], dim: 1).shape == [1, 4])
    #expect(stack([a, b]).shape == [2, 1, 2])
    #expect(stack([a, b], dim: -1).array(Int.self) == [1, 3, 2, 4])
  }

  /// A gradient passes through each view to the elements that the view shows.
  @Test func gradientsThroughViews() {
    let x = Tensor.normal([2, 3, 2], key: Key(1), dtype: .float64)
    expectGradients(of: [x]) { $0[0].permuted([2, 0, 1]).reshaped([4, 3])[1..<3].square() }
    expectGradients(of: [x]) { $0[0].narrow(dim: 1, 1..<3).flipped(dim: 2).exp() }
    expectGradients(of: [x]) { $0[0][1].unsqueezed(0).expanded([4, 3, 2]).sin() }
    expectGradients(of: [x, x]) { cat([$0[0], stack([$0[1][0], $0[0][1]])], dim: 2).square() }
    expectGradients(of: [x]) { $0[0].indexSelect(dim: 1, Tensor([0, 0, 2])).square() }
    expectGradients(of: [x[0][0..<2]]) { $0[0].diagonal().diagonalMatrix().square() }
    expectGradients(of: [x[0][0..<2]]) { $0[0].upperTriangle().square() - $0[0].lowerTriangle() }
  }
}

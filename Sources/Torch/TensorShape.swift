import CTorch
import Files

// Views, selection, joining. A view shares the storage of the tensor it is a view of.

extension Tensor {
  /// The same elements in another shape; one length may be −1, to be inferred.
  public func reshaped(_ shape: [Int]) -> Tensor {
    tensor("reshaped", [self]) { ct_reshape($0, raw, sizes(shape), Int32(shape.count)) }
  }

  /// Axes of length 1 repeated, without copying; −1 keeps a length.
  public func expanded(_ shape: [Int]) -> Tensor {
    tensor("expanded", [self]) { ct_expand($0, raw, sizes(shape), Int32(shape.count)) }
  }

  /// The axes in another order.
  public func permuted(_ axes: [Int]) -> Tensor {
    tensor("permuted", [self]) { ct_permute($0, raw, sizes(axes), Int32(axes.count)) }
  }

  /// Two axes exchanged, as a view.
  public func transposed(_ first: Int, _ second: Int) -> Tensor {
    tensor("transposed", [self]) { ct_transpose($0, raw, Int64(first), Int64(second)) }
  }

  /// The transpose of a matrix (of the last two axes).
  public var T: Tensor { transposed(-2, -1) }

  /// With an axis of length 1 inserted.
  public func unsqueezed(_ axis: Int) -> Tensor {
    tensor("unsqueezed", [self]) { ct_unsqueeze($0, raw, Int64(axis)) }
  }

  /// Without the axis, when its length is 1.
  public func squeezed(_ axis: Int) -> Tensor {
    tensor("squeezed", [self]) { ct_squeeze($0, raw, Int64(axis)) }
  }

  /// All axes from `axis` on joined into one.
  public func flattened(from axis: Int = 0) -> Tensor {
    let shape = self.shape
    return reshaped(shape[..<axis] + [shape[axis...].reduce(1, *)])
  }

  // MARK: Selection

  /// The i-th entry along the first axis.
  public subscript(_ index: Int) -> Tensor { select(dim: 0, index) }

  /// Entries of a range along the first axis.
  public subscript(_ range: Range<Int>) -> Tensor { narrow(dim: 0, range) }

  /// The entry at `index` along `dim`, without that axis.
  public func select(dim: Int, _ index: Int) -> Tensor {
    tensor("select", [self]) { ct_select($0, raw, Int64(dim), Int64(index)) }
  }

  /// N × C × H × W images brought to another size, bilinear with antialiasing: what is made smaller is averaged.
  public func resized(height: Int, width: Int) -> Tensor {
    require(rank == 4, "Torch.resized: images of shape \(shape)")
    return tensor("resized", [self]) {
      ct_resize_images($0, raw, Int64(height), Int64(width))
    }
  }

  /// The entries of `range` along `dim`.
  public func narrow(dim: Int, _ range: Range<Int>) -> Tensor {
    let length = shape[dim < 0 ? dim + rank : dim]
    require(
      range.lowerBound >= 0 && range.upperBound <= length,
      "Torch.narrow: \(range) of an axis of length \(length)")
    return tensor("narrow", [self]) {
      ct_slice($0, raw, Int64(dim), Int64(range.lowerBound), Int64(range.upperBound), 1)
    }
  }

  /// `count` entries along the first axis, evenly spaced from its beginning.
  ///
  /// ```swift
  /// Tensor([0, 1, 2, 3, 4]).spread(3)   // [0, 1, 3]
  /// ```
  public func spread(_ count: Int) -> Tensor {
    indexSelect(Tensor((0..<count).map { $0 * shape[0] / count }, device: device))
  }

  /// The entries at `indices` (int64) along `dim`, in that order.
  public func indexSelect(dim: Int = 0, _ indices: Tensor) -> Tensor {
    tensor("indexSelect", [self, indices]) { ct_index_select($0, raw, Int64(dim), indices.raw) }
  }

  /// out[i][j] = self[i][indices[i][j]] for `dim` 1, and likewise for other axes.
  public func gather(dim: Int, _ indices: Tensor) -> Tensor {
    tensor("gather", [self, indices]) { ct_gather($0, raw, Int64(dim), indices.raw) }
  }

  /// A copy with `source[i][j]` added at `[i][indices[i][j]]` for `dim` 1, and likewise for other axes.
  public func scatterAdd(dim: Int, _ indices: Tensor, _ source: Tensor) -> Tensor {
    tensor("scatterAdd", [self, indices, source]) {
      ct_scatter_add($0, raw, Int64(dim), indices.raw, source.raw)
    }
  }

  /// The diagonal of a matrix, as a view.
  public func diagonal() -> Tensor { tensor("diagonal", [self]) { ct_diagonal($0, raw) } }
  /// The square matrix with this vector on its diagonal.
  public func diagonalMatrix() -> Tensor {
    tensor("diagonalMatrix", [self]) { ct_diagonal_matrix($0, raw) }
  }
  /// The part of a matrix on and above the given diagonal; zero elsewhere.
  public func upperTriangle(diagonal: Int = 0) -> Tensor {
    tensor("upperTriangle", [self]) { ct_triangle($0, raw, true, Int64(diagonal)) }
  }
  /// The part of a matrix on and below the given diagonal; zero elsewhere.
  public func lowerTriangle(diagonal: Int = 0) -> Tensor {
    tensor("lowerTriangle", [self]) { ct_triangle($0, raw, false, Int64(diagonal)) }
  }
  /// The entries along `dim` in reverse order.
  public func flipped(dim: Int) -> Tensor {
    tensor("flipped", [self]) { ct_flip($0, raw, Int64(dim)) }
  }
  /// The index vectors of the non-zero elements, one per row (int64).
  public func nonzero() -> Tensor { tensor("nonzero", [self]) { ct_nonzero($0, raw) } }
}

/// The tensors joined along an axis that they have.
public func cat(_ list: [Tensor], dim: Int = 0) -> Tensor {
  tensor("cat", list) { out in withHandles(list) { ct_cat(out, $0, $1, Int64(dim)) } }
}

/// The tensors joined along a new axis.
public func stack(_ list: [Tensor], dim: Int = 0) -> Tensor {
  tensor("stack", list) { out in withHandles(list) { ct_stack(out, $0, $1, Int64(dim)) } }
}

import CoupletCore

/// Images shifted at random by whole pixels, the same ones for the same key: every grey value stays as it is, and
/// what moves in at the edges is 0.
///
/// ```swift
/// ShiftedImages(images: digits.training.u, reach: 1)(Key(3)).shape  // that of the images
/// ```
struct ShiftedImages {
  /// N × height × width.
  let images: Tensor
  /// The largest shift along both axes, in pixels: each of the (2 reach + 1)² shifts is equally likely.
  let reach: Int

  func callAsFunction(_ key: Key) -> Tensor {
    guard reach > 0 else { return images }
    let (count, height, width) = (images.shape[0], images.shape[1], images.shape[2])
    let shifts = Tensor.integers(-reach..<reach + 1, shape: [count, 2], key: key).array(Int.self)
    let result = images.withElements(Float.self) { pixels in
      [Float](unsafeUninitializedCapacity: count * height * width) { shifted, filled in
        shifted.initialize(repeating: 0)
        for image in 0..<count {
          let (down, right) = (shifts[2 * image], shifts[2 * image + 1])
          let columns = max(0, -right)..<min(width, width - right)
          for row in max(0, -down)..<min(height, height - down) {
            let from = (image * height + row) * width
            let to = from + down * width + right
            for column in columns { shifted[to + column] = pixels[from + column] }
          }
        }
        filled = count * height * width
      }
    }
    return Tensor(result, shape: images.shape)
  }
}

import Files
import Torch

/// Numbers that are to be taken for images: height × width, or channels first or last; whole numbers of 0 … 255
/// come out in [0, 1].
struct ImageArray: SampleSource {
  private let base: any SampleSource
  private let isChannelsLast: Bool
  private let isBytes: Bool
  let space: SampleSpace

  init(_ base: any SampleSource) throws {
    guard let shape = base.space.shape, (2...3).contains(shape.count), base.count > 0 else {
      throw Failure(
        "samples of shape \(base.space) are no images", at: base.name,
        remedy: "give height × width, or with one or three channels in front or behind")
    }
    self.base = base
    let channels = [1, 3]
    isChannelsLast = shape.count == 3 && !channels.contains(shape[0]) && channels.contains(shape[2])
    guard shape.count == 2 || channels.contains(shape[0]) || isChannelsLast else {
      throw Failure(
        "samples of shape \(base.space) have neither one nor three channels", at: base.name,
        remedy: "give images of one or three channels")
    }
    let first = try base.rows([0])
    isBytes = !first.dtype.isFloatingPoint
    space = .image(
      shape: shape.count == 2
        ? [1] + shape : isChannelsLast ? [shape[2], shape[0], shape[1]] : shape)
  }

  var count: Int { base.count }
  var name: String { base.name }

  func rows(_ rows: [Int]) throws -> Tensor { images(try base.rows(rows)) }
  func rows(_ range: Range<Int>) throws -> Tensor { images(try base.rows(range)) }

  private func images(_ batch: Tensor) -> Tensor {
    var batch = isBytes ? batch.to(.float32) / 255 : batch
    if isChannelsLast { batch = batch.transposed(2, 3).transposed(1, 2).contiguous() }
    return batch.reshaped([batch.shape[0]] + (space.shape ?? []))
  }
}

import Foundation
import Torch

extension Device {
  /// Where tests put their tensors: the processor, or what COUPLET_TEST_DEVICE names: `cuda`, `cuda:1`, `mps`, or
  /// `simulated`, a GPU of the processor's own that refuses operands on two devices.
  public static let test: Device = {
    guard let name = ProcessInfo.processInfo.environment["COUPLET_TEST_DEVICE"] else { return .cpu }
    do { return try Device(name == "simulated" ? "cuda" : name) } catch {
      // Tests asked for on a device that is not there must not pass on another.
      fatalError("COUPLET_TEST_DEVICE: \(error)")
    }
  }()
}

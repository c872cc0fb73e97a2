// Exit tests came with Swift 6.2.
#if compiler(>=6.2)
  import Testing
  import Torch

  @Suite struct TrapTests {
    /// Shapes that do not fit end the process with a line that names the operation and the operands.
    @Test func message() async {
      let result = await #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) {
        _ = matmul(Tensor.zeros([2, 3]), Tensor.zeros([4, 5], dtype: .float64))
      }
      #expect(text(result).contains("Torch.matmul(float32[2, 3], float64[4, 5]): "))
    }

    @Test func messages() async {
      await #expect(processExitsWith: .failure) { _ = Tensor([1, 2, 3], shape: [2, 2]) }
      await #expect(processExitsWith: .failure) { _ = Tensor([1, 2]).array(Double.self) }
      await #expect(processExitsWith: .failure) { _ = Tensor([1, 2])[0..<3] }
      await #expect(processExitsWith: .failure) { _ = Tensor([1.0, 2]).item() }
      await #expect(processExitsWith: .failure) { Tensor([1.0, 2]).backward() }
      await #expect(processExitsWith: .failure) { _ = try Tensor.zeros([2, 3]).eigh() }
      await #expect(processExitsWith: .failure) { _ = Dropout(1) }
      await #expect(processExitsWith: .failure) { backward([Tensor(1)], gradients: []) }
      await #expect(processExitsWith: .failure) {
        let x = Tensor([1.0, 2])
        x.gradient = Tensor([1.0, 2, 3])
      }
    }

    /// A step on every second element of a vector would write to the others.
    @Test func parameterWithGaps() async {
      let result = await #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) {
        let x = Tensor.zeros([3, 2]).select(dim: 1, 0)
        x.requiresGradient = true
        SGD([x], learningRate: 1).step {
          let loss = x.sum()
          loss.backward()
          return loss
        }
      }
      #expect(text(result).contains("Torch.SGD.step(float32[3]): a parameter is a view with gaps"))
    }

    /// More memory than there is ends the process with status 1 and one line, without a trace.
    @Test func outOfMemory() async throws {
      let result = await #expect(
        processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
      ) {
        _ = Tensor.zeros([1 << 50])
      }
      // The address sanitizer, where it is on, says a line of its own first.
      let lines = text(result).split(separator: "\n").filter { !$0.contains("AddressSanitizer") }
      try #require(lines.count == 1)
      #expect(
        lines[0].hasSuffix(
          ": error: out of memory in full(): 4503599627370496 bytes were asked for — use fewer samples at once"
        ))
    }

    private func text(_ result: ExitTest.Result?) -> String {
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
  }

  /// Counted in a process of its own, where no other test makes tensors.
  @Suite struct LeakTests {
    @Test func thousandSteps() async {
      await #expect(processExitsWith: .success) {
        Runtime.threads = 1
        let (convolution, linear) = (
          Conv2d(1, 2, window: 3, key: Key(1)), Linear(8, 3, key: Key(2))
        )
        let parameters = Parameters(parts: ["c": convolution.parameters, "l": linear.parameters])
        let optimizer = Adam(parameters.tensors)
        let images = Tensor.normal([6, 1, 6, 6], key: Key(3))
        let labels = Tensor([0, 1, 2, 0, 1, 2])
        var loss = Double.infinity
        func step(_ index: Int) {
          loss = optimizer.step {
            let maps = maxPool2d(convolution(images).relu(), window: 2)
            let loss = crossEntropy(linear(maps.flattened(from: 1)), labels: labels)
            loss.backward()
            return loss
          }.item()
          clipGradients(parameters.tensors, norm: 1)
        }
        step(0)
        let before = Tensor.liveCount
        for index in 1...1000 { step(index) }
        precondition(Tensor.liveCount == before, "\(before) tensors became \(Tensor.liveCount)")
        precondition(loss < 0.1, "the steps do not train")
      }
    }

    /// Decompositions that fail, and optimisers of every kind, leave nothing behind either.
    @Test func failuresAndOptimizers() async {
      await #expect(processExitsWith: .success) {
        func round() {
          let x = Tensor([1.0, 2, 2, 1], shape: [2, 2])
          precondition((try? x.cholesky()) == nil)
          precondition((try? Tensor.full([3, 3], .nan).eigh()) == nil)
          x.requiresGradient = true
          for optimizer: any Optimizer in [LBFGS([x]), SGD([x], learningRate: 0.1, momentum: 0.5)] {
            optimizer.step {
              let loss = x.square().sum()
              loss.backward()
              return loss
            }
            try? optimizer.restore([:], from: "")
            _ = optimizer.state.map(\.tensor.values)
          }
        }
        round()
        let before = Tensor.liveCount
        for _ in 0..<100 { round() }
        precondition(Tensor.liveCount == before, "\(before) tensors became \(Tensor.liveCount)")
      }
    }
  }
#endif

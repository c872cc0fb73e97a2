import CTorch

/// The mean over rows of −log softmax(logits)[label], in nats; `labels` are int64.
public func crossEntropy(_ logits: Tensor, labels: Tensor) -> Tensor {
  tensor("crossEntropy", [logits, labels]) { ct_cross_entropy($0, logits.raw, labels.raw) }
}

/// Whether an error is a `Failure` that prints as one line of bearable length.
func isOneLine(_ error: any Error) -> Bool {
  guard let failure = error as? Failure else { return false }
  let text = failure.description
  return text.count < 2000 && !text.contains(where: \.isNewline)
}

/// Several plain words of which any may occur.
struct LiteralSet: Sendable {
  let words: [[UInt8]]

  init?(_ words: [[UInt8]]) { return nil }
}

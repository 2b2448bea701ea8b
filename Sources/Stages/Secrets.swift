extension Setting {
  /// Values that no message may tell.
  package var secretValues: Set<String> {
    foreignSecrets.union(secrets.compactMap { parameters[$0] })
  }

  /// A text as it may be shown: the values of secret parameters in it are `***`. Those of less than
  /// four bytes are left, since they would stand in half of all words.
  package func hidingSecrets(in text: String) -> String {
    // The longest first: one may stand within another.
    let values = secretValues.filter { $0.utf8.count >= 4 }
      .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    return values.reduce(text) { Self.replacing($1, in: $0) }
  }

  private static func replacing(_ value: String, in text: String) -> String {
    let (value, bytes) = (Array(value.utf8), Array(text.utf8))
    var shown: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if bytes[position] == value[0], bytes[position...].starts(with: value) {
        shown += Array("***".utf8)
        position += value.count
      } else {
        shown.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: shown, as: UTF8.self)
  }
}

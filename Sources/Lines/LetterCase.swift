extension BatchBuilder {
  /// Appends `bytes` with their ASCII letters in the other case, upper or lower.
  ///
  /// - Returns: whether all of them were ASCII.
  package mutating func append(_ bytes: RawSpan, isUpper: Bool) -> Bool {
    let count = bytes.byteCount
    reserve(count)
    let first: UInt8 = isUpper ? 0x61 : 0x41
    let any = unsafe bytes.withUnsafeBytes { source in
      let target = unsafe (storage.base + used).assumingMemoryBound(to: UInt8.self)
      var any: UInt8 = 0
      for i in 0..<count {
        let byte = unsafe source[i]
        any |= byte
        unsafe target[i] = byte &- first < 26 ? byte ^ 0x20 : byte
      }
      return any
    }
    used &+= count
    return any < 0x80
  }
}

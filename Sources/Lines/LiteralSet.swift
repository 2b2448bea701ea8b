import CSearch
import Glibc

/// Several plain words of which any may occur. Whether a line has one does not depend on which.
@safe
struct LiteralSet: Sendable {
  /// The words of each bucket.
  private let buckets: [[[UInt8]]]
  private let table: CSearchTable

  /// Nil where a search for words gains nothing: one word, an empty one, or so many that every
  /// bucket would be asked everywhere.
  init?(_ words: [[UInt8]]) {
    let shortest = words.map(\.count).min() ?? 0
    guard words.count > 1, words.count <= 64, shortest > 0 else { return nil }
    let length = min(shortest, 3)
    var buckets = [[[UInt8]]](repeating: [], count: 8)
    // Words that begin alike share a bucket, so that each bucket stays narrow.
    let sorted = words.sorted { $0.lexicographicallyPrecedes($1) }
    for (i, word) in sorted.enumerated() { buckets[i * 8 / sorted.count].append(word) }
    var low = [UInt8](repeating: 0, count: 48)
    var high = [UInt8](repeating: 0, count: 48)
    for (bucket, words) in buckets.enumerated() {
      for word in words {
        for k in 0..<length {
          low[k * 16 + Int(word[k] & 15)] |= 1 << UInt8(bucket)
          high[k * 16 + Int(word[k] >> 4)] |= 1 << UInt8(bucket)
        }
      }
    }
    self.buckets = buckets
    var table = CSearchTable()
    table.length = length
    unsafe withUnsafeMutableBytes(of: &table.low) { unsafe $0.copyBytes(from: low) }
    unsafe withUnsafeMutableBytes(of: &table.high) { unsafe $0.copyBytes(from: high) }
    self.table = table
  }

  /// Where the first word stands at or behind `start`; nil if none does.
  func firstOffset(in bytes: RawSpan, from start: Int) -> Int? {
    unsafe bytes.withUnsafeBytes { buffer -> Int? in
      guard let base = buffer.baseAddress else { return nil }
      let address = unsafe base.assumingMemoryBound(to: UInt8.self)
      var found: UInt8 = 0
      var offset = start
      while offset < buffer.count {
        offset = unsafe withUnsafePointer(to: table) {
          unsafe CSearchNext($0, address, buffer.count, offset, &found)
        }
        if offset >= buffer.count { return nil }
        if unsafe stands(address + offset, buffer.count - offset, in: found) { return offset }
        offset += 1
      }
      return nil
    }
  }

  private func stands(_ address: UnsafePointer<UInt8>, _ left: Int, in found: UInt8) -> Bool {
    var bits = found
    while bits != 0 {
      for word in buckets[bits.trailingZeroBitCount] where word.count <= left {
        if unsafe memcmp(address, word, word.count) == 0 { return true }
      }
      bits &= bits - 1
    }
    return false
  }
}

/// The digest of FIPS 180-4.
enum SHA256 {
  private static let constants: [UInt32] = primes.map { fraction(of: $0, root: 1.0 / 3) }

  private static let primes: [Int] = {
    var found: [Int] = []
    var candidate = 2
    while found.count < 64 {
      if found.allSatisfy({ candidate % $0 != 0 }) { found.append(candidate) }
      candidate += 1
    }
    return found
  }()

  /// The first 32 bits behind the point of a prime's square or cube root, found by whole numbers.
  private static func fraction(of prime: Int, root: Double) -> UInt32 {
    let isCube = root < 0.5
    var low: UInt64 = 0
    var high: UInt64 = 1 << 40
    // The greatest x with x^2 <= p * 2^64, or x^3 <= p * 2^96.
    while low < high {
      let middle = (low + high + 1) / 2
      let x = UInt128(middle)
      let fits =
        isCube ? x * x * x <= UInt128(prime) << 96 : x * x <= UInt128(prime) << 64
      if fits { low = middle } else { high = middle - 1 }
    }
    return UInt32(truncatingIfNeeded: low)
  }

  static func digest(of message: [UInt8]) -> [UInt8] {
    var state = primes.prefix(8).map { fraction(of: $0, root: 0.5) }
    var words = [UInt32](repeating: 0, count: 64)
    let whole = message.count / 64 * 64
    for start in stride(from: 0, to: whole, by: 64) { add(message, start, &words, &state) }
    var tail = Array(message[whole...]) + [0x80]
    while tail.count % 64 != 56 { tail.append(0) }
    let bits = UInt64(message.count) * 8
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
    }
    for start in stride(from: 0, to: tail.count, by: 64) { add(tail, start, &words, &state) }
    return state.flatMap { word in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
    }
  }

  private static func add(
    _ bytes: [UInt8], _ start: Int, _ words: inout [UInt32], _ state: inout [UInt32]
  ) {
    for i in 0..<16 {
      let at = start + i * 4
      words[i] =
        UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8
        | UInt32(bytes[at + 3])
    }
    for i in 16..<64 {
      let a = words[i - 15]
      let b = words[i - 2]
      let low = a.turned(7) ^ a.turned(18) ^ a >> 3
      let high = b.turned(17) ^ b.turned(19) ^ b >> 10
      words[i] = words[i - 16] &+ low &+ words[i - 7] &+ high
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for i in 0..<64 {
      let choice = e & f ^ ~e & g
      let first =
        h &+ (e.turned(6) ^ e.turned(11) ^ e.turned(25)) &+ choice &+ constants[i] &+ words[i]
      let majority = a & b ^ a & c ^ b & c
      let second = (a.turned(2) ^ a.turned(13) ^ a.turned(22)) &+ majority
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ word }
  }
}

extension UInt32 {
  /// Rotated to the right.
  @inline(__always)
  fileprivate func turned(_ places: UInt32) -> UInt32 { self >> places | self << (32 - places) }
}

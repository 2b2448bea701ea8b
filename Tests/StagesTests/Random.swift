/// Draws that a seed repeats (SplitMix64): a failing property prints its seed.
struct Random {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// From 0 up to, not including, `bound`.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  mutating func bytes(_ alphabet: [UInt8], upTo length: Int) -> [UInt8] {
    (0..<below(length + 1)).map { _ in pick(alphabet) }
  }

  /// Lines as hostile as they come: empty, CR, NUL, invalid UTF-8, now and then a long one.
  mutating func line() -> [UInt8] {
    switch below(8) {
    case 0: []
    case 1: bytes([0x0D, 0x00, 0xFF, 0xC3, 0x41], upTo: 6)
    case 2: bytes(Array("añ€𐍈".utf8), upTo: 12)
    case 3: below(20) == 0 ? bytes([0x78], upTo: 3000) : bytes([0x78], upTo: 30)
    default: bytes(Array("abc 01".utf8), upTo: 10)
    }
  }

  mutating func lines(upTo count: Int) -> [[UInt8]] {
    (0..<below(count + 1)).map { _ in line() }
  }
}

import VirtualTime

/// Draws that a seed repeats (SplitMix64): a failing property prints its seed.
package struct Random: RandomNumberGenerator {
  private var generator: SplitMix64

  package init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  package mutating func next() -> UInt64 { generator.next() }

  /// From 0 up to, not including, `bound`.
  package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  package mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  package mutating func bytes(_ alphabet: [UInt8], upTo length: Int) -> [UInt8] {
    (0..<below(length + 1)).map { _ in pick(alphabet) }
  }

  /// Lines as hostile as they come: empty, CR, NUL, invalid UTF-8, now and then a long one.
  package mutating func line() -> [UInt8] {
    switch below(8) {
    case 0: []
    case 1: bytes([0x0D, 0x00, 0xFF, 0xC3, 0x41], upTo: 6)
    case 2: bytes(Array("añ€𐍈".utf8), upTo: 12)
    case 3: below(20) == 0 ? bytes([0x78], upTo: 3000) : bytes([0x78], upTo: 30)
    default: bytes(Array("abc 01".utf8), upTo: 10)
    }
  }

  package mutating func lines(upTo count: Int) -> [[UInt8]] {
    (0..<below(count + 1)).map { _ in line() }
  }
}

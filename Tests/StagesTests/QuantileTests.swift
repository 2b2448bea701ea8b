import Stages
import TestSupport
import Testing

private let seeds: [UInt64] = Array(1...12)

/// Numbers of one kind of distribution.
private func numbers(_ random: inout Random, _ count: Int) -> [Double] {
  let kind = random.below(6)
  return (0..<count).map { _ in
    let share = Double(random.below(1_000_001)) / 1_000_000
    switch kind {
    case 0: return share * 100
    case 1: return (share - 0.5) * 2e6
    case 2: return random.below(3) == 0 ? 0 : share - 0.5
    case 3: return Double(sign: .plus, exponent: random.below(1800) - 900, significand: 1 + share)
    case 4: return -Double(sign: .plus, exponent: random.below(40), significand: 1 + share)
    default: return Double(random.below(5))
    }
  }
}

@Test(arguments: seeds)
func `a quantile is at most one in a hundred off, merged or not`(seed: UInt64) {
  var random = Random(seed: seed)
  for _ in 0..<10 {
    let values = numbers(&random, 1 + random.below(3000))
    var whole = QuantileSketch()
    var parts = [QuantileSketch](repeating: QuantileSketch(), count: 3)
    for value in values {
      whole.add(value)
      parts[random.below(3)].add(value)
    }
    var merged = QuantileSketch()
    for part in parts { merged.merge(part) }
    #expect(merged == whole, "seed \(seed)")
    let sorted = values.sorted()
    for q in [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1] {
      let exact = sorted[Int(q * Double(sorted.count - 1))]
      let given = whole.quantile(q) ?? .nan
      #expect(
        abs(given - exact) <= 0.01 * abs(exact), "seed \(seed): \(q) is \(exact), not \(given)")
    }
    #expect(whole.quantile(0) == sorted.first && whole.quantile(1) == sorted.last)
  }
}

@Test func `the quantile of nothing is none, that of one number is that number`() {
  var sketch = QuantileSketch()
  #expect(sketch.quantile(0.5) == nil)
  sketch.add(-1234.5678)
  for q in [0, 0.5, 1] { #expect(sketch.quantile(q) == -1234.5678) }
}

/// The distribution of numbers, small however many they are, from which quantiles are read with a
/// relative error below 1 %.
///
/// It is DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
/// relative-error guarantees", VLDB 2019) with the logarithm taken linearly between powers of two:
/// each power has 64 buckets, and the middle of a bucket is at most 1/128 of its lower end from
/// anything in it. Two sketches are merged by adding their buckets, with the same result as if all
/// had gone into one.
package struct QuantileSketch: Sendable, Equatable {
  private struct Bucket: Sendable, Equatable {
    var index: Int32
    var count: Int64
    /// The number that is all there is in the bucket, or the middle of the bucket: so whole numbers
    /// up to 128 stay what they are.
    var shown: Double
  }
  /// Each in the order of its indices.
  private var positive: [Bucket] = []
  private var negative: [Bucket] = []
  private var zeros: Int64 = 0
  private var least = Double.infinity
  private var greatest = -Double.infinity
  private(set) var count: Int64 = 0

  package init() {}

  /// - Parameter number: finite; what is nearer to 0 than 2.3e-308 is taken for 0.
  package mutating func add(_ number: Double) {
    count += 1
    least = min(least, number)
    greatest = max(greatest, number)
    if number.magnitude < .leastNormalMagnitude {
      zeros += 1
    } else if number < 0 {
      Self.add(1, of: -number, to: Self.index(-number), in: &negative)
    } else {
      Self.add(1, of: number, to: Self.index(number), in: &positive)
    }
  }

  package mutating func merge(_ other: QuantileSketch) {
    count += other.count
    zeros += other.zeros
    least = min(least, other.least)
    greatest = max(greatest, other.greatest)
    for bucket in other.positive {
      Self.add(bucket.count, of: bucket.shown, to: bucket.index, in: &positive)
    }
    for bucket in other.negative {
      Self.add(bucket.count, of: bucket.shown, to: bucket.index, in: &negative)
    }
  }

  /// About the number at place `q` × (n - 1), rounded down, of all n in order; nil if there is none.
  /// The least and the greatest are exact.
  package func quantile(_ q: Double) -> Double? {
    guard count > 0 else { return nil }
    var left = Int64((q * Double(count - 1)).rounded(.down))
    if left <= 0 { return least }
    if left >= count - 1 { return greatest }
    for bucket in negative.reversed() {
      if left < bucket.count { return clamped(-bucket.shown) }
      left -= bucket.count
    }
    if left < zeros { return clamped(0) }
    left -= zeros
    for bucket in positive {
      if left < bucket.count { return clamped(bucket.shown) }
      left -= bucket.count
    }
    return greatest
  }

  private func clamped(_ number: Double) -> Double { min(max(number, least), greatest) }

  /// The exponent of a positive number and six bits of its fraction: its bits are in its order.
  private static func index(_ number: Double) -> Int32 {
    Int32(truncatingIfNeeded: number.bitPattern >> 46)
  }

  private static func middle(_ index: Int32) -> Double {
    Double(bitPattern: UInt64(index) << 46 | 1 << 45)
  }

  private static func add(
    _ count: Int64, of number: Double, to index: Int32, in buckets: inout [Bucket]
  ) {
    var lower = 0
    var upper = buckets.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if buckets[middle].index < index { lower = middle + 1 } else { upper = middle }
    }
    if lower < buckets.count, buckets[lower].index == index {
      buckets[lower].count += count
      if buckets[lower].shown != number { buckets[lower].shown = middle(index) }
    } else {
      buckets.insert(Bucket(index: index, count: count, shown: number), at: lower)
    }
  }
}

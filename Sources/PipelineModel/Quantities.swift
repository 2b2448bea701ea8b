// How durations, sizes and rates are written in pipeline files and on the command line.

extension Duration {
  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
    ("us", 1000),
  ]

  /// Reads `500ms`, `2s`, `1.5s`, `1m30s`, `1h`: units h, m, s, ms, us, the larger first, each at
  /// most once; a bare `0` too. Nil for anything else, and for what is longer than `maximum`.
  package init?(written text: String) {
    if text == "0" {
      self = .zero
      return
    }
    var rest = text.utf8[...]
    var units = Duration.units[...]
    var total: Int64 = 0
    repeat {
      guard let number = Decimal(removedFrom: &rest) else { return nil }
      let name = String(Substring(rest.prefix { !($0 < 0x3A) }))
      rest = rest.dropFirst(name.utf8.count)
      guard let index = units.firstIndex(where: { $0.name == name }) else { return nil }
      guard let part = number.times(units[index].nanoseconds) else { return nil }
      units = units[(index + 1)...]
      let sum = total.addingReportingOverflow(part)
      if sum.overflow { return nil }
      total = sum.partialValue
    } while !rest.isEmpty
    self = .nanoseconds(total)
  }

  /// Whole days and weeks, which have no unit here, in hours: `24h` for `1d`.
  static func inHours(_ text: String) -> String? {
    let lengths: [Character: Int64] = ["d": 24, "w": 168]
    guard let unit = text.last, let hours = lengths[unit], let number = Int64(text.dropLast()),
      (1...100_000).contains(number)
    else { return nil }
    return "\(number * hours)h"
  }

  /// The shortest way to write it: `1m30s`, `250ms`.
  package var written: String {
    let (seconds, attoseconds) = components
    let whole = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    var rest = whole.overflow ? Int64.max : whole.partialValue + attoseconds / 1_000_000_000
    var text = ""
    for unit in Duration.units where rest >= unit.nanoseconds {
      text += "\(rest / unit.nanoseconds)\(unit.name)"
      rest %= unit.nanoseconds
    }
    return text.isEmpty ? "0s" : text
  }
}

/// A number with up to nine decimals, kept exact: `1.5s` is not a matter of rounding.
private struct Decimal {
  var whole: Int64
  var billionths: Int64

  /// Takes the number off the front of `text`; nil if none stands there.
  init?(removedFrom text: inout Substring.UTF8View) {
    let digits = text.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty, let whole = Int64(Substring(digits)) else { return nil }
    text = text.dropFirst(digits.count)
    self.whole = whole
    billionths = 0
    guard text.first == UInt8(ascii: ".") else { return }
    let decimals = text.dropFirst().prefix { (0x30...0x39).contains($0) }
    guard (1...9).contains(decimals.count), let value = Int64(Substring(decimals)) else {
      return nil
    }
    text = text.dropFirst(1 + decimals.count)
    billionths = (decimals.count..<9).reduce(value) { value, _ in value * 10 }
  }

  func times(_ unit: Int64) -> Int64? {
    let product = whole.multipliedReportingOverflow(by: unit)
    if product.overflow { return nil }
    // unit is a whole number of microseconds, at most an hour: no overflow, and exact.
    let fraction = (billionths / 1000) * (unit / 1000) / 1000
    let sum = product.partialValue.addingReportingOverflow(fraction)
    return sum.overflow ? nil : sum.partialValue
  }
}

package enum ByteSize {
  private static let units: [(name: String, bytes: Int)] = [
    ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000),
    ("KB", 1000), ("B", 1),
  ]

  /// Reads `64KiB`, `1MiB`, `1MB` or a plain number of bytes.
  package static func parse(_ text: String) -> Int? {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty, let number = Int(Substring(digits)) else { return nil }
    let name = text.dropFirst(digits.count)
    if name.isEmpty { return number }
    guard let unit = units.first(where: { $0.name == name }) else { return nil }
    let product = number.multipliedReportingOverflow(by: unit.bytes)
    return product.overflow ? nil : product.partialValue
  }

  /// `64KiB` where it is a whole number of them, else the bytes.
  package static func written(_ bytes: Int) -> String {
    let unit = units.prefix(4).first { bytes >= $0.bytes && bytes % $0.bytes == 0 }
    return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "\(bytes)B"
  }
}

extension Rate {
  private static let periods: [(name: String, duration: Duration)] = [
    ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
  ]

  /// Reads `10/s`, `600/m`, `5/h`; nil for anything else and for 0. Nothing is saved up: burst 1.
  package init?(written text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let limit = Int(parts[0]), limit > 0, parts[0].first != "+",
      let period = Rate.periods.first(where: { $0.name == parts[1] })
    else { return nil }
    self.init(limit: limit, per: period.duration, burst: 1)
  }

  package var written: String {
    let period = Rate.periods.first { $0.duration == per }?.name ?? per.written
    return "\(limit)/\(period)"
  }
}

// How counts, shares, rates, sizes and times are shown to people.

enum Figure {
  /// `1,234,567`
  static func count(_ number: Int) -> String {
    var text = ""
    let digits = Array(String(number.magnitude))
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return (number < 0 ? "-" : "") + text
  }

  /// `38%`, of a share from 0 to 1.
  static func percent(_ share: Double) -> String {
    "\(Int((min(max(share, 0), 1) * 100).rounded()))%"
  }

  /// `870/s`, `12.3k/s`, `1.25M/s`: three digits.
  static func rate(_ perSecond: Double) -> String { scaled(max(perSecond, 0)) + "/s" }

  /// `512B`, `1.21GiB`: three digits.
  static func bytes(_ number: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var value = Double(number)
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return (unit == 0 ? "\(number)" : threeDigits(value)) + units[unit]
  }

  /// `830µs`, `12.3ms`, `1.25s`, `4m05s`, `2h07m`: as exact as is of use.
  static func time(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let exact = max(0, Double(seconds) + Double(attoseconds) / 1e18)
    if exact < 0.000_9995 { return threeDigits(exact * 1e6) + "µs" }
    if exact < 0.9995 { return threeDigits(exact * 1e3) + "ms" }
    if exact < 59.95 { return threeDigits(exact) + "s" }
    let whole = exact.rounded()
    guard whole < 1e15 else { return "for ever" }
    let (minutes, rest) = Int(whole).quotientAndRemainder(dividingBy: 60)
    if minutes < 60 { return "\(minutes)m\(twoDigits(rest))s" }
    return "\(minutes / 60)h\(twoDigits(minutes % 60))m"
  }

  /// Whole seconds, for a time that is shown while it passes: `4s`, `1m05s`.
  static func wholeTime(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    return seconds < 60 ? "\(max(0, seconds))s" : time(.seconds(seconds))
  }

  /// With exactly `decimals` decimals, as in `0.500`.
  static func decimal(_ value: Double, _ decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    let whole = (abs(value) * scale).rounded()
    guard whole < 1e18 else { return "\(value)" }
    let digits = String(Int64(whole))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = value < 0 && whole > 0 ? "-" : ""
    if decimals == 0 { return sign + padded }
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }

  private static func scaled(_ value: Double) -> String {
    if value < 1 { return value == 0 ? "0" : decimal(value, 2) }
    if value < 999.5 { return threeDigits(value) }
    if value < 999_500 { return threeDigits(value / 1e3) + "k" }
    if value < 999_500_000 { return threeDigits(value / 1e6) + "M" }
    return threeDigits(value / 1e9) + "G"
  }

  private static func threeDigits(_ value: Double) -> String {
    let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    let text = decimal(value, decimals)
    guard decimals > 0 else { return text }
    // 2.00 is no more than 2.
    let short = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return text.hasSuffix("0") ? String(short.reversed()) : text
  }

  private static func twoDigits(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
}

/// A table of words and figures, each column as wide as it has to be.
struct TextTable {
  private(set) var rows: [[String]] = []
  /// The columns that stand to the left; figures stand to the right.
  var leftColumns: Set<Int> = [0]

  mutating func add(_ row: [String]) { rows.append(row) }

  /// Its rows, without blanks at their ends.
  var lines: [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        return leftColumns.contains(column) ? cell + blanks : blanks + cell
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

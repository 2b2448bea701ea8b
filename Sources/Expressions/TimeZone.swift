import Glibc
import Records
import Synchronization

/// The offsets of a place's clocks from UTC.
enum TimeZone: Sendable {
  case fixed(seconds: Int)
  case rules(ZoneFile)

  private static let known = Mutex<[String: TimeZone]>([:])

  /// - Parameter name: of the tz database as installed in /usr/share/zoneinfo, or an offset as
  ///   `+01:00`.
  static func named(_ name: Text) throws(Problem) -> TimeZone {
    let text = name.string
    if let zone = known.withLock({ $0[text] }) { return zone }
    guard let zone = offset(name.bytes) ?? file(text) else {
      throw Problem("there is no time zone '\(text.prefix(60))'")
    }
    known.withLock { zones in
      // The names may come from the data.
      if zones.count > 1000 { zones = [:] }
      zones[text] = zone
    }
    return zone
  }

  /// In seconds before UTC.
  func offset(at seconds: Int64) -> Int {
    switch self {
    case .fixed(let offset): offset
    case .rules(let file): file.type(at: Int(seconds)).offset
    }
  }

  /// As in `CET`; empty for an offset.
  func abbreviation(at seconds: Int64) -> String {
    switch self {
    case .fixed(let offset): offset == 0 ? "UTC" : ""
    case .rules(let file): file.type(at: Int(seconds)).abbreviation
    }
  }

  static let utc = TimeZone.fixed(seconds: 0)

  private static func offset(_ name: [UInt8]) -> TimeZone? {
    if name == Array("UTC".utf8) || name.isEmpty || name == Array("Z".utf8) { return .utc }
    guard let first = name.first, first.isDigit || "+-".utf8.contains(first) else { return nil }
    var reader = DigitReader(first.isDigit ? Array("+".utf8) + name : name)
    guard let seconds = reader.offset(), reader.isAtEnd else { return nil }
    return .fixed(seconds: seconds)
  }

  private static func file(_ name: String) -> TimeZone? {
    let isPlain = name.utf8.allSatisfy { $0.continuesName || "+-/".utf8.contains($0) }
    guard isPlain, !name.hasPrefix("/"), let bytes = contents("/usr/share/zoneinfo/" + name) else {
      return nil
    }
    return ZoneFile(bytes).map { .rules($0) }
  }

  /// Nil if it can not be read; zone files are small.
  private static func contents(_ path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < 1 << 20 {
      let count = read(file, &buffer, buffer.count)
      guard count >= 0 else { return nil }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
    return nil
  }
}

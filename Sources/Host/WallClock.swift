import Glibc

/// The date that a report carries. Nothing that a run does depends on it.
package enum WallClock {
  /// `2026-11-22T13:00:00`, in UTC.
  package static var text: String {
    var now = time(nil)
    var parts = unsafe tm()
    unsafe gmtime_r(&now, &parts)
    let date = unsafe [
      Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday),
    ]
    let hour = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Int($0) }
    return date.map(digits).joined(separator: "-") + "T" + hour.map(digits).joined(separator: ":")
  }

  /// What this machine calls itself.
  package static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, 255) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func digits(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
}

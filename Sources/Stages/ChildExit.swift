/// The end of a child in words.
extension ChildExit {
  /// `exit status 3: no such customer`, `killed by signal 9 (KILL)`.
  var words: String {
    let detail = lastErrorLine.map { ": \($0)" } ?? ""
    if let signal { return "killed by signal \(signal)\(Self.name(of: signal))\(detail)" }
    return "exit status \(status ?? 0)\(detail)"
  }

  /// The failure of an item whose child ended so.
  package var failure: Failure {
    Failure(.exit, words, status: signal == nil ? Int(status ?? 0) : nil)
  }

  /// The failure of the stage where even KILL did not end it; nil if it has ended.
  package var immortality: Failure? {
    unkillable.map { Failure(.stage, "process \($0) can not be ended, not even by KILL") }
  }

  /// The last line of stderr that is not empty, at most 200 bytes of it.
  private var lastErrorLine: String? {
    let lines = errorTail.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
    guard let last = lines.last else { return nil }
    let text = String(decoding: last.prefix(200), as: UTF8.self)
    return text.allSatisfy(\.isWhitespace) ? nil : text
  }

  /// ` (KILL)` for the signals that end processes on Linux.
  private static func name(of signal: Int32) -> String {
    let names: [Int32: String] = [
      1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL",
      10: "USR1", 11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 24: "XCPU",
      25: "XFSZ",
      31: "SYS",
    ]
    return names[signal].map { " (\($0))" } ?? ""
  }
}

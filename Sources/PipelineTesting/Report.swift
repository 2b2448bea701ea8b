import PipelineModel
package import YAMLTree

/// The results of a round of tests, to be told in one of several forms.
package struct Report: Sendable {
  package struct Entry: Sendable {
    package var place: Place
    package var name: String
    /// The command that runs just this case again.
    package var rerun: String
    package var result: CaseResult

    package init(place: Place, name: String, rerun: String, result: CaseResult) {
      self.place = place
      self.name = name
      self.rerun = rerun
      self.result = result
    }
  }

  package enum Format: String, Sendable, CaseIterable { case text, tap, junit, json, github }

  package var entries: [Entry]
  /// Of the whole round, in real time.
  package var elapsed: Duration
  /// When it began, as `2026-11-22T13:00:00`, in UTC.
  package var timestamp: String
  package var host: String

  package init(entries: [Entry], elapsed: Duration, timestamp: String, host: String) {
    self.entries = entries
    self.elapsed = elapsed
    self.timestamp = timestamp
    self.host = host
  }

  package var failures: Int { entries.filter { $0.result.status != .passed }.count }

  package func text(_ format: Format) -> String {
    switch format {
    case .text: TextReport.end(self)
    case .tap: "1..\(entries.count)\n"
    case .junit: JUnitReport.text(self)
    case .json: JSONReport.text(self)
    case .github: ""
    }
  }
}

extension Report.Format {
  /// What stands before the first case.
  package var beginning: String { self == .tap ? "TAP version 14\n" : "" }

  /// What is said of a case as soon as it is over: nothing in forms that are one document.
  package func text(_ entry: Report.Entry, number: Int, isVerbose: Bool) -> String {
    switch self {
    case .text: TextReport.text(entry, isVerbose: isVerbose)
    case .tap: TAPReport.text(entry, number: number)
    case .github: GitHubReport.text(entry)
    case .junit, .json: ""
    }
  }
}

extension Report.Entry {
  var file: String { place.file }
  var line: Int { place.line }

  /// All that is to be said of a failure, in lines.
  var account: String {
    var text = result.details
    if let seed = result.seed { text += "schedule: seed \(seed)\n" }
    return text + "again: \(rerun)\n"
  }
}

extension Duration {
  /// `0.042`: seconds with thousandths.
  var inSeconds: String {
    let (seconds, attoseconds) = components
    let thousandths = attoseconds / 1_000_000_000_000_000
    let digits = String(thousandths)
    return "\(seconds)." + String(repeating: "0", count: 3 - digits.count) + digits
  }
}

/// For people.
private enum TextReport {
  static func text(_ entry: Report.Entry, isVerbose: Bool) -> String {
    let head = "\(entry.file):\(entry.line): \(entry.name)\n"
    let word: String
    switch entry.result.status {
    case .passed: return isVerbose ? "ok    \(head)" : ""
    case .failed: word = "FAIL"
    case .hung: word = "HUNG"
    }
    let lines = entry.account.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    return "\(word)  \(head)" + lines.map { $0.isEmpty ? "\n" : "  \($0)\n" }.joined() + "\n"
  }

  static func end(_ report: Report) -> String {
    let count = report.entries.count
    let cases = count == 1 ? "1 case" : "\(count) cases"
    let failed = report.failures
    let end = failed == 0 ? "all passed" : "\(failed) failed"
    return "\(cases), \(end), in \(report.elapsed.inSeconds) s\n"
  }
}

/// The Test Anything Protocol, version 14 (testanything.org).
private enum TAPReport {
  static func text(_ entry: Report.Entry, number: Int) -> String {
    let isGood = entry.result.status == .passed
    let name = "\(entry.file): \(entry.name)".replacing("\\", with: "\\\\")
      .replacing("#", with: "\\#")
    let line = "\(isGood ? "ok" : "not ok") \(number) - \(name)\n"
    if isGood { return line }
    let place = JSONText.string("\(entry.file):\(entry.line)")
    return line + "  ---\n  at: \(place)\n  message: |\n"
      + entry.account.split(separator: "\n").map { "    \($0)\n" }.joined() + "  ...\n"
  }
}

/// The annotations of GitHub's workflows: one at the line of each case that failed.
private enum GitHubReport {
  static func text(_ entry: Report.Entry) -> String {
    if entry.result.status == .passed { return "" }
    return Annotation.text(.error, at: entry.place, title: entry.name, entry.account)
  }
}

private enum JSONReport {
  static func text(_ report: Report) -> String {
    let cases = report.entries.map { entry in
      var members = [
        "\"file\": \(JSONText.string(entry.file))", "\"line\": \(entry.line)",
        "\"name\": \(JSONText.string(entry.name))",
        "\"status\": \(JSONText.string(entry.result.status.rawValue))",
        "\"seconds\": \(entry.result.elapsed.inSeconds)",
      ]
      if entry.result.status != .passed {
        members.append("\"message\": \(JSONText.string(entry.result.message))")
        members.append("\"details\": \(JSONText.string(entry.result.details))")
        if let seed = entry.result.seed { members.append("\"seed\": \(seed)") }
        members.append("\"rerun\": \(JSONText.string(entry.rerun))")
      }
      return "    {" + members.joined(separator: ", ") + "}"
    }
    return "{\n  \"cases\": [\n" + cases.joined(separator: ",\n") + "\n  ],\n"
      + "  \"passed\": \(report.entries.count - report.failures),\n"
      + "  \"failed\": \(report.failures),\n"
      + "  \"seconds\": \(report.elapsed.inSeconds)\n}\n"
  }
}

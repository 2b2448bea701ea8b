/// JUnit's XML, with the elements and attributes that both Jenkins' schema (junit-10.xsd) and the
/// older one of Ant's task (JUnit.xsd) allow, each in the order that the latter asks for.
enum JUnitReport {
  static func text(_ report: Report) -> String {
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
    for (index, file) in files(report).enumerated() {
      text += suite(file, report.entries.filter { $0.file == file }, index, report)
    }
    return text + "</testsuites>\n"
  }

  private static func files(_ report: Report) -> [String] {
    var files: [String] = []
    for entry in report.entries where !files.contains(entry.file) { files.append(entry.file) }
    return files
  }

  private static func suite(
    _ file: String, _ entries: [Report.Entry], _ index: Int, _ report: Report
  ) -> String {
    let failures = entries.filter { $0.result.status == .failed }.count
    let errors = entries.filter { $0.result.status == .hung }.count
    let time = entries.reduce(Duration.zero) { $0 + $1.result.elapsed }
    var text = "  <testsuite name=\"\(escaped(file))\" package=\"\(escaped(file))\" id=\"\(index)\""
    text += " tests=\"\(entries.count)\" failures=\"\(failures)\" errors=\"\(errors)\""
    text += " time=\"\(time.inSeconds)\" timestamp=\"\(report.timestamp)\""
    text += " hostname=\"\(escaped(report.host))\">\n    <properties/>\n"
    for entry in entries { text += testCase(entry) }
    return text + "    <system-out/>\n    <system-err/>\n  </testsuite>\n"
  }

  private static func testCase(_ entry: Report.Entry) -> String {
    let head =
      "    <testcase name=\"\(escaped(entry.name))\" classname=\"\(escaped(entry.file))\""
      + " time=\"\(entry.result.elapsed.inSeconds)\""
    let element: String
    switch entry.result.status {
    case .passed: return head + "/>\n"
    case .failed: element = "failure"
    case .hung: element = "error"
    }
    let message = escaped(entry.result.message)
    return head
      + ">\n      <\(element) message=\"\(message)\" type=\"\(entry.result.status.rawValue)\">"
      + escaped("\(entry.file):\(entry.line)\n" + entry.account)
      + "</\(element)>\n    </testcase>\n"
  }

  /// XML 1.0 has no way to write most control characters: they are shown by their pictures.
  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n": result += "&#10;"
      case "\t": result += "&#9;"
      case "\r": result += "&#13;"
      case "\u{0}"..."\u{1F}":
        result.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}

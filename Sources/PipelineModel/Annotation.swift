package import YAMLTree

/// A workflow command of GitHub's: `::error file=F,line=L,col=C::message`.
package enum Annotation {
  package static func text(
    _ severity: Diagnostic.Severity, at place: Place?, title: String? = nil, _ message: String
  ) -> String {
    var properties: [String] = []
    if let place {
      let file = escaped(place.file, also: [":", ","])
      properties = ["file=\(file)", "line=\(place.line)", "col=\(place.column)"]
    }
    if let title { properties.append("title=\(escaped(title, also: [":", ","]))") }
    let head = "::\(severity.rawValue) " + properties.joined(separator: ",")
    return "\(head)::\(escaped(message, also: []))\n"
  }

  /// In properties `,` and `:` are escaped too (actions/toolkit, command.ts).
  private static func escaped(_ text: String, also more: [Unicode.Scalar]) -> String {
    let special: [Unicode.Scalar] = ["%", "\r", "\n"] + more
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      if special.contains(scalar) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result += "%" + (digits.count < 2 ? "0" : "") + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }
}

extension Diagnostic {
  /// As an annotation, with what to do about it.
  package var annotation: String {
    Annotation.text(severity, at: place, message + (remedy.map { "; \($0)" } ?? ""))
  }
}

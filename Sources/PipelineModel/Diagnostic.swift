package import YAMLTree

/// One thing that is wrong, or doubtful, in a pipeline file or on the command line.
package struct Diagnostic: Error, Sendable, Equatable {
  package enum Severity: String, Sendable { case error, warning }

  package var severity: Severity
  package var place: Place?
  /// One sentence without a full stop: "'fanuot' is no key of a stage".
  package var message: String
  /// What would be right, or what to do.
  package var remedy: String?
  /// A short name of the rule, for `check --format json`: `unknown-key`, `refused-key`.
  package var code: String?

  package init(
    _ message: String, at place: Place? = nil, remedy: String? = nil,
    severity: Severity = .error, code: String? = nil
  ) {
    self.severity = severity
    self.place = place
    self.message = message
    self.remedy = remedy
    self.code = code
  }
}

extension Diagnostic {
  /// The code of advice about a stage without a time limit, which 'check' gives and a run does not.
  package static let noLimit = "no-timeout"
}

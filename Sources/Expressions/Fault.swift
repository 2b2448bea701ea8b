/// What is wrong with the text of an expression.
package struct ExpressionFault: Error, Sendable, Equatable {
  /// Without a place.
  package var message: String
  /// The bytes of the text that it is about; empty at its end.
  package var range: Range<Int>
  /// What to write instead, as a sentence.
  package var remedy: String?

  package init(_ message: String, at range: Range<Int>, remedy: String? = nil) {
    self.message = message
    self.range = range
    self.remedy = remedy
  }
}

/// Why an expression has no value for this item.
package struct EvaluationFault: Error, Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// A field, key or element that is not there.
    case missing
    /// A field was asked of an item that is no record.
    case noRecord
    case other
    /// The evaluation was told to end; nothing absorbs it.
    case cancelled
    /// It took more time or memory than one item may; nothing absorbs that either.
    case exhausted

    /// Neither `||` nor a loop goes on behind it.
    var isFinal: Bool { self == .cancelled || self == .exhausted }
  }
  package var kind: Kind
  package var message: String
  /// The bytes of the expression's text that failed.
  package var range: Range<Int>

  package init(_ message: String, kind: Kind = .other, at range: Range<Int>) {
    self.kind = kind
    self.message = message
    self.range = range
  }
}

/// A fault that does not yet know its place: what an operation on values throws.
struct Problem: Error {
  var kind = EvaluationFault.Kind.other
  var message: String

  init(_ message: String) { self.message = message }

  init(missing message: String) {
    self.message = message
    kind = .missing
  }

  func at(_ range: Range<Int>) -> EvaluationFault {
    EvaluationFault(message, kind: kind, at: range)
  }
}

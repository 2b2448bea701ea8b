import Records

extension Function {
  static let optionals: [Function] = [
    Function(
      "optional.of", ["optional.of(A) -> optional(A)"], "An optional that has this value.",
      ("optional.of(1).hasValue()", "true"), .one { (value) throws(Problem) in .optional(value) }),
    Function(
      "optional.none", ["optional.none() -> optional(A)"], "An optional without a value.",
      ("optional.none().hasValue()", "false"), .many { (_) throws(Problem) in .optional(nil) }),
    Function(
      "optional.ofNonZeroValue", ["optional.ofNonZeroValue(A) -> optional(A)"],
      "An optional that has this value unless it is null, false, zero or empty.",
      ("optional.ofNonZeroValue(\"\").hasValue()", "false"),
      .one { (value) throws(Problem) in .optional(value.isZero ? nil : value) }),
    Function(
      "hasValue", ["optional(A).hasValue() -> bool"], "Whether there is a value.",
      ("{\"a\": 1}.?a.hasValue()", "true"),
      .one { (value) throws(Problem) in .bool(try value.optional() != nil) }),
    Function(
      "value", ["optional(A).value() -> A"], "The value. That there is none is a failure.",
      ("optional.of(1).value()", "1"),
      .one { (value) throws(Problem) in
        guard let inner = try value.optional() else {
          throw Problem(missing: "the optional has no value")
        }
        return inner
      }),
    Function(
      "or", ["optional(A).or(optional(A)) -> optional(A)"],
      "The first if it has a value, else the second.",
      ("optional.none().or(optional.of(2))", "optional.of(2)"),
      .alternative(isOptional: true)),
    Function(
      "orValue", ["optional(A).orValue(A) -> A"], "The value, or another one where there is none.",
      ("{\"a\": 1}.?b.orValue(0)", "0"),
      .alternative(isOptional: false)),
    Function(
      "unwrapOpt", ["list(optional(A)).unwrapOpt() -> list(A)"],
      "The values of those that have one. optional.unwrap(list) is the same.",
      ("[optional.of(1), optional.none()].unwrapOpt()", "[1]"), .one(unwrapAll)),
    Function(
      "optional.unwrap", ["optional.unwrap(list(optional(A))) -> list(A)"],
      "The values of those that have one.",
      ("optional.unwrap([optional.of(1), optional.none()])", "[1]"), .one(unwrapAll)),
  ]

  @Sendable private static func unwrapAll(_ value: Value) throws(Problem) -> Value {
    guard case .list(let list) = value else { throw .unsuited }
    var values: [Value] = []
    for element in list {
      if let inner = try element.optional() { values.append(inner) }
    }
    return .list(values)
  }
}

extension Value {
  func optional() throws(Problem) -> Value? {
    guard case .optional(let inner) = self else { throw .unsuited }
    return inner
  }

  /// Null, false, zero or empty.
  var isZero: Bool {
    switch self {
    case .null: true
    case .bool(let bool): !bool
    case .int(let number): number == 0
    case .uint(let number): number == 0
    case .double(let number): number == 0
    case .string(let text): text.bytes.isEmpty
    case .bytes(let bytes): bytes.isEmpty
    case .list(let list): list.isEmpty
    case .map(let map): map.isEmpty
    case .duration(let span): span == .zero
    case .timestamp(let time): time.seconds == 0 && time.nanoseconds == 0
    case .optional(let inner): inner == nil
    case .type: false
    }
  }
}

import Records

extension Function {
  private static let same = ["int", "uint", "double"]

  private static func each(_ name: String, _ result: String? = nil) -> [String] {
    same.map { "\(name)(\($0)) -> \(result ?? $0)" }
  }

  static let numbers: [Function] = [
    Function(
      "math.abs", each("math.abs"), "Without its sign.", ("math.abs(-3)", "3"),
      .one { (value) throws(Problem) in
        switch value {
        case .int(let number):
          if number == .min { throw Problem("the result is larger than an int can be") }
          return .int(abs(number))
        case .uint: return value
        case .double(let number): return .double(number.magnitude)
        default: throw .unsuited
        }
      }),
    Function(
      "math.sign", each("math.sign"), "-1, 0 or 1, of the same type.", ("math.sign(-2.5)", "-1.0"),
      .one { (value) throws(Problem) in
        switch value {
        case .int(let number): return .int(number.signum())
        case .uint(let number): return .uint(number == 0 ? 0 : 1)
        case .double(let number):
          return .double(number.isNaN ? number : number == 0 ? 0 : number < 0 ? -1 : 1)
        default: throw .unsuited
        }
      }),
    Function(
      "math.ceil", ["math.ceil(double) -> double"], "The next whole number upwards.",
      ("math.ceil(1.2)", "2.0"), .one(rounding(.up))),
    Function(
      "math.floor", ["math.floor(double) -> double"], "The next whole number downwards.",
      ("math.floor(-1.2)", "-2.0"), .one(rounding(.down))),
    Function(
      "math.round", ["math.round(double) -> double"],
      "The nearest whole number, halves away from zero.", ("math.round(2.5)", "3.0"),
      .one(rounding(.toNearestOrAwayFromZero))),
    Function(
      "math.trunc", ["math.trunc(double) -> double"], "Without what stands behind the point.",
      ("math.trunc(-1.7)", "-1.0"), .one(rounding(.towardZero))),
    Function(
      "math.sqrt", each("math.sqrt", "double"), "The square root; NaN of a negative number.",
      ("math.sqrt(16)", "4.0"),
      .one { (value) throws(Problem) in .double(try value.number().squareRoot()) }),
    Function(
      "math.isNaN", ["math.isNaN(double) -> bool"], "Whether it is no number.",
      ("math.isNaN(0.0 / 0.0)", "true"),
      .one { (value) throws(Problem) in .bool(try value.double().isNaN) }),
    Function(
      "math.isInf", ["math.isInf(double) -> bool"], "Whether it is infinite.",
      ("math.isInf(1.0 / 0.0)", "true"),
      .one { (value) throws(Problem) in .bool(try value.double().isInfinite) }),
    Function(
      "math.isFinite", ["math.isFinite(double) -> bool"], "Whether it is neither of both.",
      ("math.isFinite(1.0)", "true"),
      .one { (value) throws(Problem) in .bool(try value.double().isFinite) }),
    Function(
      "math.greatest", ["math.greatest(dyn...) -> dyn", "math.greatest(list(A)) -> A"],
      "The greatest of numbers, or of those in a list.", ("math.greatest(1, 2.5, 2)", "2.5"),
      .many { (values) throws(Problem) in try extreme(values, .after, "math.greatest") }),
    Function(
      "math.least", ["math.least(dyn...) -> dyn", "math.least(list(A)) -> A"],
      "The least of numbers, or of those in a list.", ("math.least([3, 1, 2])", "1"),
      .many { (values) throws(Problem) in try extreme(values, .before, "math.least") }),
    bits("math.bitAnd", "The bits that are set in both.", ("math.bitAnd(6, 3)", "2"), { $0 & $1 }),
    bits("math.bitOr", "The bits that are set in one.", ("math.bitOr(6, 3)", "7"), { $0 | $1 }),
    bits(
      "math.bitXor", "The bits that are set in just one.", ("math.bitXor(6, 3)", "5"), { $0 ^ $1 }),
    Function(
      "math.bitNot", ["math.bitNot(int) -> int", "math.bitNot(uint) -> uint"],
      "Every bit turned round.", ("math.bitNot(0)", "-1"),
      .one { (value) throws(Problem) in
        switch value {
        case .int(let number): return .int(~number)
        case .uint(let number): return .uint(~number)
        default: throw .unsuited
        }
      }),
    shift(
      "math.bitShiftLeft", "The bits moved to the left; beyond 63 places the result is 0.",
      ("math.bitShiftLeft(1, 4)", "16"), { $0 << $1 }),
    shift(
      "math.bitShiftRight", "The bits moved to the right, zeros coming in.",
      ("math.bitShiftRight(-1, 60)", "15"), { $0 >> $1 }),
  ]

  private static func rounding(
    _ rule: FloatingPointRoundingRule
  ) -> @Sendable (Value) throws(Problem) -> Value {
    { (value) throws(Problem) in .double(try value.double().rounded(rule)) }
  }

  @Sendable private static func extreme(
    _ values: [Value], _ wanted: ValueOrder, _ name: String
  ) throws(Problem) -> Value {
    var numbers = values
    if values.count == 1, case .list(let list) = values[0] { numbers = list }
    guard numbers.allSatisfy(\.isNumber) else { throw Problem("\(name) takes numbers") }
    return try Sorting.extreme(numbers, wanted, name)
  }

  private static func bits(
    _ name: String, _ summary: String, _ example: (String, String),
    _ apply: @escaping @Sendable (UInt64, UInt64) -> UInt64
  ) -> Function {
    Function(
      name, ["\(name)(int, int) -> int", "\(name)(uint, uint) -> uint"], summary, example,
      .two { (a, b) throws(Problem) in
        switch (a, b) {
        case (.int(let x), .int(let y)):
          return .int(Int64(bitPattern: apply(UInt64(bitPattern: x), UInt64(bitPattern: y))))
        case (.uint(let x), .uint(let y)): return .uint(apply(x, y))
        default: throw .unsuited
        }
      })
  }

  private static func shift(
    _ name: String, _ summary: String, _ example: (String, String),
    _ apply: @escaping @Sendable (UInt64, Int) -> UInt64
  ) -> Function {
    Function(
      name, ["\(name)(int, int) -> int", "\(name)(uint, int) -> uint"], summary, example,
      .two { (value, places) throws(Problem) in
        let places = try places.integer()
        if places < 0 { throw Problem("\(name) by a negative number of places") }
        switch value {
        case .int(let number):
          return .int(Int64(bitPattern: apply(UInt64(bitPattern: number), places)))
        case .uint(let number): return .uint(apply(number, places))
        default: throw .unsuited
        }
      })
  }
}

extension Value {
  func double() throws(Problem) -> Double {
    guard case .double(let number) = self else { throw .unsuited }
    return number
  }

  /// Any number as a double.
  func number() throws(Problem) -> Double {
    switch self {
    case .int(let number): return Double(number)
    case .uint(let number): return Double(number)
    case .double(let number): return number
    default: throw .unsuited
    }
  }
}

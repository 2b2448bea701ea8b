import TestSupport

/// Makes expressions at random, mostly of types that fit, so that much of what is made has a value.
struct ExpressionMaker {
  var random: Random

  enum Kind: CaseIterable {
    case int, uint, double, bool, string, bytes, ints, texts, map, timestamp, duration, finite
  }

  mutating func expression() -> String {
    make(random.pick(Kind.allCases), 4)
  }

  mutating func make(_ kind: Kind, _ depth: Int) -> String {
    // Now and then something of another type, which is an error or is absorbed.
    let kind = random.below(60) == 0 ? random.pick(Kind.allCases) : kind
    if depth == 0 || random.below(5) == 0 { return literal(kind) }
    let next = depth - 1
    if random.below(14) == 0 {
      return "(\(make(.bool, next)) ? \(make(kind, next)) : \(make(kind, next)))"
    }
    if random.below(20) == 0 {
      return "cel.bind(v\(depth), \(make(kind, next)), \(make(kind, next)))"
    }
    return fill(random.pick(Self.forms[kind] ?? ["null"]), next)
  }

  /// Without transformMap and transformMapEntry, which the other implementation does not have in the
  /// form in which it is installed.
  ///
  /// Forms by the type they give. A letter in braces is a place for something of a type: i, u, d, b,
  /// s, y (bytes), l (ints), t (texts), m (map), p (timestamp), e (duration), f (a double that is neither NaN nor infinite).
  private static let forms: [Kind: [String]] = [
    .int: [
      "({i} + {i})", "({i} - {i})", "({i} * {i})", "({i} / {i})", "({i} % {i})", "-({i})",
      "size({s})", "{s}.size()", "size({l})", "size({m})", "size({y})", "int({d})", "int({s})",
      "int({u})", "{s}.indexOf({s})", "{s}.lastIndexOf({s})", "{s}.indexOf({s}, {i})",
      "{s}.lastIndexOf({s}, {i})", "{l}[{i}]", "{m}[{s}]", "{m}.a", "math.abs({i})",
      "math.greatest({i}, {i})", "math.least({i}, {i}, {i})", "math.greatest({l})",
      "math.sign({i})", "math.bitAnd({i}, {i})", "math.bitOr({i}, {i})", "math.bitXor({i}, {i})",
      "math.bitNot({i})", "math.bitShiftLeft({i}, {i})", "math.bitShiftRight({i}, {i})",
      "{p}.getFullYear()", "{p}.getMonth()", "{p}.getDate()", "{p}.getDayOfMonth()",
      "{p}.getDayOfYear()", "{p}.getDayOfWeek()", "{p}.getHours()", "{p}.getMinutes()",
      "{p}.getSeconds()", "{p}.getMilliseconds()", "{e}.getHours()", "{e}.getMinutes()",
      "{e}.getSeconds()", "{e}.getMilliseconds()", "int({p})", "{p}.getHours('Europe/Berlin')",
      "{p}.getDate('America/New_York')", "{p}.getHours('Australia/Sydney')",
      "{p}.getMinutes('+05:30')", "{m}[?{s}].orValue({i})", "{l}[?{i}].orValue({i})",
      "optional.ofNonZeroValue({i}).orValue({i})", "{m}.?a.orValue({i})",
    ],
    .uint: [
      "({u} + {u})", "({u} - {u})", "({u} * {u})", "({u} / {u})", "({u} % {u})", "uint({i})",
      "uint({d})", "uint({s})", "math.bitOr({u}, {u})", "math.bitShiftRight({u}, {i})",
      "math.greatest({u}, {u})", "math.abs({u})", "math.sign({u})",
    ],
    .double: [
      "({d} + {d})", "({d} - {d})", "({d} * {d})", "({d} / {d})", "-({d})", "double({i})",
      "double({u})", "double({s})", "math.ceil({d})", "math.floor({d})", "math.round({d})",
      "math.trunc({d})", "math.abs({d})", "math.sign({d})", "math.sqrt({d})",
      "math.least({d}, {d})",
    ],
    .bool: [
      "({i} < {i})", "({i} <= {d})", "({d} > {u})", "({u} >= {i})", "({s} < {s})", "({y} < {y})",
      "({i} == {i})", "({s} == {s})", "({d} == {i})", "({l} == {l})", "({m} == {m})",
      "({i} != {u})", "({s} != {i})", "({b} == {b})", "({b} && {b})", "({b} || {b})", "!({b})",
      "({b} || {i} / 0 > 1)", "({i} in {l})", "({s} in {t})", "({s} in {m})", "{s}.contains({s})",
      "{s}.startsWith({s})", "{s}.endsWith({s})", "{s}.matches('a+b?')", "{s}.matches({s})",
      "{l}.all(x, x > {i})", "{l}.exists(x, x == {i})", "{l}.exists_one(x, x < {i})",
      "{t}.all(x, x.size() < {i})", "{m}.all(k, k != {s})", "{m}.exists(k, v, v > {i})",
      "{l}.all(i, x, i < x)", "{l}.exists(x, {i} / x > 0)", "has({m}.a)", "({p} < {p})",
      "({e} <= {e})", "({p} == {p})", "({e} != {e})", "bool({s})", "math.isNaN({d})",
      "math.isInf({d})", "math.isFinite({d})", "sets.contains({l}, {l})",
      "sets.equivalent({l}, {l})", "sets.intersects({t}, {t})", "(type({i}) == type({d}))",
      "{m}.?b.hasValue()", "optional.of({i}).hasValue()", "{l}[?{i}].hasValue()",
      "(optional.of({i}) == optional.of({i}))", "({m}.?a == optional.none())",
    ],
    .string: [
      "({s} + {s})", "string({i})", "string({u})", "string({f})", "string({b})", "string({y})",
      "string({p})", "{s}.charAt({i})", "{s}.lowerAscii()", "{s}.upperAscii()", "{s}.trim()",
      "{s}.reverse()", "{s}.replace({s}, {s})", "{s}.replace({s}, {s}, {i})", "{s}.substring({i})",
      "{s}.substring({i}, {i})", "{t}.join()", "{t}.join({s})", "{t}[{i}]", "strings.quote({s})",
      "'%s|%d|%s'.format([{s}, {i}, {b}])", "'%.3f %e'.format([{d}, {d}])",
      "'%x %X %o %b'.format([{i}, {s}, {i}, {i}])", "'%s %s'.format([{l}, {m}])",
      "base64.encode({y})", "regex.replace({s}, 'a(b?)', '<\\\\1>')",
      "regex.replace({s}, '[0-9]+', {s}, {i})", "regex.extract({s}, 'a(b+)').orValue('-')",
    ],
    .bytes: ["({y} + {y})", "bytes({s})", "base64.decode({s})", "base64.decode('YWJj')"],
    .ints: [
      "({l} + {l})", "{l}.map(x, x + {i})", "{l}.filter(x, x > {i})", "{l}.map(x, x > {i}, x * 2)",
      "{l}.sort()", "{l}.reverse()", "{l}.distinct()", "{l}.slice({i}, {i})", "lists.range(5)",
      "[{l}, {l}].flatten()", "[{i}, {i}]", "{l}.sortBy(x, -x)", "{l}.transformList(i, x, i + x)",
      "{m}.transformList(k, v, v).sort()", "[?{m}.?a, {i}]", "[{l}, [{l}]].flatten(2)",
    ],
    .texts: [
      "{s}.split({s})", "{s}.split({s}, {i})", "{t}.map(x, x + {s})", "{t}.filter(x, x > {s})",
      "({t} + {t})", "{t}.sort()", "{t}.reverse()", "{t}.distinct()", "[{s}, {s}]",
      "regex.extractAll({s}, 'a.')", "{m}.map(k, k).sort()", "{m}.filter(k, k > {s}).sort()",
    ],
    .map: [
      "{'a': {i}, {s}: {i}}", "{{s}: {i}}",
      "{?'a': {m}.?b, 'c': {i}}",
    ],
    .timestamp: ["timestamp({i})", "({p} + {e})", "({p} - {e})", "timestamp({s})"],
    .duration: ["({e} + {e})", "({e} - {e})", "({p} - {p})", "duration({s})"],
  ]

  private mutating func fill(_ form: String, _ depth: Int) -> String {
    var out = ""
    var rest = form[...]
    while let open = rest.firstIndex(of: "{") {
      out += rest[..<open]
      let letter = rest.index(after: open)
      let close = rest.index(after: letter)
      if close < rest.endIndex, rest[close] == "}", let kind = Self.letters[rest[letter]] {
        out += make(kind, depth)
        rest = rest[rest.index(after: close)...]
      } else {
        out += "{"
        rest = rest[letter...]
      }
    }
    return out + rest
  }

  private static let letters: [Character: Kind] = [
    "i": .int, "u": .uint, "d": .double, "b": .bool, "s": .string, "y": .bytes, "l": .ints,
    "t": .texts, "m": .map, "p": .timestamp, "e": .duration, "f": .finite,
  ]

  private static let literals: [Kind: [String]] = [
    .int: [
      "0", "1", "2", "3", "-1", "7", "10", "42", "100", "-5", "9223372036854775807",
      "-9223372036854775808", "1000000007", "0x1F", "9007199254740993",
    ],
    .uint: ["0u", "1u", "2u", "7u", "42u", "18446744073709551615u", "9223372036854775808u"],
    .double: [
      "0.0", "1.0", "1.5", "-2.5", "0.1", "1e3", "-0.0", "1e300", "1e-7", "123456.789", "2.0e6",
      "9223372036854775808.0", "3.0", "0.5",
    ],
    .finite: ["0.0", "1.5", "-2.5", "0.1", "1e21", "123456.789", "1e-7", "1234567.0", "3.0"],
    .bool: ["true", "false"],
    .string: [
      "''", "'a'", "'b'", "'ab'", "'abc'", "'A b C'", "'12'", "'-7'", "'1.5'", "'true'", "'aabb'",
      "'h\u{e9}llo'", "'\u{20ac}\u{1d11e}x'", "' x '", "'a,b,c'", "','", "'\\n\\t\"'", "'5m'",
      "'2024-02-29T23:59:59.123Z'", "'YWI='", "r'\\d'",
    ],
    .bytes: ["b''", "b'abc'", "b'\\xff'", "b'\u{e9}'", "b'a'"],
    .ints: ["[]", "[1]", "[3, 1, 2]", "[0, 0, 5, -1]", "[1, 2, 3, 4, 5, 6]", "[42, 7]"],
    .texts: ["[]", "['a']", "['b', 'a', 'c']", "['', 'x', 'x']", "['ab', 'abc', '12']"],
    .map: ["{}", "{'a': 1}", "{'a': 1, 'b': 2}", "{'x': 0, '': 5}", "{'c': -1, 'a': 7}"],
    .timestamp: [
      "timestamp('2026-10-10T13:55:36Z')", "timestamp(0)", "timestamp('1969-12-31T23:59:59.5Z')",
      "timestamp('2024-02-29T12:00:00+02:00')", "timestamp('0001-01-01T00:00:00Z')",
      "timestamp('9999-12-31T23:59:59.999999999Z')", "timestamp('2023-03-26T01:30:00Z')",
    ],
    .duration: [
      "duration('0s')", "duration('1h30m')", "duration('-1.5s')", "duration('24h')",
      "duration('1ms')", "duration('1000000h')",
    ],
  ]

  private mutating func literal(_ kind: Kind) -> String {
    random.pick(Self.literals[kind] ?? ["null"])
  }
}

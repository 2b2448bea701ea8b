import Expressions
import Records
import Testing

/// What a compiled expression reads and gives.
struct ProgramTests {
  private var declarations: Declarations {
    var declarations = Declarations()
    declarations.declare("this", .dyn, hasFields: true)
    declarations.declare("nr", .int)
    declarations.declare("params", .map(.string, .dyn), value: .map(ValueMap([.init("x", 3)])))
    declarations.declare(gathering: "count", ["count() -> int"])
    declarations.declare(gathering: "quantile", ["quantile(dyn, double) -> double"])
    return declarations
  }

  private func compiled(_ text: String) throws -> (program: Program, needs: [Needs.Slot]) {
    var needs = Needs()
    let program = try Expression.compile(text, declaring: declarations, needs: &needs)
    return (program, needs.slots)
  }

  @Test func `only the fields that are named are needed`() throws {
    #expect(
      try compiled("this.a > 1 && this.b.c == this['a']").needs
        == [.field("this", path: ["a"]), .field("this", path: ["b", "c"])])
    #expect(
      try compiled("this.?a.orValue(nr)").needs == [.field("this", path: ["a"]), .variable("nr")])
    #expect(try compiled("has(this.a.b)").needs == [.field("this", path: ["a", "b"])])
    #expect(
      try compiled("this.tags[0] + this.tags[nr]").needs.first == .field("this", path: ["tags"]))
    #expect(try compiled("this.merge({'a': 1})").needs == [.variable("this")])
    #expect(try compiled("this[nr]").needs == [.variable("this"), .variable("nr")])
    #expect(try compiled("[1].map(this, this + 1)").needs == [])
    #expect(try compiled("this.path.startsWith('/')").needs == [.field("this", path: ["path"])])
  }

  @Test func `what is known already is no longer evaluated`() throws {
    #expect(try compiled("params.x * 2 + size('abc')").program.constant == 9)
    #expect(try compiled("1 / 0").program.constant == nil)
    #expect(try compiled("this.a").program.copiedSlot == 0)
    #expect(try compiled("this.a + 1").program.copiedSlot == nil)
  }

  @Test func `texts in slots are compared where they stand`() throws {
    let bytes = Array("GET /checkout 503".utf8)
    let slots: [String: Slot] = [
      "method": .text(offset: 0, count: 3), "path": .text(offset: 4, count: 9),
      "status": .value(503), "none": .missing,
    ]
    for (text, expected) in [
      ("this.method == 'GET'", true), ("'GET' != this.method", false), ("this.method < 'H'", true),
      ("this.path.startsWith('/check')", true), ("this.path.matches('out$')", true),
      ("this.method in ['PUT', 'GET']", true), ("this.status >= 500", true),
      ("500 > this.status", false), ("has(this.none)", false), ("has(this.path)", true),
      ("this.none == 1 || true", true), ("this.status == 503.0", true),
      ("this.path + this.method == '/checkoutGET'", true), ("this.status in ['503']", false),
    ] {
      var needs = Needs()
      let program = try Expression.compile(text, declaring: declarations, needs: &needs)
      let given = needs.slots.map { need -> Slot in
        guard case .field(_, let path) = need else { return .missing }
        return slots[path[0].string] ?? .missing
      }
      var evaluator = program.evaluator()
      #expect(try evaluator.evaluateBool(Slots(given), in: bytes.span.bytes) == expected, "\(text)")
    }
  }

  @Test func `a fallback takes the place of what is not there, and of nothing else`() throws {
    #expect(try evaluated("default({}.a, 1)") == 1)
    #expect(try evaluated("default(null, 1)") == 1)
    #expect(try evaluated("default([1][3], 1)") == 1)
    #expect(try evaluated("default({}.?a, 1)") == 1)
    #expect(try evaluated("default({'a': 2}.?a, 1)") == 2)
    #expect(throws: EvaluationFault.self) { try evaluated("default(dyn(1) / 0, 1)") }
  }

  @Test func `calls that gather are handed over and their results come back as slots`() throws {
    let (program, needs) = try compiled("quantile(this.ms, 0.5) / double(count())")
    #expect(program.gatherings.map(\.function) == ["quantile", "count"])
    #expect(program.gatherings[0].arguments.count == 2)
    #expect(program.gatherings[0].arguments[1].constant == 0.5)
    #expect(needs.first == .field("this", path: ["ms"]))
    var slots = [Slot](repeating: .missing, count: needs.count)
    slots[program.gatherings[0].slot] = .value(8.0)
    slots[program.gatherings[1].slot] = .value(2)
    var evaluator = program.evaluator()
    let nothing: [UInt8] = []
    #expect(try evaluator.evaluate(Slots(slots), in: nothing.span.bytes) == 4.0)
  }

  @Test func `int and double mix to double, and nothing else mixes`() throws {
    #expect(try evaluated("5 * 1.1").typeName == "double")
    #expect(try evaluated("dyn(1) + 1.5") == 2.5)
    #expect(try evaluated("7u / 2.0") == 3.5)
    #expect(throws: EvaluationFault.self) { try evaluated("dyn(1) + 1u") }
    #expect(throws: ExpressionFault.self) { try evaluated("1.5 % 1") }
  }

  @Test func `the expression of a template ends at its own brace`() throws {
    let text = Array("{= {'a': \"}\"}.a + '}'} and {more}".utf8)
    let end = try Expression.end(in: text, from: 2)
    #expect(String(decoding: text[2..<end], as: UTF8.self) == " {'a': \"}\"}.a + '}'")
    #expect(throws: ExpressionFault.self) { try Expression.end(in: Array("{= 1".utf8), from: 2) }
  }

  @Test func `time zones and formats of time`() throws {
    for (text, expected) in [
      (
        "timestamp('2026-07-01T12:00:00Z').format('%F %T %z %Z', 'Europe/Berlin')",
        "2026-07-01 14:00:00 +0200 CEST"
      ),
      ("timestamp('2060-01-01T12:00:00Z').format('%H', 'Europe/Berlin')", "13"),
      ("timestamp('2060-07-01T12:00:00Z').format('%H', 'Australia/Sydney')", "22"),
      (
        "timestamp('2026-10-10T13:55:36.123456Z').format('%a, %d %b %Y %I:%M %p %j %3N %f')",
        "Sat, 10 Oct 2026 01:55 PM 283 123 123456"
      ),
      ("timestamp('2021-01-03T00:00:00Z').format('%G-W%V-%u')", "2020-W53-7"),
      (
        "string(timestamp.parse('03/26/2023 02:30', '%m/%d/%Y %H:%M', 'America/New_York'))",
        "2023-03-26T06:30:00Z"
      ),
      ("string(timestamp.parse('Oct 10 13:55:36 2026', '%b %d %T %Y'))", "2026-10-10T13:55:36Z"),
      ("string(timestamp.parse('1791633336.5', '%s.%f'))", "2026-10-10T11:55:36.500Z"),
      (
        "string(timestamp('2026-10-10T13:55:36Z').truncate(duration('15m')))",
        "2026-10-10T13:45:00Z"
      ),
    ] {
      #expect(try evaluated(text) == Value(expected), "\(text)")
    }
  }

  @Test func `digests are those of the standards`() throws {
    #expect(
      try evaluated("hash.sha256('abc')")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      try evaluated("hash.sha256(t)", ["t": .string(Text([UInt8](repeating: 0x61, count: 119)))])
        == "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb")
    #expect(try evaluated("hash.xxh64('abc')") == .uint(0x44BC_2CF5_AD77_0999))
    #expect(
      try evaluated("hash.xxh64('Nobody inspects the spammish repetition')")
        == .uint(0xFBCE_A83C_8A37_8BF1))
  }
}

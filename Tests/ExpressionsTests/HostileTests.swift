import Expressions
import Foundation
import Records
import Synchronization
import Testing

/// Texts and data that want to break what reads them: an error or a value, never a trap, on the
/// smallest stack that a thread of the pool has.
struct HostileTests {
  /// What a thread of the pool has, in bytes; without optimisation frames are several times larger.
  private static let stack: Int = {
    #if DEBUG
      2 << 20
    #else
      512 << 10
    #endif
  }()

  /// Runs on a thread with a small stack.
  private func onSmallStack(_ work: @escaping @Sendable () -> String) -> String {
    let answer = Mutex("")
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      let text = work()
      answer.withLock { $0 = text }
      done.signal()
    }
    thread.stackSize = Self.stack
    thread.start()
    done.wait()
    return answer.withLock { $0 }
  }

  /// The value as JSON, or the message of the error.
  private func answer(_ text: String) -> String {
    onSmallStack {
      do {
        let value = try evaluated(text, ["this": .null])
        if case .list(let list) = value { return "list of \(list.count)" }
        return "\(value)"
      } catch let fault as ExpressionFault {
        return fault.message
      } catch {
        return "\(error)"
      }
    }
  }

  private static let shapes: [(name: String, head: String, middle: String, tail: String)] = [
    ("parentheses", "(", "1", ")"), ("lists", "[", "1", "]"), ("maps", "{1:", "1", "}"),
    ("negations", "!", "true", ""), ("minuses", "- ", "x", ""), ("calls", "size([", "1", "])"),
    ("conditionals", "true ? 1 : ", "1", ""), ("indexes", "[1][", "0", "]"),
    ("macros", "[1].map(x, ", "1", ")"), ("binds", "cel.bind(x, ", "1", ", x)"),
    ("methods", "", "\"\"", ".trim()"), ("fields", "", "this", ".a"), ("sums", "1+", "1", ""),
    ("elements", "", "this", "[0]"), ("has", "has(", "this.a", ".b)"),
    ("disjunctions", "true||", "true", ""),
    ("conjunctions", "true&&", "true", ""), ("comparisons", "1==", "1", ""),
  ]

  @Test(arguments: shapes.map(\.name))
  func `an expression of any depth is refused or worked on, never a trap`(name: String) throws {
    let shape = try #require(Self.shapes.first { $0.name == name })
    for count in [1, 10, 98, 99, 100, 101, 198, 199, 200, 201, 1000, 20_000] {
      let text =
        String(repeating: shape.head, count: count) + shape.middle
        + String(repeating: shape.tail, count: count)
      _ = answer(text)
    }
  }

  @Test func `an expression of many thousand parts is worked on`() {
    let list = "[" + String(repeating: "1,", count: 100_000) + "1]"
    #expect(answer(list) == "list of 100001")
    let or = String(repeating: "false||", count: 50_000) + "true"
    #expect(answer(or) == "bool(true)")
    let text = "\"" + String(repeating: "x", count: 1 << 20) + "\".size()"
    #expect(answer(text) == "int(1048576)")
    #expect(answer(String(repeating: "x", count: 1 << 20)).contains("there is nothing called"))
  }

  @Test func `a pattern that explodes is a failure that says so`() {
    #expect(
      answer("('a' + \"\(String(repeating: "a", count: 40))!\").matches('(a+)+$')")
        .contains("takes more than"))
    #expect(
      answer("dyn(\"\(String(repeating: "a", count: 40))!\").matches('(a+)+' + '$')")
        .contains("takes more than"))
  }

  @Test func `values that double with each step are refused where they would be written`() {
    func doubled(_ first: String, _ next: (String) -> String, _ use: (String) -> String) -> String {
      var text = ""
      for i in 1...60 { text += "cel.bind(v\(i), \(i == 1 ? first : next("v\(i - 1)")), " }
      return text + use("v60") + String(repeating: ")", count: 60)
    }
    let list: (String) -> String = { "[\($0), \($0)]" }
    for use in ["V", "dyn(V) == [V]"] {
      let text = doubled("[1]", list) { use.replacing("V", with: $0) }
      #expect(answer(text).contains("larger than"), "\(use)")
    }
    #expect(answer(doubled("'x'", { "\($0) + \($0)" }) { $0 }).contains("larger than"))
  }

  @Test func `a search in hostile text takes time that grows with its length`() throws {
    let text = Value.string(Text([UInt8](repeating: 0x61, count: 1 << 17)))
    let part = Value.string(Text([UInt8](repeating: 0x61, count: 1 << 14) + [0x62]))
    let found = try evaluated("t.contains(p) || t.indexOf(p) >= 0", ["t": text, "p": part])
    #expect(found == false)
    let pieces = try evaluated("t.split('a').size() + t.replace('a', 'bb').size()", ["t": text])
    #expect(pieces == .int(1 + 3 << 17))
  }

  @Test func `a map of many keys is made and read`() throws {
    let entries = (0..<20_000).map { ValueMap.Entry(.int(Int64($0)), .int(Int64($0) * 2)) }
    let map = Value.map(ValueMap(entries))
    #expect(try evaluated("m[19999] + m[0u] + m[5.0]", ["m": map]) == .int(39_998 + 10))
    #expect(try evaluated("m.transformMap(k, v, v + 1).size()", ["m": map]) == 20_000)
    #expect(try evaluated("m.merge({-1: 1}).size()", ["m": map]) == 20_001)
    #expect(try evaluated("m == m.merge({})", ["m": map]) == true)
  }

  @Test func `text that is no UTF-8 passes, and each such byte counts one`() throws {
    let text = Value.string(Text([0xFF, 0x61, 0xC3, 0x80, 0xE2, 0x82]))
    #expect(try evaluated("t.size()", ["t": text]) == 5)
    #expect(try evaluated("t.reverse().reverse() == t", ["t": text]) == true)
    #expect(try evaluated("t.charAt(0) + t.substring(1) == t", ["t": text]) == true)
    #expect(try evaluated("t.split('').join() == t", ["t": text]) == true)
    #expect(try evaluated("t.matches('a')", ["t": text]) == true)
    #expect(try evaluated("{t: 1}[t]", ["t": text]) == 1)
    for use in [
      "json.encode(t)", "strings.quote(t)", "t.trim()", "url.encode(t)", "t.lowerAscii()",
    ] {
      _ = try evaluated(use, ["t": text])
    }
    #expect(throws: EvaluationFault.self) { try evaluated("string(bytes(t))", ["t": text]) }
  }

  @Test func `a long loop asks whether it may go on`() throws {
    var needs = Needs()
    let program = try Expression.compile(
      "lists.range(1000).all(x, lists.range(1000).all(y, x + y >= 0) || true)",
      declaring: Declarations(), needs: &needs)
    var asked = 0
    var evaluator = program.evaluator {
      asked += 1
      return asked < 3
    }
    #expect {
      let nothing: [UInt8] = []
      _ = try evaluator.evaluate(Slots([]), in: nothing.span.bytes)
    } throws: {
      ($0 as? EvaluationFault)?.kind == .cancelled
    }
    #expect(asked == 3)
  }

  @Test(arguments: [
    ("lists.range(1000).map(x, this + this)", "what the loops make would be larger than 256 MiB"),
    ("lists.range(1000).map(x, [this])", "what the loops make would be larger than 256 MiB"),
    (
      "lists.range(1000).transformMap(i, x, this)",
      "what the loops make would be larger than 256 MiB"
    ),
    (
      "lists.range(20).map(x, lists.range(20).map(y, this))",
      "what the loops make would be larger than 256 MiB"
    ),
    // Neither of these makes up for it.
    ("lists.range(1000).map(x, this) == [] || true", "what the loops make"),
    ("[1].exists(e, lists.range(1000).map(x, this) == []) || true", "what the loops make"),
    // What a round gives up is there for the next.
    ("lists.range(1000).all(x, (this + this).startsWith('xx'))", "bool(true)"),
    ("lists.range(100).all(x, lists.range(10).map(y, this).size() == 10)", "bool(true)"),
    ("lists.range(100).map(x, lists.range(10).map(y, this).size()).size()", "int(100)"),
    ("lists.range(1000).filter(x, size([this].map(y, y)) == 1).size()", "int(1000)"),
  ])
  func `what loops make of one item is bounded`(text: String, expected: String) {
    let long = Value.string(Text([UInt8](repeating: 0x78, count: 1_000_000)))
    let answer = onSmallStack {
      do { return "\(try evaluated(text, ["this": long]))" } catch { return "\(error)" }
    }
    #expect(answer.contains(expected), "\(answer.prefix(200))")
  }
}

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
    ("elements", "", "this", "[0]"), ("has", "has(", "this.a", ".b)"), ("disjunctions", "true||", "true", ""),
    ("conjunctions", "true&&", "true", ""), ("comparisons", "1==", "1", ""),
  ]

  @Test(arguments: shapes.map(\.name))
  func `an expression of any depth is refused or worked on, never a trap`(name: String) throws {
    let shape = try #require(Self.shapes.first { $0.name == name })
    for count in [1, 10, 98, 99, 100, 101, 198, 199, 200, 201, 1000, 100_000] {
      let text =
        String(repeating: shape.head, count: count) + shape.middle
        + String(repeating: shape.tail, count: count)
      _ = answer(text)
    }
  }

  @Test func `an expression of a megabyte is worked on`() {
    let list = "[" + String(repeating: "1,", count: 500_000) + "1]"
    #expect(answer(list) == "list of 500001")
    let or = String(repeating: "false||", count: 150_000) + "true"
    #expect(answer(or) == "bool(true)")
    let text = "\"" + String(repeating: "x", count: 1 << 20) + "\".size()"
    #expect(answer(text) == "int(1048576)")
    #expect(answer(String(repeating: "x", count: 1 << 20)).contains("there is nothing called"))
  }
}

package import PipelineModel
package import YAMLTree

/// One case as its file says it, with the keys of its table's row and of `defaults` put in.
package struct TestCase: Sendable {
  package var name: String
  package var tags: [String]
  /// Where the case stands, or the row of its table.
  package var place: Place
  /// The mapping that the case is written in: what `--update` adds to.
  package var node: Node
  let arguments: Arguments
  /// The date at which its clock begins, in nanoseconds since 1970.
  let start: Int64
  let input: CaseInput
  let mocks: [MockPlan]
  let faults: [InjectedFault]

  /// It runs on the machine's clock.
  package var isReal: Bool { arguments.bool("real_time") == true || !allowed.isEmpty }
  /// Kinds of stage that may reach out.
  var allowed: [String] { arguments.strings("allow") ?? [] }
  var seed: UInt64 { UInt64(arguments.int("seed") ?? 0) }
  var parameters: [(name: String, value: String)] { Self.pairs(arguments.mapping("params")) }
  var environment: [String: String] {
    Dictionary(Self.pairs(arguments.mapping("env")).map { ($0.name, $0.value) }) { $1 }
  }
  var closesOutputAfter: Int? { arguments.int("close_output_after") }
  var signal: Arguments? { arguments.arguments("signal") }
  /// Nil where nothing is expected yet.
  var expected: Argument? { arguments.argument("expect") }

  private static func pairs(_ mapping: [NamedArgument]?) -> [(name: String, value: String)] {
    (mapping ?? []).map { ($0.name, $0.argument.string ?? "") }
  }
}

/// What goes wrong in a stage although its work does not.
struct InjectedFault: Sendable {
  enum Action: Sendable {
    case fail, timeout, cancel
    case slow(Duration)
  }
  var stage: String
  var line: UInt64
  var action: Action
  var attempts: Int
  var place: Place
}

/// A pipeline and the cases that test it.
package struct TestSuite: Sendable {
  /// The file that the cases stand in, as it was named.
  package var file: String
  package var definition: PipelineDefinition
  package var cases: [TestCase]
  /// The folder that files in the cases are relative to, with its `/`, or nothing.
  var folder: String {
    file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
  }
}

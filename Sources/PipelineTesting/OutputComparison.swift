import Lines
import PipelineModel
import PipelineRuntime
import Stages
import YAMLTree

// What a run wrote.

extension Comparison {
  static func lines(_ argument: Argument?) -> [[UInt8]]? {
    guard let argument else { return nil }
    if let text = argument.string { return Array(text.utf8).lines(0x0A) }
    return argument.list?.map { Array(($0.string ?? "").utf8) }
  }

  mutating func exact(
    _ key: String, _ expected: [[UInt8]], _ actual: [CaseLine], at node: Node,
    _ proposal: Proposal? = nil
  ) {
    if expected == actual.map(\.bytes) { return }
    let counts = "\(expected.count) lines expected (-), \(actual.count) there (+)"
    add(
      key, "\(counts)\n" + LineDiff(expected, actual).text, at: node,
      proposal ?? .lines(actual.map { String(decoding: $0.bytes, as: UTF8.self) }))
  }

  mutating func compareOutput() {
    guard let keys else { return }
    if let output = keys.argument("output"), let lines = Self.lines(output) {
      exact("output", lines, seen.output, at: output.node)
    }
    if let base64 = keys.argument("base64") {
      let bytes = Base64.decode(Array((base64.string ?? "").utf8)) ?? []
      let actual = Base64.encode(seen.output.flatMap { $0.bytes + [seen.delimiter] })
      exact(
        "base64", bytes.lines(seen.delimiter), seen.output, at: base64.node,
        .scalar(String(decoding: actual, as: UTF8.self)))
    }
    if let unordered = keys.argument("unordered"), let lines = Self.lines(unordered) {
      let order: (CaseLine, CaseLine) -> Bool = {
        $0.bytes.lexicographicallyPrecedes($1.bytes)
      }
      let expected = lines.sorted { $0.lexicographicallyPrecedes($1) }
      exact("unordered", expected, seen.output.sorted(by: order), at: unordered.node)
    }
    if let contains = keys.argument("contains"), let lines = Self.lines(contains) {
      for line in lines where !seen.output.contains(where: { $0.bytes == line }) {
        add("contains", "no line is \(Visible.text(line))\n" + outputText, at: contains.node)
      }
    }
    if let matches = keys.argument("matches") { comparePatterns(matches) }
    if let count = keys.argument("count") {
      amount("count", seen.output.count, count, "lines of output")
    }
    if let empty = keys.argument("empty"), empty.bool != seen.output.isEmpty {
      add(
        "empty", seen.output.isEmpty ? "there is no output" : "there is output\n" + outputText,
        at: empty.node, .scalar("\(seen.output.isEmpty)"))
    }
    if let json = keys.argument("json") { compareJSON(json) }
  }

  var outputText: String { LineDiff([], seen.output).text }

  mutating func comparePatterns(_ matches: Argument) {
    for key in ["every", "some", "none"] {
      for text in matches.arguments?.list(key) ?? [] {
        guard let pattern = try? Pattern([text.string ?? ""], fixed: false, ignoreCase: false)
        else {
          add("matches.\(key)", "this is no pattern: \(text.string ?? "")", at: text.node)
          continue
        }
        let matcher = pattern.matcher()
        let hits = seen.output.map { line in
          line.bytes.withRawSpan { (try? matcher.matches($0)) ?? false }
        }
        let wrong: Int? =
          switch key {
          case "every": hits.firstIndex(of: false)
          case "none": hits.firstIndex(of: true)
          default: hits.contains(true) ? nil : -1
          }
        guard let wrong else { continue }
        let what =
          key == "none"
          ? "a line matches"
          : key == "every"
            ? "a line does not match"
            : "no line matches"
        let diff = wrong < 0 ? outputText : LineDiff([], [seen.output[wrong]]).text
        add("matches.\(key)", "\(what) \(text.string ?? "")\n\(diff)", at: text.node)
      }
    }
  }

  mutating func compareJSON(_ json: Argument) {
    guard let values = json.node.sequence else {
      return add("json", "it takes a list, one value for each line of output", at: json.node)
    }
    if values.count != seen.output.count {
      add(
        "json", "\(values.count) lines expected, \(seen.output.count) there\n" + outputText,
        at: json.node)
    }
    for (value, line) in zip(values, seen.output) {
      guard let actual = JSONValue(line.bytes) else {
        add("json", "a line is no JSON\n" + LineDiff([], [line]).text, at: value)
        continue
      }
      let expected = JSONValue(value)
      if actual != expected {
        add(
          "json",
          "a value differs\n" + LineDiff([Array(expected.text.utf8)], [line]).text, at: value)
      }
    }
  }
}

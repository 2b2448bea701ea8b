import PipelineRuntime

/// How far every stage is, for a run that does not end: what each has taken and given, what it has in
/// hand, and what it waits for.
struct StageStates {
  private let reading: RunReading

  init(_ reading: RunReading) { self.reading = reading }

  var text: String {
    let width = reading.stages.map { $0.name.count + 2 * $0.depth }.max() ?? 0
    return reading.stages.map { stage in
      let name = String(repeating: "  ", count: stage.depth) + stage.name
      let padding = String(repeating: " ", count: width - name.count)
      let lines = stage.values.lines
      return "  \(name)\(padding)  \(lines.taken) in, \(lines.given) out, \(Self.waits(stage))\n"
    }.joined()
  }

  private static func waits(_ stage: StageReading) -> String {
    let values = stage.values
    var words: [String] = []
    if values.inFlight > 0 { words.append("\(values.inFlight) in work") }
    if values.blocked.isOpen { words.append("waits for room in the next queue") }
    if values.starved.isOpen { words.append("waits for input") }
    if let fill = stage.queueFill, fill > 0 {
      words.append("its queue is \(Int((fill * 100).rounded())) % full")
    }
    return words.isEmpty ? "nothing in hand" : words.joined(separator: ", ")
  }
}

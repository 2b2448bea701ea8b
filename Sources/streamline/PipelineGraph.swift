import PipelineModel

/// A pipeline as boxes and arrows, in no language yet.
struct PipelineGraph {
  enum Shape {
    case end, stage
    /// Items take one of several ways, or all of them.
    case fork
    case file
  }

  struct Node {
    var id: Int
    var lines: [String]
    var shape: Shape
  }

  struct Edge {
    var from: Int
    var to: Int
    var label: String
    /// What goes there is not the stream itself: copies, begun work, failed items.
    var isAside: Bool
  }

  /// A node, or a frame around several parts.
  indirect enum Part {
    case node(Node)
    case frame(id: Int, lines: [String], parts: [Part])
  }

  private(set) var parts: [Part] = []
  private(set) var edges: [Edge] = []
  private var count = 0
  /// By name: where work that was begun comes out, within one list of stages.
  private var works: [String: [Exit]] = [:]

  /// Where items leave a part, and what is said of those that do.
  private struct Exit {
    var node: Int
    var label = ""
    var isAside = false
  }

  init(_ definition: PipelineDefinition) {
    let input = node(["input: \(definition.input.format.rawValue)"], .end, from: [])
    var parts = [Part.node(input)]
    let exits = chain(definition.stages, from: [Exit(node: input.id)], into: &parts)
    parts.append(.node(node(["output: \(definition.output.format.rawValue)"], .end, from: exits)))
    self.parts = parts
  }

  private mutating func node(
    _ lines: [String], _ shape: Shape, from exits: [Exit], queue: String = ""
  ) -> Node {
    count += 1
    for exit in exits {
      let label = [exit.label, queue].filter { !$0.isEmpty }.joined(separator: "; ")
      edges.append(Edge(from: exit.node, to: count, label: label, isAside: exit.isAside))
    }
    return Node(id: count, lines: lines, shape: shape)
  }

  private mutating func chain(
    _ stages: [StageDefinition], from exits: [Exit], into parts: inout [Part]
  ) -> [Exit] {
    let outer = works
    works = [:]
    defer { works = outer }
    var exits = exits
    for stage in stages { exits = add(stage, from: exits, into: &parts) }
    return exits
  }

  private mutating func add(
    _ stage: StageDefinition, from exits: [Exit], into parts: inout [Part]
  ) -> [Exit] {
    switch stage.kind {
    case "gather" where stage.isGroup: return gather(stage, exits, &parts)
    case "switch" where stage.isGroup: return choice(stage, exits, &parts)
    case "start" where stage.isGroup:
      let start = own(stage, .stage, exits, &parts)
      for work in stage.stages {
        works[work.givenName?.string ?? ""] = frame(
          work, from: [Exit(node: start, label: "begins", isAside: true)], &parts)
      }
      return [Exit(node: start)]
    case "await":
      let name = stage.arguments.string("work") ?? ""
      let work = (works[name] ?? []).map { Exit(node: $0.node, label: name, isAside: true) }
      return [Exit(node: own(stage, .stage, exits + work, &parts))]
    case "tee": return tee(stage, exits, &parts)
    default: return stage.isGroup ? group(stage, exits, &parts) : plain(stage, exits, &parts)
    }
  }

  /// The node of the stage itself.
  private mutating func own(
    _ stage: StageDefinition, _ shape: Shape, _ exits: [Exit], _ parts: inout [Part]
  ) -> Int {
    let node = node(stage.graphLines, shape, from: exits, queue: stage.queueLabel)
    parts.append(.node(node))
    addDeadLetters(of: stage, from: node.id, &parts)
    return node.id
  }

  private mutating func plain(
    _ stage: StageDefinition, _ exits: [Exit], _ parts: inout [Part]
  ) -> [Exit] {
    [Exit(node: own(stage, .stage, exits, &parts))]
  }

  private mutating func addDeadLetters(
    of stage: StageDefinition, from node: Int, _ parts: inout [Part]
  ) {
    guard case .deadLetter(let path, _)? = stage.common.onError else { return }
    file(path.string ?? "", from: [Exit(node: node, label: "failed items", isAside: true)], &parts)
  }

  private mutating func file(_ path: String, from exits: [Exit], _ parts: inout [Part]) {
    parts.append(.node(node([path], .file, from: exits)))
  }

  private mutating func frame(
    _ stage: StageDefinition, from exits: [Exit], _ parts: inout [Part]
  ) -> [Exit] {
    count += 1
    let id = count
    var inner: [Part] = []
    let exits = chain(stage.stages, from: exits, into: &inner)
    parts.append(.frame(id: id, lines: stage.graphLines, parts: inner))
    return exits
  }

  private mutating func group(
    _ stage: StageDefinition, _ exits: [Exit], _ parts: inout [Part]
  ) -> [Exit] {
    guard let test = stage.testOfGroup else {
      let exits = frame(stage, from: exits, &parts)
      if let last = exits.first { addDeadLetters(of: stage, from: last.node, &parts) }
      return exits
    }
    let fork = node([test], .fork, from: exits, queue: stage.queueLabel)
    parts.append(.node(fork))
    addDeadLetters(of: stage, from: fork.id, &parts)
    return frame(stage, from: [Exit(node: fork.id)], &parts) + [Exit(node: fork.id, label: "else")]
  }

  private mutating func gather(
    _ stage: StageDefinition, _ exits: [Exit], _ parts: inout [Part]
  ) -> [Exit] {
    let fork = own(stage, .fork, exits, &parts)
    var ends: [Exit] = []
    for branch in stage.stages {
      ends += frame(branch, from: [Exit(node: fork, label: "all")], &parts)
    }
    let join = node(["\(stage.name): results"], .fork, from: ends)
    parts.append(.node(join))
    return [Exit(node: join.id)]
  }

  private mutating func choice(
    _ stage: StageDefinition, _ exits: [Exit], _ parts: inout [Part]
  ) -> [Exit] {
    let fork = own(stage, .fork, exits, &parts)
    let tests = (stage.arguments.argument("cases")?.list ?? []).map { $0.arguments?.string("when") }
    var ends: [Exit] = []
    for (index, branch) in stage.stages.enumerated() {
      let test = tests.indices.contains(index) ? tests[index] : nil
      ends += frame(branch, from: [Exit(node: fork, label: test ?? "else")], &parts)
    }
    let takesAll = tests.contains { $0 == nil } && stage.common.condition == nil
    return takesAll ? ends : ends + [Exit(node: fork, label: "no match")]
  }

  private mutating func tee(
    _ stage: StageDefinition, _ exits: [Exit], _ parts: inout [Part]
  ) -> [Exit] {
    let tee = own(stage, .stage, exits, &parts)
    let copy = [Exit(node: tee, label: "copies", isAside: true)]
    if stage.isSideStream {
      var ends = frame(stage, from: copy, &parts)
      for index in ends.indices { ends[index].isAside = true }
      if let to = stage.arguments.string("to") { file(to, from: ends, &parts) }
    } else if let path = stage.arguments.string("path") {
      file(path, from: copy, &parts)
    }
    return [Exit(node: tee)]
  }
}

extension StageDefinition {
  /// What stands in its box: name, kind, and what it does many times or with some items only.
  fileprivate var graphLines: [String] {
    let isNamedByKind = kind == "stages" || name == kind || name.hasSuffix("/" + kind)
    var lines = [name + (isNamedByKind ? "" : " (\(kind))")]
    if let used { lines.append(used.file) }
    switch common.fanout?.workers {
    case nil: break
    case .number(let number): lines.append("\(number) workers")
    case .auto: lines.append("a worker for each processor")
    }
    if common.condition != nil && testOfGroup == nil { lines.append("if") }
    return lines
  }

  /// Of a group that some items go by: which ones it takes.
  fileprivate var testOfGroup: String? {
    guard isGroup, manual.isPlainGroup else { return nil }
    let items = manual.takesOnlyErrors ? "error records" : ""
    guard let condition = common.condition else { return items.isEmpty ? nil : items + "?" }
    let test =
      switch condition.test {
      case .expression(let expression): expression.string ?? "if"
      case .grep(let arguments):
        "grep "
          + (arguments.argument("pattern")?.list ?? []).compactMap(\.string)
          .joined(separator: ", ")
      }
    return items.isEmpty ? test : "\(items): \(test)"
  }

  /// Only of a queue that is not as all others.
  fileprivate var queueLabel: String {
    guard common.queue.isGiven else { return "" }
    return "queue: \(common.queue.lines) lines, \(ByteSize.written(common.queue.bytes))"
  }
}

/// Reads YAML text into nodes with their places.
///
/// Aliases and merge keys (`<<`, as YAML 1.1 has them) are resolved while reading, within bounds.
package enum YAMLReader {
  /// The one document of the text; nil if the text is empty, or comments only.
  ///
  /// - Throws: what makes the text unreadable, and the second of several documents.
  package static func document(
    _ source: Source, bounds: ReadingBounds = ReadingBounds()
  ) throws(ReadingFailure) -> Document? {
    let documents = try documents(source, bounds: bounds)
    if documents.count > 1 {
      let start = documents[1].start
      throw ReadingFailure(
        message: "a second document begins here, and one is all that is read",
        place: Place(source: source, line: start.line, column: start.column),
        remedy: "put it into a file of its own")
    }
    return documents.first
  }

  /// All documents of the text.
  package static func documents(
    _ source: Source, bounds: ReadingBounds = ReadingBounds()
  ) throws(ReadingFailure) -> [Document] {
    let start = Place(source: source, line: 1, column: 1)
    guard source.bytes.count <= bounds.bytes else {
      throw ReadingFailure(
        message: "the file has \(source.bytes.count) bytes; more than \(bounds.bytes) are not read",
        place: start, remedy: nil)
    }
    guard let parser = EventParser(source) else {
      throw ReadingFailure(
        message: "there is no memory to read the file", place: start, remedy: nil)
    }
    var composer = Composer(parser: parser, source: source, bounds: bounds)
    return try composer.stream()
  }
}

/// Puts events together to nodes.
struct Composer: ~Copyable {
  private var parser: EventParser
  private let source: Source
  private let bounds: ReadingBounds
  private var anchors: [String: Anchored] = [:]
  private var duplicateKeys: [DuplicateKey] = []
  /// Nodes of the document so far, those of aliases counted each time.
  private var nodes = 0

  private struct Anchored {
    var node: Node
    var nodes: Int
    var depth: Int
  }

  init(parser: consuming EventParser, source: Source, bounds: ReadingBounds) {
    self.parser = parser
    self.source = source
    self.bounds = bounds
  }

  mutating func stream() throws(ReadingFailure) -> [Document] {
    var documents: [Document] = []
    while true {
      switch try parser.next().event {
      case .documentStart(let start): documents.append(try document(start))
      case .streamEnd: return documents
      default: continue
      }
    }
  }

  private mutating func document(_ start: Mark) throws(ReadingFailure) -> Document {
    anchors = [:]
    duplicateKeys = []
    nodes = 0
    let root = try node(try parser.next(), depth: 1).node
    return Document(root: root, duplicateKeys: duplicateKeys, start: start)
  }

  /// - Returns: the node and how many levels of lists and mappings it has.
  private mutating func node(
    _ event: PlacedEvent, depth: Int
  ) throws(ReadingFailure) -> (node: Node, depth: Int) {
    let nodesBefore = nodes
    try count(1, at: event)
    switch event.event {
    case .alias(let name):
      return try aliased(name, event, depth: depth)
    case .scalar(let scalar, let tag, let anchor):
      let node = Node(
        .scalar(scalar), tag: tag, start: event.start, end: event.end, source: source)
      remember(node, as: anchor, nodes: 1, depth: 0)
      return (node, 0)
    case .sequenceStart(let tag, let anchor):
      try checkDepth(depth, at: event)
      let (content, end, inner) = try sequence(depth: depth)
      let node = Node(content, tag: tag, start: event.start, end: end, source: source)
      remember(node, as: anchor, nodes: nodes - nodesBefore, depth: inner + 1)
      return (node, inner + 1)
    case .mappingStart(let tag, let anchor):
      try checkDepth(depth, at: event)
      let (content, end, inner) = try mapping(depth: depth)
      let node = Node(content, tag: tag, start: event.start, end: end, source: source)
      remember(node, as: anchor, nodes: nodes - nodesBefore, depth: inner + 1)
      return (node, inner + 1)
    case .streamEnd, .documentStart, .documentEnd, .collectionEnd:
      throw failure("this is no YAML: a value is missing", at: event)
    }
  }

  private mutating func sequence(
    depth: Int
  ) throws(ReadingFailure) -> (Node.Content, Mark, Int) {
    var items: [Node] = []
    var deepest = 0
    while true {
      let event = try parser.next()
      if case .collectionEnd = event.event { return (.sequence(items), event.end, deepest) }
      let (item, inner) = try node(event, depth: depth + 1)
      deepest = max(deepest, inner)
      items.append(item)
    }
  }

  private mutating func mapping(
    depth: Int
  ) throws(ReadingFailure) -> (Node.Content, Mark, Int) {
    var entries: [Node.Entry] = []
    var deepest = 0
    while true {
      let event = try parser.next()
      if case .collectionEnd = event.event {
        noteDuplicates(in: entries)
        return (.mapping(try merged(entries)), event.end, deepest)
      }
      let (key, keyDepth) = try node(event, depth: depth + 1)
      let (value, valueDepth) = try node(try parser.next(), depth: depth + 1)
      deepest = max(deepest, keyDepth, valueDepth)
      entries.append(Node.Entry(key: key, value: value))
    }
  }
}

// What aliases and merge keys add.
extension Composer {
  private mutating func remember(_ node: Node, as anchor: String?, nodes: Int, depth: Int) {
    guard let anchor else { return }
    anchors[anchor] = Anchored(node: node, nodes: nodes, depth: depth)
  }

  private mutating func aliased(
    _ name: String, _ event: PlacedEvent, depth: Int
  ) throws(ReadingFailure) -> (node: Node, depth: Int) {
    guard let anchored = anchors[name] else {
      throw failure("the alias '*\(name)' has no anchor '&\(name)' before it", at: event)
    }
    try count(anchored.nodes - 1, at: event)
    try checkDepth(depth + anchored.depth - 1, at: event)
    return (anchored.node, anchored.depth)
  }

  private mutating func noteDuplicates(in entries: [Node.Entry]) {
    var seen: [String: Node] = [:]
    for entry in entries {
      guard let text = entry.key.scalar?.text else { continue }
      if let first = seen[text] {
        duplicateKeys.append(DuplicateKey(first: first, again: entry.key))
      } else {
        seen[text] = entry.key
      }
    }
  }

  /// The pairs with those of `<<` behind them; a mapping's own keys win, and of several merged
  /// mappings the earlier one.
  private mutating func merged(_ entries: [Node.Entry]) throws(ReadingFailure) -> [Node.Entry] {
    guard entries.contains(where: { $0.key.isMergeKey }) else { return entries }
    var result = entries.filter { !$0.key.isMergeKey }
    var seen = Set(result.compactMap { $0.key.scalar?.text })
    for entry in entries where entry.key.isMergeKey {
      for merged in try mappings(of: entry.value) {
        let added = merged.filter { pair in
          guard let text = pair.key.scalar?.text else { return true }
          return seen.insert(text).inserted
        }
        result.append(contentsOf: added)
      }
    }
    return result
  }

  private func mappings(of value: Node) throws(ReadingFailure) -> [[Node.Entry]] {
    if let entries = value.mapping { return [entries] }
    let parts = (value.sequence ?? []).map(\.mapping)
    if !parts.isEmpty, !parts.contains(where: { $0 == nil }) { return parts.compactMap { $0 } }
    throw ReadingFailure(
      message: "the merge key '<<' takes a mapping or a list of mappings", place: value.place,
      remedy: "write '<<: *name', where '&name' stands before a mapping")
  }

  private mutating func count(_ more: Int, at event: PlacedEvent) throws(ReadingFailure) {
    nodes += more
    if nodes > bounds.nodes {
      throw failure(
        "the file has more than \(bounds.nodes) values once its aliases are written out", at: event)
    }
  }

  private func checkDepth(_ depth: Int, at event: PlacedEvent) throws(ReadingFailure) {
    if depth > bounds.depth {
      throw failure(
        "lists and mappings stand in one another more than \(bounds.depth) deep", at: event)
    }
  }

  private func failure(_ message: String, at event: PlacedEvent) -> ReadingFailure {
    ReadingFailure(
      message: message,
      place: Place(source: source, line: event.start.line, column: event.start.column),
      remedy: nil)
  }
}

extension Node {
  fileprivate var isMergeKey: Bool {
    guard tag == nil || tag == "tag:yaml.org,2002:merge", let scalar else { return false }
    return scalar.style == .plain && scalar.text == "<<"
  }
}

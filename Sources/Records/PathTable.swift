import Lines

/// A tree of paths laid out flat, for walks that compare many names: nothing in it is counted or
/// copied while it is read.
@safe
final class PathTable {
  struct Node {
    /// Which lengths the children's names have, by bits; the last one stands for all longer ones.
    fileprivate var lengths: UInt64 = 0
    fileprivate var children = 0..<0
    /// With many children, which `buckets` are this node's: as many as a power of two.
    fileprivate var buckets = 0..<0
    /// Where what is found here goes; -1 if only what is below it is wanted.
    var place = -1
    /// Which places belong to this node and all below it.
    fileprivate var below = 0..<0

    var isLeaf: Bool { children.isEmpty }
    var childCount: Int { children.count }
  }

  private struct Child {
    var node: Int
    var name: Range<Int>
    /// The first eight bytes of the name, or all of it with zeros behind.
    var head: UInt64
  }

  private let nodes: UnsafeMutableBufferPointer<Node>
  private let children: UnsafeMutableBufferPointer<Child>
  private let names: UnsafeMutableBufferPointer<UInt8>
  private let places: UnsafeMutableBufferPointer<Int>
  /// By the hash of the name, the child there or -1; the next ones are tried if it is another.
  private let buckets: UnsafeMutableBufferPointer<Int>

  /// Above this many children they are found by their hash.
  private static let few = 16

  init(_ tree: PathTree) {
    var nodes: [Node] = []
    var children: [Child] = []
    var names: [UInt8] = []
    var places: [Int] = []
    var buckets: [Int] = []
    for node in tree.nodes {
      var flat = Node()
      flat.place = node.place ?? -1
      flat.children = children.count..<children.count + node.children.count
      flat.below = places.count..<places.count + node.below.count
      places += node.below
      for (name, child) in zip(node.names, node.children) {
        flat.lengths |= PathTable.mask(name.count)
        children.append(
          Child(
            node: child, name: names.count..<names.count + name.count,
            head: name.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }))
        names += name
      }
      if flat.children.count > PathTable.few {
        let table = PathTable.table(of: node.names, first: flat.children.lowerBound)
        flat.buckets = buckets.count..<buckets.count + table.count
        buckets += table
      }
      nodes.append(flat)
    }
    unsafe self.buckets = PathTable.copy(buckets)
    unsafe self.nodes = PathTable.copy(nodes)
    unsafe self.children = PathTable.copy(children)
    unsafe self.names = PathTable.copy(names)
    unsafe self.places = PathTable.copy(places)
  }

  deinit {
    unsafe nodes.deallocate()
    unsafe children.deallocate()
    unsafe names.deallocate()
    unsafe places.deallocate()
    unsafe buckets.deallocate()
  }

  private static func table(of names: [[UInt8]], first: Int) -> [Int] {
    var size = 64
    while size < names.count * 2 { size *= 2 }
    var table = Array(repeating: -1, count: size)
    for (i, name) in names.enumerated() {
      var bucket = unsafe Int(truncatingIfNeeded: name.span.bytes.hash(seed: 0)) & (size - 1)
      while table[bucket] >= 0 { bucket = (bucket + 1) & (size - 1) }
      table[bucket] = first + i
    }
    return table
  }

  private func hashedChild(_ node: Node, _ bytes: RawSpan, _ range: Range<Int>) -> Int {
    let mask = node.buckets.count &- 1
    var bucket = Int(truncatingIfNeeded: bytes.extracting(range).hash(seed: 0)) & mask
    while true {
      let i = unsafe buckets[node.buckets.lowerBound &+ bucket]
      if i < 0 { return -1 }
      let child = unsafe children[i]
      if child.name.count == range.count, matches(child, bytes, range.lowerBound) {
        return child.node
      }
      bucket = (bucket &+ 1) & mask
    }
  }

  private static func copy<T>(_ values: [T]) -> UnsafeMutableBufferPointer<T> {
    let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: values.count)
    _ = unsafe memory.initialize(from: values)
    return unsafe memory
  }

  @inline(__always)
  private static func mask(_ length: Int) -> UInt64 {
    1 << UInt64(truncatingIfNeeded: min(length, 63))
  }

  @inline(__always)
  func node(_ i: Int) -> Node { unsafe nodes[i] }

  /// Of what was found before for this node and below it nothing stays.
  @inline(__always)
  func forget(_ node: Node, _ found: FoundPlaces) {
    for i in node.below { found.forget(unsafe places[i]) }
  }

  /// Whether a child's name has this many bytes.
  @inline(__always)
  func mayHave(_ node: Node, _ length: Int) -> Bool {
    node.lengths & PathTable.mask(length) != 0
  }

  /// The child whose name is in `range` of the text; -1 if there is none.
  @inline(__always)
  func child(_ node: Node, _ text: JSONText, _ range: Range<Int>) -> Int {
    guard mayHave(node, range.count) else { return -1 }
    if !node.buckets.isEmpty { return text.withBytes { hashedChild(node, $0, range) } }
    let unused = UInt64(max(0, 8 &- range.count) &* 8)
    let head = unused == 64 ? 0 : (text.word(range.lowerBound) << unused) >> unused
    for i in node.children {
      let child = unsafe children[i]
      if child.head == head, child.name.count == range.count,
        range.count <= 8 || restMatches(child, text, range.lowerBound)
      {
        return child.node
      }
    }
    return -1
  }

  private func restMatches(_ child: Child, _ text: JSONText, _ start: Int) -> Bool {
    for i in 8..<child.name.count
    where unsafe names[child.name.lowerBound &+ i] != text[start &+ i] { return false }
    return true
  }

  /// In a tree of one level: whether `node`, which is not the first, has this name.
  @inline(__always)
  func isNamed(_ node: Int, _ bytes: RawSpan, _ range: Range<Int>) -> Bool {
    let child = unsafe children[node &- 1]
    return child.name.count == range.count && matches(child, bytes, range.lowerBound)
  }

  /// The child of this name; -1 if there is none.
  @inline(__always)
  func child(_ node: Node, _ bytes: RawSpan, _ range: Range<Int>) -> Int {
    guard mayHave(node, range.count) else { return -1 }
    if !node.buckets.isEmpty { return hashedChild(node, bytes, range) }
    for i in node.children {
      let child = unsafe children[i]
      if child.name.count == range.count, matches(child, bytes, range.lowerBound) {
        return child.node
      }
    }
    return -1
  }

  @inline(__always)
  private func matches(_ child: Child, _ bytes: RawSpan, _ start: Int) -> Bool {
    var first = 0
    if start &+ 8 <= bytes.byteCount {
      let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)
      // Of a short name what stands behind it is no part of it.
      let unused = UInt64(max(0, 8 &- child.name.count) &* 8)
      if (UInt64(littleEndian: word) ^ child.head) << unused != 0 { return false }
      first = 8
    }
    if first >= child.name.count { return true }
    for i in first..<child.name.count
    where unsafe names[child.name.lowerBound &+ i] != bytes[start &+ i] { return false }
    return true
  }
}

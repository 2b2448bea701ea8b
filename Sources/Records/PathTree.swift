/// The paths to look for in a row, as a tree of names: what they begin with alike is found once.
struct PathTree: Sendable {
  struct Node: Sendable {
    /// The children: their names and where these nodes are.
    var names: [[UInt8]] = []
    var children: [Int] = []
    var byName: [[UInt8]: Int] = [:]
    /// Where what is found here goes; nil if only what is below it is wanted.
    var place: Int?
    /// The places of this node and all below it.
    var below: [Int] = []
  }

  /// The first is the row itself.
  private(set) var nodes: [Node] = [Node()]
  /// For each path, in its order, the place of what was found.
  private(set) var places: [Int] = []
  private(set) var placeCount = 0

  init(_ paths: [[FieldName]]) {
    for path in paths {
      var way = [0]
      for name in path { way.append(child(of: way[way.count - 1], named: name.bytes)) }
      places.append(place(at: way))
    }
  }

  private mutating func child(of node: Int, named name: [UInt8]) -> Int {
    if let known = nodes[node].byName[name] { return known }
    nodes[node].byName[name] = nodes.count
    nodes.append(Node())
    nodes[node].names.append(name)
    nodes[node].children.append(nodes.count - 1)
    return nodes.count - 1
  }

  private mutating func place(at way: [Int]) -> Int {
    let last = way[way.count - 1]
    if let known = nodes[last].place { return known }
    nodes[last].place = placeCount
    for node in way { nodes[node].below.append(placeCount) }
    placeCount += 1
    return placeCount - 1
  }
}

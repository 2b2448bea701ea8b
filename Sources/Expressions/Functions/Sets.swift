import Records

extension Function {
  static let sets: [Function] = [
    Function(
      "sets.contains", ["sets.contains(list(A), list(A)) -> bool"],
      "Whether the first list has every element of the second.",
      ("sets.contains([1, 2, 3], [3, 1])", "true"),
      .two { (a, b) throws(Problem) in
        try Limit.check(comparing: a, b)
        return .bool(holds(try a.list(), all: try b.list()))
      }),
    Function(
      "sets.equivalent", ["sets.equivalent(list(A), list(A)) -> bool"],
      "Whether each has every element of the other.",
      ("sets.equivalent([1, 2], [2, 1, 1])", "true"),
      .two { (a, b) throws(Problem) in
        try Limit.check(comparing: a, b)
        let (x, y) = (try a.list(), try b.list())
        return .bool(holds(x, all: y) && holds(y, all: x))
      }),
    Function(
      "sets.intersects", ["sets.intersects(list(A), list(A)) -> bool"],
      "Whether they have an element in common.", ("sets.intersects([1, 2], [3])", "false"),
      .two { (a, b) throws(Problem) in
        try Limit.check(comparing: a, b)
        let x = Members(try a.list())
        return .bool(try b.list().contains { x.contains($0) })
      }),
  ]

  private static func holds(_ list: [Value], all others: [Value]) -> Bool {
    let members = Members(list)
    return others.allSatisfy { members.contains($0) }
  }

  /// Elements to be found by their hashes; what is not equal to itself is never found.
  private struct Members {
    private let values: Set<Value>

    init(_ list: [Value]) { values = Set(list) }

    func contains(_ value: Value) -> Bool {
      value.isEqual(to: value) && values.contains(value)
    }
  }
}

extension Function {
  static let maps: [Function] = [
    Function(
      "merge", ["map(K, V).merge(map(K, V)) -> map(K, V)"],
      "The map with the entries of the second, which win where both have a key.",
      ("{\"a\": 1, \"b\": 2}.merge({\"b\": 3})", "{\"a\": 1, \"b\": 3}"),
      .two { (a, b) throws(Problem) in
        var builder = ValueMapBuilder(try a.map())
        for entry in try b.map().entries { builder[entry.key] = entry.value }
        return .map(builder.map())
      }),
    Function(
      "maps.keys", ["maps.keys(map(K, V)) -> list(K)"], "The keys, in their order.",
      ("maps.keys({\"b\": 1, \"a\": 2})", "[\"b\", \"a\"]"),
      .one { (value) throws(Problem) in .list(try value.map().entries.map(\.key)) }),
    Function(
      "maps.values", ["maps.values(map(K, V)) -> list(V)"],
      "The values, in the order of their keys.",
      ("maps.values({\"b\": 1, \"a\": 2})", "[1, 2]"),
      .one { (value) throws(Problem) in .list(try value.map().entries.map(\.value)) }),
  ]
}

import Records

extension Function {
  static let lists: [Function] = [
    Function(
      "lists.range", ["lists.range(int) -> list(int)"], "The numbers from 0 up to before this one.",
      ("lists.range(3)", "[0, 1, 2]"),
      .one { (value) throws(Problem) in
        let count = try value.integer()
        try Limit.check(elements: count)
        return .list((0..<Int64(max(0, count))).map { .int($0) })
      }),
    Function(
      "distinct", ["list(A).distinct() -> list(A)"],
      "The elements without repetitions, in the order of their first appearance.",
      ("[1, 2, 1].distinct()", "[1, 2]"),
      .one { (value) throws(Problem) in
        try Limit.check(weightOf: value)
        var seen: Set<Value> = []
        return .list(try value.list().filter { seen.insert($0).inserted })
      }),
    Function(
      "flatten", ["list(dyn).flatten() -> list(dyn)", "list(dyn).flatten(int) -> list(dyn)"],
      "The elements of the lists in it, one level of them or so many.",
      ("[1, [2, [3]]].flatten()", "[1, 2, [3]]"), .many(flatten)),
    Function(
      "slice", ["list(A).slice(int, int) -> list(A)"],
      "The elements from one position up to before another.",
      ("[1, 2, 3, 4].slice(1, 3)", "[2, 3]"),
      .many { (values) throws(Problem) in
        let list = try values[0].list()
        let start = try values[1].integer()
        let end = try values[2].integer()
        guard 0 <= start, start <= end, end <= list.count else {
          throw Problem("there is no slice from \(start) to \(end): the list has \(list.count)")
        }
        return .list(Array(list[start..<end]))
      }),
    Function(
      "sort", ["list(A).sort() -> list(A)"],
      "The elements in ascending order. That two have no order is a failure.",
      ("[3, 1, 2].sort()", "[1, 2, 3]"),
      .one { (value) throws(Problem) in
        let list = try value.list()
        return .list(try Sorting.positions(of: list).map { list[$0] })
      }),
    Function(
      "first", ["list(A).first() -> optional(A)"], "The first element, if there is one.",
      ("[1, 2].first()", "optional.of(1)"),
      .one { (value) throws(Problem) in .optional(try value.list().first) }),
    Function(
      "last", ["list(A).last() -> optional(A)"], "The last element, if there is one.",
      ("[1, 2].last().value()", "2"),
      .one { (value) throws(Problem) in .optional(try value.list().last) }),
    Function(
      "sum", ["sum(list(A)) -> A", "list(A).sum() -> A"],
      "The sum of numbers or durations; 0 for an empty list.", ("sum([1, 2, 3])", "6"),
      .one { (value) throws(Problem) in
        let list = try value.list()
        guard var total = list.first else { return 0 }
        if !total.isNumber, total.typeName != "google.protobuf.Duration" { throw .unsuited }
        for element in list.dropFirst() { total = try Operator.add.apply(total, element) }
        return total
      }),
    Function(
      "min", ["min(list(A)) -> A", "list(A).min() -> A"],
      "The least element. That there is none is a failure.", ("min([3, 1, 2])", "1"),
      .one { (value) throws(Problem) in try Sorting.extreme(try value.list(), .before, "min") }),
    Function(
      "max", ["max(list(A)) -> A", "list(A).max() -> A"], "The greatest element.",
      ("[\"a\", \"b\"].max()", "\"b\""),
      .one { (value) throws(Problem) in try Sorting.extreme(try value.list(), .after, "max") }),
    Function(
      "avg", ["avg(list(A)) -> double", "list(A).avg() -> double"],
      "The mean of numbers. That there are none is a failure.", ("avg([1, 2])", "1.5"),
      .one { (value) throws(Problem) in
        let list = try value.list()
        if list.isEmpty { throw Problem(missing: "avg of an empty list") }
        var total = 0.0
        for element in list { total += try element.number() }
        return .double(total / Double(list.count))
      }),
  ]

  @Sendable private static func flatten(_ values: [Value]) throws(Problem) -> Value {
    let depth = values.count > 1 ? try values[1].integer() : 1
    if depth < 0 { throw Problem("flatten takes a depth of at least 0") }
    var list = try values[0].list()
    for _ in 0..<min(depth, 1000) {
      var flat: [Value] = []
      var isDone = true
      for element in list {
        if case .list(let inner) = element {
          flat += inner
          isDone = false
        } else {
          flat.append(element)
        }
        try Limit.check(elements: flat.count)
      }
      if isDone { break }
      list = flat
    }
    return .list(list)
  }
}

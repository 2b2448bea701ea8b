import Records

extension Function {
  /// What is no function because it names a variable or does not evaluate all of its arguments.
  static let macros: [Function] = [
    Function(
      "has", ["has(dyn.field) -> bool"],
      "Whether the field is there. It may be null. Of a path, all of it is asked for.",
      ("has({\"a\": 1}.b)", "false"), .macro),
    Function(
      "default", ["default(A, A) -> A"],
      "The first value, or the second where the first is null, reads a field, key or element that "
        + "is not there, or is an optional without a value. Other failures stay failures.",
      ("default({\"a\": 1}.b, 0)", "0"), .macro),
    Function(
      "all", ["list(A).all(x, bool) -> bool", "map(K, V).all(k, v, bool) -> bool"],
      "Whether the condition holds for every element of a list or key of a map. With two names the "
        + "first is the position or key, the second the element or value.",
      ("[1, 2].all(x, x > 0)", "true"), .macro),
    Function(
      "exists", ["list(A).exists(x, bool) -> bool", "map(K, V).exists(k, v, bool) -> bool"],
      "Whether the condition holds for at least one.",
      ("[1, 2].exists(x, x > 1)", "true"), .macro),
    Function(
      "exists_one",
      ["list(A).exists_one(x, bool) -> bool", "map(K, V).existsOne(k, v, bool) -> bool"],
      "Whether the condition holds for exactly one. existsOne is the same.",
      ("[1, 2, 3].exists_one(x, x > 1)", "false"), .macro),
    Function(
      "map", ["list(A).map(x, B) -> list(B)", "list(A).map(x, bool, B) -> list(B)"],
      "The list of what is made of each element, or of those for which a condition holds.",
      ("[1, 2, 3].map(x, x > 1, x * 2)", "[4, 6]"), .macro),
    Function(
      "filter", ["list(A).filter(x, bool) -> list(A)"],
      "The elements for which the condition holds; of a map the keys.",
      ("[1, 2, 3].filter(x, x > 1)", "[2, 3]"), .macro),
    Function(
      "transformList",
      [
        "map(K, V).transformList(k, v, A) -> list(A)",
        "list(A).transformList(i, x, bool, B) -> list(B)",
      ],
      "The list of what is made of each pair of key and value, or position and element.",
      ("{\"a\": 1}.transformList(k, v, k + string(v))", "[\"a1\"]"), .macro),
    Function(
      "transformMap",
      [
        "map(K, V).transformMap(k, v, A) -> map(K, A)",
        "list(A).transformMap(i, x, bool, B) -> map(int, B)",
      ],
      "The map with the same keys and what is made of each pair.",
      ("{\"a\": 1, \"b\": 2}.transformMap(k, v, v > 1, v * 10)", "{\"b\": 20}"), .macro),
    Function(
      "transformMapEntry",
      ["map(K, V).transformMapEntry(k, v, map(A, B)) -> map(A, B)"],
      "The map of the entries that are made of each pair. A key that is made twice is a failure.",
      ("{\"a\": 1}.transformMapEntry(k, v, {v: k})", "{1: \"a\"}"), .macro),
    Function(
      "sortBy", ["list(A).sortBy(x, B) -> list(A)"],
      "The elements in the ascending order of what is made of each; ties stay as they are.",
      ("[\"bb\", \"a\"].sortBy(x, x.size())", "[\"a\", \"bb\"]"), .macro),
    Function(
      "cel.bind", ["cel.bind(name, A, B) -> B"],
      "The third argument, in which the name stands for the second.",
      ("cel.bind(x, 2 + 3, x * x)", "25"), .macro),
    Function(
      "optMap", ["optional(A).optMap(x, B) -> optional(B)"],
      "What is made of the value, if there is one.",
      ("optional.of(2).optMap(x, x * 3)", "optional.of(6)"), .macro),
    Function(
      "optFlatMap", ["optional(A).optFlatMap(x, optional(B)) -> optional(B)"],
      "The same where what is made is an optional itself.",
      ("optional.of({\"a\": 1}).optFlatMap(m, m.?a)", "optional.of(1)"), .macro),
  ]
}

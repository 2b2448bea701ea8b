package import Lines
package import PipelineModel
package import Records

package enum Throttle: StageKind {
  package static let manual = StageManual(
    kind: "throttle", chapter: .concurrency, stageClass: .inLine,
    summary: "Lets items through at a rate.",
    description: [
      """
      Items wait for their turn, in order; with 'excess: drop' one that would have to wait is left \
      out instead, and a message at the end says how many were. The rate holds for the stage as it \
      stands in the file, in a group with 'fanout' too. After a pause 'burst' items may follow at \
      once.
      """,
      """
      With 'by' each key has a rate of its own. An item that waits holds back those behind it, \
      whatever their keys, since order is kept; only inside a group with 'fanout' do items of other \
      keys overtake it. A key that could have its whole burst again is forgotten.
      """,
    ],
    fields: [
      Field("rate", .rate, required: true, "How many items in what time: 10/s, 600/m."),
      Field("burst", .int(1...Int.max), defaultNote: "1", "How many may follow at once."),
      Field(
        "by", .expression, defaultNote: "one rate for all",
        "The key of an item: each key has the rate for itself."),
      Field(
        "excess", .choice(["wait", "drop"]), default: "wait",
        "What becomes of an item that comes too soon: it waits, or is dropped and counted."),
      Field(
        "max_keys", .int(1...1_000_000_000), defaultNote: "1000000",
        "How many keys may be remembered at once; an item whose key would be one more fails."),
    ],
    shorthand: "rate",
    examples: [
      StageManual.Example(stage: "throttle: 1000/s", input: "a\nb\n", output: "a\nb\n"),
      StageManual.Example(
        stage: "throttle: {rate: 1/h, by: this, excess: drop}", input: "a\nb\na\n",
        output: "a\nb\n"),
    ])

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let arguments = stage.arguments
    guard var rate = arguments.rate("rate") else {
      throw Diagnostic("'throttle' needs a rate", at: stage.place)
    }
    if let burst = arguments.int("burst") { rate.burst = burst }
    var plan = ThrottlePlan(rate: rate, drops: arguments.string("excess") == "drop")
    if let by = arguments.argument("by") { plan.key = try ThrottleKey(by, setting) }
    if let most = arguments.argument("max_keys") {
      if plan.key == nil {
        throw Diagnostic(
          "'max_keys' means nothing without 'by'", at: most.place, remedy: "leave it out")
      }
      plan.maxKeys = most.int ?? plan.maxKeys
    }
    return .pace(plan)
  }
}

/// What `throttle` lets through; the runtime keeps the rates and waits.
package struct ThrottlePlan: Sendable {
  package var rate: Rate
  /// What would have to wait is dropped.
  package var drops = false
  /// Nil: all items share one rate.
  package var key: ThrottleKey?
  package var maxKeys = 1_000_000

  package init(rate: Rate, drops: Bool = false) {
    self.rate = rate
    self.drops = drops
  }
}

/// Whose rate an item goes by.
package struct ThrottleKey: Sendable {
  private let expressions: ItemExpressions
  private let grouping: Grouping

  fileprivate init(_ by: Argument, _ setting: Setting) throws(Diagnostic) {
    var expressions = ItemExpressions(setting)
    grouping = try Grouping(by, &expressions)
    self.expressions = expressions
  }

  package func reader() -> Reader { Reader(values: expressions.values(), keys: grouping.reader()) }

  /// One worker's half of it.
  package struct Reader {
    fileprivate let values: ItemValues
    fileprivate var keys: KeyReader

    package mutating func key(_ batch: Batch, _ i: Int) throws(Failure) -> Value {
      values.load(batch, i)
      return try keys.key(values, batch)
    }
  }
}

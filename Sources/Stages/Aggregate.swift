import Expressions
package import PipelineModel
import Records
import YAMLTree

package enum Aggregate: StageKind {
  package static let manual = StageManual(
    kind: "aggregate", chapter: .records, stageClass: .gathering,
    summary: "Makes one record of many items: counts, sums, means, percentiles, by key and window.",
    description: [
      """
      A result has 'window_start' and 'window_end' if there is a window, then 'key', or with a \
      mapping as 'by' its names, then the fields. Without 'by' all items are one group. Results come \
      in the order in which their keys first came, or with 'top' by their first field, the greatest \
      first; an empty stream gives none.
      """,
      """
      In the fields these functions gather over the items of a group: count() and count(condition); \
      sum; avg, also called mean; min and max; quantile(x, 0.99) and median; stddev and variance, of \
      a sample; first and last; distinct, the number of different values; list. What is null is left \
      out by them, so sum(this.?ms) goes over the items that have the field. Expressions can stand \
      around them: sum(this.ms) / count(). Nothing else of an item can be read there.
      """,
      """
      A quantile is that of the value at place q * (n - 1) in order and is at most 1 % off; the least \
      and the greatest value are exact. It takes memory for the range of the values, not for their \
      number. A sum of ints is exact, and fails the item with which it leaves the range of int. distinct holds each value, at most 'max_keys' of \
      them, and list all of them, at most 'max_line' bytes.
      """,
      """
      With 'time' windows go by what the items say, so that an old file gives what it would have \
      given as it was written. A window is given when an item is 'lateness' later than its end; an \
      item for a window that was given fails, and 'on_error' says what becomes of it. Windows of \
      'every' begin at multiples of it since 1970, in UTC. Sessions of 'gap' are of one key each and \
      tell the times of their first and last item. Windows of 'count' tell which items, from 1.
      """,
      """
      Without 'time' windows go by the clock: an item belongs to the moment at which the stage gets \
      it, and a window is given when its time is over, though no item comes.
      """,
    ],
    fields: [
      Field(
        "fields", .mapping(of: .expression), required: true,
        "The fields of a result and their expressions."),
      Field(
        "by", Grouping.type, defaultNote: "one group of all",
        "An expression, or names and their expressions: what the items are grouped by."),
      Field(
        "window", .fields(AggregateWindow.fields), defaultNote: "the whole stream",
        "How the stream is divided."),
      Field(
        "top", .int(1...Int.max), defaultNote: "all",
        "Of each window give so many results, those with the greatest first field."),
    ] + GroupBound.fields(default: 1_000_000),
    examples: [
      StageManual.Example(
        stage: "aggregate: {by: size(this), fields: {n: count(), first: first(this)}}",
        input: "ann\nbert\nbob\n",
        output: """
          {"key":3,"n":2,"first":"ann"}
          {"key":4,"n":1,"first":"bert"}

          """),
      StageManual.Example(
        stage: """
          aggregate:
            fields: {sum: sum(int(this))}
            window: {time: int(this), every: 10s}
          """,
        input: "1\n3\n12\n",
        output: """
          {"window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:00:10Z","sum":4}
          {"window_start":"1970-01-01T00:00:10Z","window_end":"1970-01-01T00:00:20Z","sum":12}

          """),
    ],
    holds: "Holds what was gathered for each key of the windows that are open.")

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    let arguments = stage.arguments
    guard let named = arguments.mapping("fields"), !named.isEmpty else {
      throw Diagnostic("'aggregate' needs fields", at: arguments.place("fields"))
    }
    var expressions = ItemExpressions(setting, gathering: AggregateFunction.signatures)
    let fields = try AggregateFields(named, &expressions)
    var grouping = Grouping.whole
    if let by = arguments.argument("by") { grouping = try Grouping(by, &expressions) }
    var window = AggregateWindow.whole
    if let written = arguments.arguments("window") {
      window = try AggregateWindow(written, &expressions)
    }
    try refuseClashes(named, grouping, hasWindow: window.form != .whole)
    let bound = GroupBound(arguments)
    if case .gap = window.form,
      let wrong = ["top", "excess"].first(where: { arguments.isGiven($0) })
    {
      throw Diagnostic(
        "'\(wrong)' means nothing for sessions: each has one key", at: arguments.place(wrong),
        remedy: "leave it out")
    }
    if bound.gathersRest, grouping.fields.isEmpty {
      throw Diagnostic(
        "'excess' means nothing without 'by'", at: arguments.place("excess"),
        remedy: "leave it out")
    }
    let plan = AggregatePlan(
      expressions: expressions, grouping: grouping, fields: fields, window: window, bound: bound,
      top: arguments.int("top"), setting: setting)
    return .transform { AggregateTransform(plan) }
  }

  /// No two fields of a result have the same name.
  private static func refuseClashes(
    _ named: [NamedArgument], _ grouping: Grouping, hasWindow: Bool
  ) throws(Diagnostic) {
    var taken = grouping.fields.map { String(decoding: $0.name.bytes, as: UTF8.self) }
    if hasWindow { taken += ["window_start", "window_end"] }
    for field in named where taken.contains(field.name) {
      throw Diagnostic(
        "a result has a field '\(field.name)' already", at: field.key.place,
        remedy: "give this one another name")
    }
  }
}

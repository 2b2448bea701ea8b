import Expressions
import Lines
package import PipelineModel
import Records

package enum Count: StageKind {
  package static let manual = StageManual(
    kind: "count", chapter: .records, stageClass: .gathering,
    summary: "Counts items that are the same, or have the same key.",
    description: [
      """
      Gives records of 'key' and 'count' at the end of the stream, the most frequent first; of those \
      that are as frequent the one that came first. Numbers that are the same number are the same \
      key, whether or not they are written with a fraction. With a mapping as 'by' its names take \
      the place of 'key'. An item whose expression has no value fails, and 'on_error' says what \
      becomes of it.
      """,
      """
      A key takes about 60 bytes of memory and its text. An empty stream gives nothing.
      """,
    ],
    fields: [
      Field(
        "by", Grouping.type, defaultNote: "the whole item",
        "An expression, or names and their expressions: what is counted."),
      Field("top", .int(1...Int.max), defaultNote: "all", "Give only so many, the most frequent."),
    ] + GroupBound.fields(default: 10_000_000),
    shorthand: "by", allowsBareWord: true,
    examples: [
      StageManual.Example(
        stage: "count", input: "b\na\nb\n",
        output: "{\"key\":\"b\",\"count\":2}\n{\"key\":\"a\",\"count\":1}\n"),
      StageManual.Example(
        stage: "count: {by: size(this), top: 1}", input: "ann\nbert\nbob\n",
        output: "{\"key\":3,\"count\":2}\n"),
    ],
    holds: "Holds each distinct key with its number.")

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    var expressions = ItemExpressions(setting)
    let grouping =
      if let by = stage.arguments.argument("by") {
        try Grouping(by, &expressions)
      } else {
        try Grouping(whole: &expressions, at: stage.place)
      }
    let clash = grouping.fields.contains { $0.name == "count" }
    if clash {
      throw Diagnostic(
        "'count' is the field that has the number", at: stage.arguments.place("by"),
        remedy: "give this part of the key another name")
    }
    let bound = GroupBound(stage.arguments)
    let (compiled, top) = (expressions, stage.arguments.int("top"))
    return .transform {
      CountTransform(
        values: compiled.values(), grouping: grouping, bound: bound, top: top ?? .max,
        setting: setting)
    }
  }
}

struct CountTransform: Transform {
  let values: ItemValues
  let grouping: Grouping
  let bound: GroupBound
  let top: Int
  let setting: Setting
  private var reader: KeyReader
  private var keys = KeyTable()
  private var counts: [Int64] = []
  /// How many items had a key beyond the bound.
  private var rest: Int64 = 0
  private var order: [Int]?
  private var given = 0

  init(
    values: ItemValues, grouping: Grouping, bound: GroupBound, top: Int, setting: Setting
  ) {
    self.values = values
    self.grouping = grouping
    self.bound = bound
    self.top = top
    self.setting = setting
    reader = grouping.reader()
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      let item = cursor.item
      if let key = try reader.number(of: item, values, batch, in: &keys, limit: bound.limit) {
        if key.isNew { counts.append(1) } else { counts[key.number] += 1 }
      } else if bound.gathersRest {
        rest += 1
      } else {
        throw bound.failure
      }
      cursor.advance()
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    let order = order ?? mostFrequent()
    self.order = order
    while given < order.count {
      if out.isFull { return .full }
      let number = order[given]
      out.beginRow()
      grouping.write(number, of: keys, into: &out)
      try end(counts[number], &out)
      given += 1
    }
    if rest > 0 {
      out.beginRow()
      out.field(grouping.fields[0].name, GroupBound.rest)
      try end(rest, &out)
      rest = 0
    }
    return .done
  }

  private func end(_ count: Int64, _ out: inout BatchBuilder) throws(Failure) {
    out.field("count", int: count)
    out.endRow()
    try out.endGathered(setting)
  }

  /// The numbers of the keys that are given, in their order.
  private func mostFrequent() -> [Int] {
    let all = counts.indices.sorted {
      counts[$0] != counts[$1] ? counts[$0] > counts[$1] : $0 < $1
    }
    return Array(all.prefix(top))
  }
}

extension BatchBuilder {
  /// Ends the open row as a result of many items.
  ///
  /// - Parameter number: the input line of the first of them, if the result stands in its place.
  mutating func endGathered(_ setting: Setting, number: UInt64 = 0) throws(Failure) {
    if openLineLength > setting.maxLine {
      abandonLine()
      throw .resultTooLarge(setting)
    }
    endLine(number: number, kind: .record)
  }
}

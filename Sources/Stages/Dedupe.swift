import Expressions
import Lines
package import PipelineModel
import Records

package enum Dedupe: StageKind {
  package static let manual = StageManual(
    kind: "dedupe", chapter: .lines, stageClass: .inLine,
    classRules: [.init(field: "keep", value: "last", .gathering)],
    summary: "Keeps one of the items that are the same, byte for byte, or have the same key.",
    description: [
      """
      Of lines anywhere in the stream the first is kept and goes on at once. With 'consecutive' only \
      lines next to each other are compared, as by uniq, which takes no memory. With 'keep: last' \
      the last one is kept in its place, and is given when it is known to be the last: at the end, or \
      with 'consecutive' when another line comes.
      """,
      """
      With 'by' it is the value of an expression that is compared; an item for which it has none \
      fails. Numbers that are the same number are the same key, however they are written.
      """,
    ],
    fields: [
      Field(
        "by", .expression, defaultNote: "the whole item",
        "What is compared, as this.user or nr / 10."),
      Field("consecutive", .bool, default: "false", "Compare only with the line before."),
      Field("keep", .choice(["first", "last"]), defaultNote: "first", "Which of them is kept."),
    ],
    shorthand: "keep", allowsBareWord: true,
    examples: [
      StageManual.Example(stage: "dedupe", input: "a\nb\na\n", output: "a\nb\n"),
      StageManual.Example(
        stage: "dedupe: {consecutive: true}", input: "a\na\nb\na\n", output: "a\nb\na\n"),
      StageManual.Example(stage: "dedupe: last", input: "a\nb\na\n", output: "b\na\n"),
      StageManual.Example(
        stage: "dedupe: {by: this.lowerAscii()}", input: "Ann\nann\nbob\n", output: "Ann\nbob\n"),
    ],
    holds:
      "Holds each distinct line or key, with 'by' and 'keep: last' an item for each; with "
      + "'consecutive' one.")

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let keepsLast = stage.arguments.string("keep") == "last"
    if let by = stage.arguments.argument("by") {
      return try DedupeByKey.work(
        by, keepsLast: keepsLast, consecutive: stage.arguments.bool("consecutive") == true, setting)
    }
    if stage.arguments.bool("consecutive") == true {
      return .transform { Neighbours(keepsLast: keepsLast) }
    }
    if keepsLast { return .transform { DedupeLast() } }
    return .transform { DedupeFirst() }
  }
}

struct DedupeFirst: Transform {
  private var seen = LineTable()

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      if batch.withLine(cursor.item, { seen.insert($0).isNew }) { out.keep(batch, cursor.item) }
      cursor.advance()
    }
    return .done
  }
}

struct DedupeLast: Transform {
  private var seen = LineTable()
  /// For each distinct line where it last stood, and its item without the bytes.
  private var last: [(index: Int, number: UInt64, kind: ItemKind)] = []
  private var index = 0
  private var order: [Int] = []
  private var given = 0
  private var mayDivide = false

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    if batch.hasInnerDelimiters { mayDivide = true }
    while cursor.item < end {
      let i = cursor.item
      let (line, isNew) = batch.withLine(i) { seen.insert($0) }
      let place = (index: index, number: batch.number(i), kind: batch.kind(i))
      if isNew { last.append(place) } else { last[line] = place }
      index += 1
      cursor.advance()
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if given == 0 { order = last.indices.sorted { last[$0].index < last[$1].index } }
    while given < order.count {
      if out.isFull { return .full }
      let line = order[given]
      seen.withLine(line) { out.append($0) }
      out.endLine(number: last[line].number, kind: last[line].kind)
      if mayDivide { out.noteInnerDelimiters() }
      given += 1
    }
    return .done
  }
}

/// Compares each line with the one before.
struct Neighbours: Transform {
  let keepsLast: Bool
  /// The line before; nil before the first.
  private var previous: Batch?

  init(keepsLast: Bool) { self.keepsLast = keepsLast }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    // Within a batch the line before is looked up in place; `previous` bridges two batches.
    var before: Int?
    defer { if let before { previous = batch.slice(before..<before + 1).compacted() } }
    while cursor.item < end {
      if out.isFull { return .full }
      let i = cursor.item
      let isSame = batch.withLine(i) { line in
        if let before { return batch.withLine(before) { $0.equals(line) } }
        return previous?.withLine(0) { $0.equals(line) } ?? false
      }
      if !isSame {
        if !keepsLast {
          out.keep(batch, i)
        } else if let before {
          out.keep(batch, before)
        } else if let previous {
          out.keep(previous, 0)
        }
      }
      before = i
      cursor.advance()
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if keepsLast, let previous { out.keep(previous, 0) }
    previous = nil
    return .done
  }
}

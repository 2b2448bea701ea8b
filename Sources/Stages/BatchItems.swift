import Flow
import Lines
package import PipelineModel
import Records

package enum BatchItems: StageKind {
  package static let manual = StageManual(
    kind: "batch", chapter: .records, stageClass: .gathering,
    summary: "Makes a list of several items.",
    description: [
      """
      The list is one record: a line is a string in it, a record what it is. It is given when it has \
      'size' items, when 'every' has passed since its first one came, and at the end of the stream, \
      whichever is first; none is empty. It has the number of its first item. Without 'every' it \
      waits for its items, however long they take. 'flat_map: this' makes items of it again.
      """
    ],
    fields: [
      Field("size", .int(1...Int.max), defaultNote: "none", "How many items it has at most."),
      Field(
        "every", .duration(.milliseconds(1) ... .maximum), defaultNote: "none",
        "How long its first item waits at most."),
    ],
    shorthand: "size",
    examples: [
      StageManual.Example(
        stage: "batch: 2", input: "a\nb\nc\n", output: "[\"a\",\"b\"]\n[\"c\"]\n"),
      StageManual.Example(
        stage: "batch: {size: 100, every: 1s}", input: "{\"a\":1}\n{\"a\":2}\n",
        output: "[{\"a\":1},{\"a\":2}]\n"),
    ],
    holds: "Holds the items of one list, at most max_line.")

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    let size = stage.arguments.int("size")
    let every = stage.arguments.duration("every")
    if size == nil, every == nil {
      throw Diagnostic(
        "'batch' needs to be told when a list is full", at: stage.arguments.place,
        remedy: "give 'size', 'every' or both: batch: {size: 100, every: 1s}", code: "missing-key")
    }
    return .transform {
      BatchTransform(size: size ?? .max, every: every?.nanoseconds, setting: setting)
    }
  }
}

struct BatchTransform: Transform {
  private let size: Int
  /// In nanoseconds.
  private let every: Int64?
  private let setting: Setting
  /// The items of the list that is being made.
  private var items: [Batch] = []
  private var count = 0
  private var bytes = 0
  /// What the clock said last, and when the first of the items came by it.
  private var now: Int64 = 0
  private var begun: Int64 = 0

  init(size: Int, every: Int64?, setting: Setting) {
    self.size = size
    self.every = every
    self.setting = setting
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      let first = cursor.item
      let last = min(end, first + (size - count))
      while cursor.item < last {
        let more = batch.length(cursor.item) + Self.perItem
        if bytes + more > setting.maxLine { break }
        bytes += more
        cursor.advance()
      }
      hold(batch, first..<cursor.item)
      if count == size {
        give(into: &out)
      } else if cursor.item < last {
        throw .resultTooLarge(setting)
      }
    }
    // What is held from here on does not keep the memory of the batch it came in.
    if let last = items.popLast() { items.append(last.compacted()) }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if count > 0 { give(into: &out) }
    return .done
  }

  // MARK: By the clock

  var goesByClock: Bool { every != nil }
  var wakeUp: Int64? { count == 0 ? nil : every.map { due(after: $0) } }

  mutating func tick(_ date: Int64, into out: inout BatchBuilder) throws(Failure) -> Progress {
    // A date that is set back does not make the items wait longer.
    if date < now { begun -= min(begun - .min, now - date) }
    now = date
    if count > 0, let every, now >= due(after: every) { give(into: &out) }
    return .done
  }

  private func due(after every: Int64) -> Int64 {
    let sum = begun.addingReportingOverflow(every)
    return sum.overflow ? .max : sum.partialValue
  }

  // MARK: The list

  /// What an element takes beside its bytes, at most.
  private static let perItem = 6

  private mutating func hold(_ batch: Batch, _ range: Range<Int>) {
    if range.isEmpty { return }
    if count == 0 { begun = now }
    items.append(batch.slice(range))
    count += range.count
  }

  private mutating func give(into out: inout BatchBuilder) {
    out.append(listOf: items)
    out.endLine(number: items[0].number(0), kind: .record)
    out.inherit(from: items[0].slice(0..<1).compacted())
    // A row may have any byte in it.
    out.noteInnerDelimiters()
    items.removeAll(keepingCapacity: true)
    (count, bytes) = (0, 0)
  }
}

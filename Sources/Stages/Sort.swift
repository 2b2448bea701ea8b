import Expressions
import Lines
package import PipelineModel
import Records

package enum Sort: StageKind {
  package static let manual = StageManual(
    kind: "sort", chapter: .lines, stageClass: .gathering,
    summary: "Gives the items in order, at the end of the stream.",
    description: [
      """
      Lines are in the order of their bytes, as with LC_ALL=C sort; items with equal keys stay in the \
      order in which they came. Values of different types are in the order null, false and true, \
      numbers, strings, bytes, durations, timestamps, lists, records; NaN stands before the other \
      numbers. An item whose expression has no value fails, and 'on_error' says what becomes of it; \
      by: this.?size puts such items first.
      """,
      """
      'numeric' goes by the number that a text begins with, behind blanks and with any number of \
      digits: '10' stands behind '9', and text without a number counts as 0. 'natural' compares \
      the runs of digits within a text as numbers: 'file10' stands behind 'file9'.
      """,
      """
      What is beyond 'memory' is kept in the folder TMPDIR, or /tmp, in a file without a name, of \
      which nothing is left however the run ends.
      """,
    ],
    fields: [
      Field("by", .expression, defaultNote: "the whole item", "What the items are ordered by."),
      Field("numeric", .bool, default: "false", "Text is compared by the number it begins with."),
      Field("natural", .bool, default: "false", "Numbers within text are compared as numbers."),
      Field("descending", .bool, default: "false", "The greatest comes first."),
      Field("unique", .bool, default: "false", "Of items with equal keys give only the first."),
      Field(
        "memory", .size(1024...(1 << 40)), default: "256MiB", "What is held in memory at the most."),
    ],
    shorthand: "by", allowsBareWord: true,
    examples: [
      StageManual.Example(stage: "sort", input: "b\na\nc\n", output: "a\nb\nc\n"),
      StageManual.Example(
        stage: "sort: {numeric: true, descending: true}", input: "9 x\n10 y\n",
        output: "10 y\n9 x\n"),
      StageManual.Example(
        stage: "sort: size(this)", input: "bert\nann\nbob\n", output: "ann\nbob\nbert\n"),
    ],
    holds: "Holds the stream, up to 'memory' in memory and the rest in a temporary file.",
    scratchFiles: 2)

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    let arguments = stage.arguments
    let isNumeric = arguments.bool("numeric") == true
    if isNumeric, arguments.bool("natural") == true {
      throw Diagnostic(
        "'numeric' and 'natural' exclude each other", at: arguments.place("natural"),
        remedy: "leave one of them out")
    }
    var expressions = ItemExpressions(setting)
    let program =
      if let by = arguments.argument("by") {
        try expressions.compile(by)
      } else {
        try expressions.compile(Array("this".utf8)) { _ in stage.place }
      }
    let order = SortOrder(
      form: isNumeric ? .numeric : arguments.bool("natural") == true ? .natural : .plain,
      descending: arguments.bool("descending") == true, unique: arguments.bool("unique") == true,
      memory: arguments.size("memory") ?? 256 << 20,
      folder: setting.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp")
    let (compiled, isWhole) = (expressions, arguments.argument("by") == nil)
    return .transform {
      SortTransform(
        order: order, values: compiled.values(), program: program, isWhole: isWhole)
    }
  }
}

/// How items are sorted.
struct SortOrder: Sendable {
  var form: SortForm
  var descending: Bool
  var unique: Bool
  /// In bytes.
  var memory: Int
  /// Where temporary files are.
  var folder: String
}

struct SortTransform: Transform {
  private let order: SortOrder
  private let values: ItemValues
  private var evaluator: Evaluator
  /// The slot whose value is the key, if that is all.
  private let slot: Int?
  /// The key is the whole item.
  private let isWhole: Bool
  /// What is being gathered, and what came before it, in order already. Parts of this size lie close
  /// by while they are sorted, and that goes on while the source reads.
  private var run = SortRun()
  private var held: [SortRun] = []
  private var heldWeight = 0
  private let partSize: Int
  private var spill: SortSpill?
  private var output: SortOutput?
  private var mayDivide = false

  init(order: SortOrder, values: ItemValues, program: Program, isWhole: Bool) {
    self.order = order
    self.values = values
    self.isWhole = isWhole
    evaluator = program.evaluator()
    slot = program.copiedSlot
    partSize = min(8 << 20, order.memory / 4)
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    if batch.hasInnerDelimiters { mayDivide = true }
    while cursor.item < end {
      try hold(batch, cursor.item)
      cursor.advance()
      if run.weight < partSize { continue }
      sortPart()
      // Beside the part that is gathered there is for a while what it becomes.
      if heldWeight + 2 * partSize > order.memory { try putAside() }
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if output == nil { output = try makeOutput() }
    let progress = try output?.give(into: &out) ?? .done
    if mayDivide { out.noteInnerDelimiters() }
    return progress
  }

  private mutating func hold(_ batch: Batch, _ i: Int) throws(Failure) {
    if isWhole, order.form == .plain, batch.kind(i) == .line {
      return try run.append(batch, i) { _ in (Value.string("").sortRank, true) }
    }
    values.load(batch, i)
    let form = order.form
    if let slot, case .text(let offset, let count) = values.slots[slot] {
      return try run.append(batch, i) { bytes in
        batch.withBytes { all in
          (bytes.append(sortText: all.extracting(offset..<offset + Int(count)), form), false)
        }
      }
    }
    let value = try evaluator.value(values, batch)
    try run.append(batch, i) { (bytes) throws(Failure) in
      (try bytes.append(sortKey: value, form), false)
    }
  }

  private mutating func sortPart() {
    let part = run.sorted(descending: order.descending, unique: order.unique)
    heldWeight += part.weight
    held.append(part)
    // The same memory for each part need not be cleared and stays close by.
    run.removeAll(keepingCapacity: run.weight <= 2 * partSize)
  }

  /// Moves the earlier half of what is sorted in memory to the file: of input that is little larger
  /// than the memory no more need be written.
  private mutating func putAside() throws(Failure) {
    if spill == nil {
      spill = try SortSpill(
        folder: order.folder, memory: order.memory, descending: order.descending)
    }
    let earlier = held.prefix((held.count + 1) / 2)
    held.removeFirst(earlier.count)
    heldWeight = held.reduce(0) { $0 + $1.weight }
    try spill?.append(SortMerge(earlier.map { SortReader($0) }, descending: order.descending))
  }

  private mutating func makeOutput() throws(Failure) -> SortOutput {
    if !run.isEmpty { sortPart() }
    let inFile = try spill?.readers(within: max(0, order.memory - heldWeight)) ?? []
    let readers = inFile + held.map { SortReader($0) }
    (run, held, spill) = (SortRun(), [], nil)
    return SortOutput(SortMerge(readers, descending: order.descending), unique: order.unique)
  }
}

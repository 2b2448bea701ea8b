import Lines
package import PipelineModel
import YAMLTree

package enum Sample: StageKind {
  package static let manual = StageManual(
    kind: "sample", chapter: .lines, stageClass: .lineWise,
    classRules: [.init(field: "every", .inLine), .init(field: "size", .gathering)],
    summary: "Keeps some of the lines: a share, every nth, or a number of them.",
    description: [
      """
      What is drawn depends on the seed, the stage's name and the line alone, so a run can be \
      repeated and fan-out changes nothing. With 'size' every line has the same chance to be among \
      those kept, which come at the end, in the order of the input.
      """
    ],
    fields: [
      Field("rate", .double(0...1), "The share that is kept, 0.01 for one in a hundred."),
      Field("every", .int(1...Int.max), "Keep every nth line: the nth, the 2nth and so on."),
      Field("size", .int(1...Int.max), "Keep so many, drawn from the whole stream."),
      Field("seed", .int(0...Int.max), defaultNote: "the run's", "Another seed draws other lines."),
    ],
    shorthand: "rate",
    examples: [
      StageManual.Example(stage: "sample: {every: 2}", input: "a\nb\nc\nd\ne\n", output: "b\nd\n"),
      StageManual.Example(stage: "sample: {size: 3}", input: "a\nb\n", output: "a\nb\n"),
    ],
    holds: "With 'size', holds the lines drawn so far.")

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let arguments = stage.arguments
    let given = ["rate", "every", "size"].filter { arguments.argument($0) != nil }
    if given.count != 1 {
      throw Diagnostic(
        given.isEmpty ? "'sample' needs to know how much to keep" : "'sample' takes one measure",
        at: arguments.place, remedy: "give 'rate', 'every' or 'size'", code: "missing-key")
    }
    var seed = arguments.int("seed").map { UInt64($0) } ?? setting.seed
    for byte in stage.name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
    if let every = arguments.int("every") { return .transform { EveryNth(nth: every) } }
    if let size = arguments.int("size") {
      return .transform { [seed] in Reservoir(size: size, seed: seed) }
    }
    let rate = arguments.double("rate") ?? 0
    return .transform { [seed] in SampleShare(rate: rate, seed: seed) }
  }
}

extension Batch {
  /// A draw for item `i`: the same for the same seed, number and bytes, whenever it is made.
  func draw(_ i: Int, seed: UInt64) -> UInt64 {
    let number = number(i)
    return withLine(i) { $0.hash(seed: seed &+ number &* 0x9E37_79B9_7F4A_7C15) }
  }
}

struct SampleShare: Transform {
  let rate: Double
  let seed: UInt64

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      // 53 bits are what a Double holds exactly.
      let draw = Double(batch.draw(cursor.item, seed: seed) >> 11) / Double(1 << 53)
      if draw < rate { out.keep(batch, cursor.item) }
      cursor.advance()
    }
    return .done
  }
}

struct EveryNth: Transform {
  let nth: Int
  private var seen = 0

  init(nth: Int) { self.nth = nth }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      seen += 1
      if seen == nth {
        out.keep(batch, cursor.item)
        seen = 0
      }
      cursor.advance()
    }
    return .done
  }
}

/// Keeps the items with the smallest draws, which is a sample of that size from all.
struct Reservoir: Transform {
  private struct Drawn {
    var draw: UInt64
    /// The place in the stream.
    var index: Int
    var item: Batch

    /// The one to be given up first is the greatest.
    static func > (a: Drawn, b: Drawn) -> Bool { (a.draw, a.index) > (b.draw, b.index) }
  }
  let size: Int
  let seed: UInt64
  /// A binary heap, the greatest first.
  private var heap: [Drawn] = []
  private var index = 0
  private var given = 0

  init(size: Int, seed: UInt64) {
    self.size = size
    self.seed = seed
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      let draw = batch.draw(cursor.item, seed: seed)
      if heap.count < size || draw < heap[0].draw {
        let item = batch.slice(cursor.item..<cursor.item + 1).compacted()
        insert(Drawn(draw: draw, index: index, item: item))
      }
      index += 1
      cursor.advance()
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if given == 0 { heap.sort { $0.index < $1.index } }
    while given < heap.count {
      if out.isFull { return .full }
      out.keep(heap[given].item, 0)
      given += 1
    }
    return .done
  }

  private mutating func insert(_ drawn: Drawn) {
    if heap.count < size {
      heap.append(drawn)
      var child = heap.count - 1
      while child > 0, heap[child] > heap[(child - 1) / 2] {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
      return
    }
    heap[0] = drawn
    var parent = 0
    while true {
      var greatest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child] > heap[greatest] { greatest = child }
      if greatest == parent { return }
      heap.swapAt(parent, greatest)
      parent = greatest
    }
  }
}

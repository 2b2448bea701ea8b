import Flow
import Lines
import Stages

/// Whole lines that go through one command together.
struct Block: Sendable {
  private(set) var parts: [Batch] = []
  /// The bytes of its lines, and one for each.
  private(set) var size = 0
  private(set) var covered: Range<UInt64> = 0..<0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// The number of its last line.
  private(set) var lastNumber: UInt64?

  /// Its lines as a command is given them. They are kept no longer.
  mutating func takeBytes(endedBy terminator: UInt8) -> [UInt8] {
    defer { parts = [] }
    if let only = parts.first, parts.count == 1 { return only.bytes(endedBy: terminator) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    for part in parts { part.append(to: &bytes, endedBy: terminator) }
    return bytes
  }

  fileprivate mutating func add(_ part: Batch, size more: Int) {
    parts.append(part)
    size += more
    count += part.count
    lastNumber = part.number(part.count - 1)
    let lower = covered.isEmpty ? part.covered.lowerBound : covered.lowerBound
    covered = lower..<max(lower, part.covered.upperBound)
  }
}

/// Divides a stream into blocks, by its lines alone: as many as fit, and at least one.
struct BlockIntake: Intake {
  private let bytes: Int
  private var open = Block()

  init(bytes: Int) { self.bytes = bytes }

  mutating func take(_ batch: Batch) -> BlockSupply? {
    var whole: [Block] = []
    var first = 0
    var size = 0
    for i in 0..<batch.count {
      let length = batch.length(i) + 1
      if open.size + size + length > bytes, !(open.isEmpty && i == first) {
        if i > first { open.add(batch.slice(first..<i), size: size) }
        whole.append(open)
        open = Block()
        (first, size) = (i, 0)
      }
      size += length
    }
    open.add(batch.slice(first..<batch.count), size: size)
    return whole.isEmpty ? nil : BlockSupply(blocks: whole[...])
  }

  mutating func rest() -> BlockSupply? {
    defer { open = Block() }
    return open.isEmpty ? nil : BlockSupply(blocks: [open])
  }
}

/// Blocks handed out one by one: bounds count each as one.
struct BlockSupply: Supply {
  fileprivate var blocks: ArraySlice<Block>

  var isEmpty: Bool { blocks.isEmpty }

  mutating func next(lines: Int) -> (unit: Block, lines: Int) { (blocks.removeFirst(), 1) }
}

extension Batch {
  /// All items as a command is given them: lines as they are, records as JSON.
  func bytes(endedBy terminator: UInt8) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(liveBytes)
    append(to: &bytes, endedBy: terminator)
    return bytes
  }

  fileprivate func append(to bytes: inout [UInt8], endedBy terminator: UInt8) {
    guard hasMarks else {
      return withContiguousRuns(delimiter: terminator) { piece in piece.copy(behind: &bytes) }
    }
    for i in 0..<count {
      bytes += text(i)
      bytes.append(terminator)
    }
  }
}

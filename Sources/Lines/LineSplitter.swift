import CSearch

/// A line, or what was read of it, is larger than the limit.
package struct LineTooLong: Error, Sendable, Equatable {
  /// The number of that line.
  package var number: UInt64
  /// The limit, in bytes.
  package var limit: Int

  package init(number: UInt64, limit: Int) {
    self.number = number
    self.limit = limit
  }
}

/// The source's half of reading: bytes go in as they come, batches of whole lines come out. Only the
/// rest of a line that a read cut is ever copied.
package struct LineSplitter: ~Copyable {
  private let delimiter: UInt8
  private let maxLine: Int
  private let keepsOrigins: Bool
  private let isNumbered: Bool
  /// The number the next line gets.
  package private(set) var nextNumber: UInt64
  private var storage = Storage.empty
  /// The bytes not given out yet are `start..<end`; up to `scanned` delimiters have been looked for.
  private var start = 0
  private var scanned = 0
  private var end = 0
  /// Where the next delimiters are, found many at a time, from `hit` to `hits`: those behind `start`
  /// and before `scanned`.
  private var marks: ContiguousArray<UInt32> = []
  private var hit = 0
  private var hits = 0
  private var expectedLines = 64

  /// - Parameter maxLine: in bytes, without the delimiter; below 2 GiB.
  /// - Parameter isNumbered: false where the lines are no input lines: they have no numbers and
  ///   account for none.
  package init(
    delimiter: UInt8, maxLine: Int, keepsOrigins: Bool = false, firstNumber: UInt64 = 1,
    isNumbered: Bool = true
  ) {
    self.isNumbered = isNumbered
    self.delimiter = delimiter
    self.maxLine = min(maxLine, 1 << 31)
    self.keepsOrigins = keepsOrigins
    nextNumber = firstNumber
  }

  /// Lets `read` put bytes into the free space, of 64 to 256 KiB; it returns how many. All whole
  /// lines should have been taken before, else they are carried over.
  ///
  /// - Returns: what `read` returned; nothing is changed by 0 or less.
  package mutating func fill<E: Error>(
    _ read: (UnsafeMutableRawBufferPointer) throws(E) -> Int
  ) throws(E) -> Int {
    makeRoom()
    let space = unsafe UnsafeMutableRawBufferPointer(
      start: storage.base + end, count: min(storage.capacity - end, LineSplitter.largestRead))
    let count = try unsafe read(space)
    if count > 0 { end += min(count, space.count) }
    return count
  }

  /// Puts bytes in that were read elsewhere.
  package mutating func add(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe fill { (space: UnsafeMutableRawBufferPointer) in
        unsafe space.copyBytes(from: rest.prefix(space.count))
        return min(space.count, rest.count)
      }
      rest = rest.dropFirst(count)
    }
  }

  private static let largestRead = 256 << 10
  private static let smallestRead = 64 << 10
  /// Batches of one block nearly always go one after the other, so each stands for its own bytes; but
  /// somebody may hold a few short ones, and with them a whole block.
  private static let smallestShare = smallestRead
  private static let mostMarks = 1024

  /// Batches given out keep their bytes: room is made behind them, or in a new block that begins
  /// with the rest.
  private mutating func makeRoom() {
    if storage.capacity - end >= LineSplitter.smallestRead { return }
    let rest = end - start
    let wanted =
      rest <= LineSplitter.smallestRead ? Storage.blockCapacity : 2 * rest + Storage.blockCapacity
    let next = Storage(atLeast: wanted)
    unsafe next.base.copyMemory(from: storage.base + start, byteCount: rest)
    storage = next
    scanned = hit < hits ? 0 : scanned - start
    hit = hits
    start = 0
    end = rest
  }

  /// The whole lines there are, at most 65,536 at a time; nil if there is none.
  ///
  /// - Throws: when the next line is over the limit; the lines before it have been given.
  package mutating func take() throws(LineTooLong) -> Batch? {
    var table: ContiguousArray<Extent> = []
    table.reserveCapacity(expectedLines)
    let first = start
    var number = nextNumber
    while table.count < BatchBuilder.fullLines, hit < hits || findDelimiters() {
      let stop = Int(marks[hit])
      // Found again by the next call, which then has nothing to give before it.
      if stop - start > maxLine { break }
      let tag = Extent.tag(number: isNumbered ? number : 0)
      table.append(Extent(start: start, length: stop - start, tag: tag))
      number += 1
      start = stop + 1
      hit += 1
    }
    if table.isEmpty {
      if end - start > maxLine { throw LineTooLong(number: nextNumber, limit: maxLine) }
      return nil
    }
    expectedLines = min(table.count + table.count / 4 + 1, BatchBuilder.fullLines)
    return give(table, liveBytes: start - first, ending: delimiter)
  }

  /// - Returns: false if there are no more.
  private mutating func findDelimiters() -> Bool {
    let bytes = unsafe UnsafePointer(storage.base.assumingMemoryBound(to: UInt8.self))
    // Few at first: there is a splitter for each child's output, and mostly that is a line or two.
    if marks.count < Self.mostMarks, marks.isEmpty || hits > 0 {
      marks = ContiguousArray(repeating: 0, count: marks.isEmpty ? 128 : Self.mostMarks)
    }
    hit = 0
    hits = 0
    while hits == 0, scanned < end {
      hits = unsafe marks.withUnsafeMutableBufferPointer { marks -> Int in
        guard let room = marks.baseAddress else { return 0 }
        return unsafe CSearchEach(
          bytes, end, scanned, delimiter, marks.count, room, marks.count, &scanned)
      }
    }
    return hits > 0
  }

  private mutating func give(
    _ table: ContiguousArray<Extent>, liveBytes: Int, ending: UInt8?
  ) -> Batch {
    let covered = nextNumber..<nextNumber + UInt64(table.count)
    nextNumber = covered.upperBound
    // Only where newlines divide the input can no line hold one.
    let block = Block(
      storage: storage, table: table, limit: start,
      share: min(max(liveBytes, LineSplitter.smallestShare), storage.capacity), ending: ending,
      origins: keepsOrigins
        ? Origins([Block(storage: storage, table: table, limit: start)]) : nil)
    return Batch(
      block, liveBytes: liveBytes, covered: isNumbered ? covered : 0..<0,
      hasInnerDelimiters: delimiter != 0x0A)
  }

  /// At the end of the input: the rest, which no delimiter ends, as the last line; nil if there is
  /// none. All whole lines have to be taken before. Numbers go on with the next file.
  package mutating func finish() -> Batch? {
    let length = end - start
    if length == 0 { return nil }
    let table: ContiguousArray<Extent> = [
      Extent(
        start: start, length: length, tag: Extent.tag(number: isNumbered ? nextNumber : 0))
    ]
    if end < storage.capacity {
      unsafe storage.base.storeBytes(of: delimiter, toByteOffset: end, as: UInt8.self)
      end += 1
    }
    let isEnded = end - start > length
    start = end
    scanned = end
    return give(table, liveBytes: length + 1, ending: isEnded ? delimiter : nil)
  }

  /// Forgets what was read but not taken.
  ///
  /// - Returns: the number of bytes dropped.
  package mutating func dropRest() -> Int {
    let dropped = end - start
    start = end
    scanned = end
    hit = hits
    return dropped
  }

  /// How many bytes have been read and not been given out as lines.
  package var restBytes: Int { end - start }
}

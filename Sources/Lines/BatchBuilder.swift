/// Makes a batch, item by item. As long as items of one storage are only kept, it shares that storage
/// and copies nothing; with the first byte of its own it copies what it has and owns its memory.
@usableFromInline
package struct BatchBuilder: ~Copyable {
  @usableFromInline var storage: Storage
  /// False while the storage is a batch's, or there is none.
  @usableFromInline var owns = false
  /// End of the written bytes: of ours if we own the storage, else of the batch that is viewed.
  @usableFromInline var used = 0
  /// That of the batch that is viewed; see Batch.
  @usableFromInline var share = 0
  /// Where the open line begins; only with `owns`.
  @usableFromInline var lineStart = 0
  @usableFromInline var table: ContiguousArray<Extent> = []
  /// Live bytes of the lines ended so far: their lengths and one for each.
  @usableFromInline package internal(set) var byteCount = 0
  @usableFromInline var hasMarks = false
  @usableFromInline var hasInnerDelimiters = false
  @usableFromInline var origins: [Block] = []
  /// That whose storage is shared; nil with `owns`.
  private var viewed: Block?
  /// Whether all of its table was taken over at once.
  var isWhole = false
  @usableFromInline let delimiter: UInt8
  /// Of what has been written, as far as they were told.
  var written: WrittenTokens?
  /// How much to ask for when memory is first needed.
  @usableFromInline var hint: Int
  @usableFromInline var tableHint: Int

  /// Room for `capacity` bytes is asked for with the first byte appended; it grows.
  package init(delimiter: UInt8, capacity: Int = 0, lines: Int = 0) {
    storage = Storage.empty
    self.delimiter = delimiter
    hint = capacity
    tableHint = lines
  }

  /// Ready to keep items of `batch`, and with room for as much should it have to copy them.
  package init(viewing batch: Batch, delimiter: UInt8) {
    viewed = batch.block
    storage = batch.block.storage
    used = batch.block.limit
    share = batch.block.share
    self.delimiter = delimiter
    hint = batch.liveBytes
    tableHint = batch.count
  }

  /// Sets an empty builder on the storage of `batch`; one that holds items stays as it is.
  package mutating func view(_ batch: Batch) {
    hint = batch.liveBytes
    tableHint = batch.count
    if isEmpty, openLineLength == 0 { adopt(batch) }
  }

  /// A batch is full at this many bytes, or lines.
  @usableFromInline package static let fullBytes = 256 << 10
  @usableFromInline package static let fullLines = 1 << 16

  @inlinable package var count: Int { table.count }
  @inlinable package var isEmpty: Bool { table.isEmpty }
  /// True when the batch should be taken before more is put in.
  @inlinable package var isFull: Bool {
    byteCount >= BatchBuilder.fullBytes || table.count >= BatchBuilder.fullLines
  }
  @inlinable package var openLineLength: Int { owns ? used &- lineStart : 0 }
}

// MARK: Keeping items of a batch

extension BatchBuilder {
  /// Takes over item `i` of `batch` with all that is known of it.
  @inlinable
  package mutating func keep(_ batch: Batch, _ i: Int) {
    let extent = batch.extent(i)
    if shares(batch) {
      enter(extent)
      note(batch)
    } else {
      keepCopy(batch, i, bytes: 0..<Int(extent.length))
    }
  }

  /// Takes over a part of item `i`: `bytes` counts from the item's first byte.
  @inlinable
  package mutating func keep(_ batch: Batch, _ i: Int, bytes: Range<Int>) {
    let extent = batch.extent(i)
    precondition(bytes.lowerBound >= 0 && bytes.upperBound <= Int(extent.length))
    if shares(batch) {
      enter(
        Extent(
          start: extent.lower &+ bytes.lowerBound, length: bytes.count, tag: extent.tag))
      note(batch)
    } else {
      keepCopy(batch, i, bytes: bytes)
    }
  }

  /// Takes over a part of item `i` as something else than it was.
  @inlinable
  package mutating func keep(_ batch: Batch, _ i: Int, bytes: Range<Int>, as kind: ItemKind) {
    let extent = batch.extent(i)
    keep(batch, i, bytes: bytes)
    table[table.count - 1].tag = Extent.tag(
      number: extent.number, kind: kind, bypass: extent.bypass)
    if kind != .line { hasMarks = true }
  }

  /// Puts a mark of this bypass level behind what is there. `number` keeps the numbers in order.
  package mutating func putMark(number: UInt64, level: Int) {
    enter(
      Extent(
        start: owns ? lineStart : 0, length: 0,
        tag: Extent.tag(number: number, kind: .mark, bypass: level)))
    hasMarks = true
  }

  /// Takes over the items of `range`.
  package mutating func keepAll(_ batch: Batch, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= batch.count)
    if range.isEmpty { return }
    guard shares(batch) else {
      for i in range { keep(batch, i) }
      return
    }
    // They may have been found since the storage was first viewed.
    let block = batch.block
    if block.tokens != nil, viewed?.tokens == nil { viewed = block }
    if table.isEmpty, range.count == block.table.count {
      table = block.table
      byteCount = batch.liveBytes
      if viewed !== block { viewed = block }
      isWhole = true
      note(batch)
      return
    }
    if table.isEmpty { table.reserveCapacity(max(tableHint, range.count)) }
    var size = 0
    for extent in batch.block.table[batch.first + range.lowerBound..<batch.first + range.upperBound]
    {
      size += Int(extent.length) + 1
      table.append(extent)
    }
    byteCount += size
    note(batch)
  }

  /// True if items of `batch` can be entered without copying. An empty builder that owns no memory
  /// takes the batch's.
  @inlinable
  mutating func shares(_ batch: Batch) -> Bool {
    if batch.storage === storage, !owns {
      if batch.block.limit > used {
        used = batch.block.limit
        share = max(share, batch.block.share)
      }
      return true
    }
    if owns || !table.isEmpty { return false }
    adopt(batch)
    return true
  }

  @usableFromInline
  mutating func adopt(_ batch: Batch) {
    storage = batch.storage
    viewed = batch.block
    owns = false
    used = batch.block.limit
    share = batch.block.share
    lineStart = 0
  }

  @inlinable
  mutating func enter(_ extent: Extent) {
    if table.isEmpty, tableHint > 0 { table.reserveCapacity(tableHint) }
    table.append(extent)
    byteCount &+= Int(extent.length) &+ 1
  }

  @inlinable
  mutating func note(_ batch: Batch) {
    if batch.hasMarks { hasMarks = true }
    if batch.hasInnerDelimiters { hasInnerDelimiters = true }
    if batch.hasOrigins { inherit(from: batch) }
  }

  @usableFromInline
  mutating func keepCopy(_ batch: Batch, _ i: Int, bytes: Range<Int>) {
    let extent = batch.extent(i)
    batch.withBytes { all in
      append(
        all.extracting(extent.lower + bytes.lowerBound..<extent.lower + bytes.upperBound))
    }
    close(tag: extent.tag)
    note(batch)
  }

  /// Takes over where items came from, for results made of several items.
  @usableFromInline
  package mutating func inherit(from batch: Batch) {
    for origin in batch.origins where !origins.contains(where: { $0 === origin }) {
      origins.append(origin)
    }
  }
}

// MARK: Writing lines

extension BatchBuilder {
  /// Appends to the open line.
  @inlinable
  package mutating func append(_ bytes: RawSpan) {
    let count = bytes.byteCount
    reserve(count)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe (storage.base + used).copyMemory(from: start, byteCount: count)
    }
    used &+= count
  }

  @inlinable
  package mutating func append(byte: UInt8) {
    reserve(1)
    unsafe storage.base.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
    used &+= 1
  }

  @inlinable
  package mutating func append(_ bytes: [UInt8]) {
    unsafe append(bytes.span.bytes)
  }

  package mutating func append(_ bytes: [UInt8], _ range: Range<Int>) {
    unsafe append(bytes.span.bytes.extracting(range))
  }

  /// Lets `write` put bytes at the end of the open line; it returns how many.
  @inlinable
  package mutating func append(
    upTo count: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int
  ) {
    reserve(count)
    let target = unsafe (storage.base + used).assumingMemoryBound(to: UInt8.self)
    let written = unsafe write(target)
    precondition(written <= count, "More was written than there was room for.")
    used &+= written
  }

  package mutating func append(_ text: String) {
    unsafe append(text.utf8.span.bytes)
  }

  /// Ends the open line as a result of item `i` of `batch`: it gets that item's number.
  @inlinable
  package mutating func endLine(like batch: Batch, _ i: Int, kind: ItemKind = .line) {
    let extent = batch.extent(i)
    endLine(number: extent.number, kind: kind, bypass: extent.bypass)
    if batch.hasInnerDelimiters { hasInnerDelimiters = true }
    if batch.hasOrigins { inherit(from: batch) }
  }

  /// Ends the open line; number 0 is none.
  @inlinable
  package mutating func endLine(number: UInt64, kind: ItemKind = .line, bypass: Int = 0) {
    close(tag: Extent.tag(number: number, kind: kind, bypass: bypass))
    if kind != .line || bypass != 0 { hasMarks = true }
  }

  /// Drops what was appended since the last line ended.
  package mutating func abandonLine() {
    guard owns else { return }
    used = lineStart
    written?.drop(from: lineStart)
  }

  /// Says that a line may have the delimiter within it.
  package mutating func noteInnerDelimiters() { hasInnerDelimiters = true }

  @inlinable
  mutating func close(tag: UInt64) {
    // Behind every line stands the delimiter, so that neighbours can be written in one piece.
    reserve(1)
    enter(Extent(start: lineStart, length: used &- lineStart, tag: tag))
    unsafe storage.base.storeBytes(of: delimiter, toByteOffset: used, as: UInt8.self)
    used &+= 1
    lineStart = used
  }

  /// Owned memory with room for `count` more bytes.
  @inlinable
  mutating func reserve(_ count: Int) {
    if !owns || used &+ count > storage.capacity { makeRoom(count) }
  }

  @usableFromInline
  mutating func makeRoom(_ count: Int) {
    if owns {
      grow(to: max(used + count, storage.capacity * 2))
    } else {
      own(room: count)
    }
  }

  private mutating func grow(to capacity: Int) {
    let larger = Storage(atLeast: min(capacity, max(Int(UInt32.max), used + 1)))
    unsafe larger.base.copyMemory(from: storage.base, byteCount: used)
    storage = larger
  }

  /// Moves from a viewed storage to one of our own.
  private mutating func own(room: Int) {
    let shared = storage
    let kept = table
    viewed = nil
    isWhole = false
    let expected = hint == 0 ? 0 : hint + hint / 8
    storage = Storage(
      atLeast: max(byteCount + room, min(expected, Storage.blockCapacity)))
    owns = true
    let limit = used
    used = 0
    lineStart = 0
    byteCount = 0
    if kept.isEmpty { return }
    table.removeAll(keepingCapacity: true)
    shared.withBytes(upTo: limit) { bytes in
      for extent in kept {
        append(bytes.extracting(extent.range))
        close(tag: extent.tag)
      }
    }
  }
}

// MARK: Handing out

extension BatchBuilder {
  /// The lines ended so far, as a batch; an open line is dropped. The builder is empty afterwards.
  package mutating func take(covering covered: Range<UInt64>) -> Batch {
    abandonLine()
    let batch = Batch(
      block(), liveBytes: byteCount, covered: covered, hasMarks: hasMarks,
      hasInnerDelimiters: hasInnerDelimiters)
    isWhole = false
    viewed = nil
    written = nil
    hint = min(max(hint, owns ? used : 0), Storage.blockCapacity)
    table = []
    byteCount = 0
    hasMarks = false
    hasInnerDelimiters = false
    origins = []
    storage = Storage.empty
    owns = false
    used = 0
    lineStart = 0
    return batch
  }

  /// What `take` gives, of a builder that is not used any more.
  package consuming func finish(covering covered: Range<UInt64>) -> Batch {
    abandonLine()
    return Batch(
      block(), liveBytes: byteCount, covered: covered, hasMarks: hasMarks,
      hasInnerDelimiters: hasInnerDelimiters)
  }

  /// What is there: where nothing has been added to the block taken over, that itself.
  private func block() -> Block {
    if table.isEmpty && origins.isEmpty { return .empty }
    let whole = isWhole && viewed?.table.count == table.count ? viewed : nil
    if let whole, origins.count == whole.origins?.blocks.count ?? 0 { return whole }
    // What is owned was written line by line, each with its delimiter; a mark has none.
    let ending = owns ? (hasMarks ? nil : delimiter) : whole?.ending
    return Block(
      storage: table.isEmpty ? .empty : storage, table: table, limit: table.isEmpty ? 0 : used,
      share: table.isEmpty ? 0 : owns ? nil : share, ending: ending,
      origins: origins.isEmpty ? nil : Origins(origins),
      tokens: owns ? written?.table(in: storage) : viewed?.tokens)
  }
}

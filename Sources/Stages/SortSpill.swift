import Lines

/// The sorted runs that did not fit into memory, in a file without a name.
struct SortSpill {
  private let folder: String
  /// What merging may take in memory, in bytes.
  private let memory: Int
  private let descending: Bool
  private var file: ScratchFile
  private var runs: [Range<Int>] = []

  /// More runs than this are first merged into fewer and longer ones, so that each is read in blocks
  /// of some size.
  private static let mostRuns = 128
  private static let writtenAtOnce = 1 << 20

  init(folder: String, memory: Int, descending: Bool) throws(Failure) {
    self.folder = folder
    self.memory = memory
    self.descending = descending
    file = try Failure.scratch { () throws(ScratchFile.Fault) in try ScratchFile(folder: folder) }
  }

  /// Writes a run.
  mutating func append(_ run: SortMerge) throws(Failure) {
    let file = file
    runs.append(
      try Failure.scratch { () throws(ScratchFile.Fault) in try Self.write(run, to: file) })
  }

  /// All of it, run by run in the order in which they were written.
  ///
  /// - Parameter memory: what reading them may take, in bytes.
  mutating func readers(within memory: Int) throws(Failure) -> [SortReader] {
    while runs.count > Self.mostRuns { try shorten() }
    return try readers(of: runs[...], within: memory)
  }

  private func readers(
    of runs: ArraySlice<Range<Int>>, within memory: Int
  ) throws(Failure) -> [SortReader] {
    let block = min(max(memory / max(runs.count, 1), 4096), 1 << 20)
    return try Failure.scratch { () throws(ScratchFile.Fault) in
      var readers: [SortReader] = []
      for run in runs { readers.append(try SortReader(file, run, block: block)) }
      return readers
    }
  }

  /// Merges neighbouring runs into a new file, which takes the place of the old one.
  private mutating func shorten() throws(Failure) {
    let folder = folder
    let longer = try Failure.scratch { () throws(ScratchFile.Fault) in
      try ScratchFile(folder: folder)
    }
    var merged: [Range<Int>] = []
    var first = 0
    while first < runs.count {
      let last = min(first + Self.mostRuns, runs.count)
      let merge = SortMerge(
        try readers(of: runs[first..<last], within: memory), descending: descending)
      merged.append(
        try Failure.scratch { () throws(ScratchFile.Fault) in try Self.write(merge, to: longer) })
      first = last
    }
    file = longer
    runs = merged
  }

  /// Where it then stands in the file.
  private static func write(
    _ run: SortMerge, to file: ScratchFile
  ) throws(ScratchFile.Fault) -> Range<Int> {
    let start = file.count
    var run = run
    var buffer: [UInt8] = []
    while let front = run.front {
      front.entry.write(to: &buffer, from: front.bytes)
      if buffer.count >= writtenAtOnce { try flush(&buffer, to: file) }
      try run.advance()
    }
    try flush(&buffer, to: file)
    return start..<file.count
  }

  private static func flush(
    _ buffer: inout [UInt8], to file: ScratchFile
  ) throws(ScratchFile.Fault) {
    try file.append(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}

extension Failure {
  /// A disk that is full or a folder that is not there stops the stage: no item is to blame.
  static func scratch<R>(_ body: () throws(ScratchFile.Fault) -> R) throws(Failure) -> R {
    do throws(ScratchFile.Fault) { return try body() } catch { throw .scratch(error) }
  }

  static func scratch(_ fault: ScratchFile.Fault) -> Failure {
    Failure(
      .stage, fault.message,
      remedy: "set TMPDIR to a folder with room, or raise 'memory' of the stage")
  }
}

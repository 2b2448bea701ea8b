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

  /// Writes a run that is in order.
  mutating func append(_ run: SortRun) throws(Failure) {
    let file = file
    let start = file.count
    try Failure.scratch { () throws(ScratchFile.Fault) in
      var buffer: [UInt8] = []
      for entry in run.entries {
        entry.write(to: &buffer, from: run.bytes)
        if buffer.count >= Self.writtenAtOnce { try Self.flush(&buffer, to: file) }
      }
      try Self.flush(&buffer, to: file)
    }
    runs.append(start..<file.count)
  }

  /// All of it in order.
  mutating func merge() throws(Failure) -> SortMerge {
    while runs.count > Self.mostRuns { try shorten() }
    return try merge(runs[...])
  }

  private func merge(_ runs: ArraySlice<Range<Int>>) throws(Failure) -> SortMerge {
    let block = min(max(memory / max(runs.count, 1), 4096), 1 << 20)
    return try Failure.scratch { () throws(ScratchFile.Fault) in
      var readers: [SortReader] = []
      for run in runs { readers.append(try SortReader(file, run, block: block)) }
      return SortMerge(readers, descending: descending)
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
      var merge = try merge(runs[first..<last])
      let start = longer.count
      try Failure.scratch { () throws(ScratchFile.Fault) in
        var buffer: [UInt8] = []
        while let front = merge.front {
          front.entry.write(to: &buffer, from: front.bytes)
          if buffer.count >= Self.writtenAtOnce { try Self.flush(&buffer, to: longer) }
          try merge.advance()
        }
        try Self.flush(&buffer, to: longer)
      }
      merged.append(start..<longer.count)
      first = last
    }
    file = longer
    runs = merged
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
    do throws(ScratchFile.Fault) { return try body() } catch {
      throw Failure(
        .stage, error.message,
        remedy: "set TMPDIR to a folder with room, or raise 'memory' of the stage")
    }
  }
}

import Lines

/// A computation on what it is given of each item, for many items together: one batch of what is
/// given, one of results.
struct FieldTransform: Transform {
  private var transform: any Transform
  private var worker: ItemField.Worker

  init(_ transform: any Transform, _ worker: ItemField.Worker) {
    self.transform = transform
    self.worker = worker
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      let portion = work(batch, cursor.item..<end)
      var first = 0
      for last in portion.ends {
        try put(portion.results, first..<last, for: batch, cursor.item, into: &out)
        first = last
        cursor.advance()
      }
      if let large = portion.large {
        try put(large, for: batch, cursor.item, into: &out)
        cursor.advance()
      }
      if let failure = portion.failure {
        // What the failing item gave before it failed.
        if !worker.takesResult {
          out.keepAll(portion.results, first..<portion.results.count)
        }
        throw failure
      }
    }
    return .done
  }

  private func put(
    _ results: Batch, _ range: Range<Int>, for batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(Failure) {
    if worker.takesResult {
      try worker.put(results, range, for: batch, i, into: &out)
    } else {
      out.keepAll(results, range)
    }
  }

  private func put(
    _ results: [Batch], for batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(Failure) {
    if worker.takesResult { return try worker.put(results, for: batch, i, into: &out) }
    for result in results { out.keepAll(result, 0..<result.count) }
  }

  // MARK: The work

  /// What came of some items, from the first on.
  private struct Portion {
    var results = Batch()
    /// For each item where its results end.
    var ends: [Int] = []
    /// All results of a first item that has more than a batch of them.
    var large: [Batch]?
    /// That of the item behind these.
    var failure: Failure?
  }

  /// At least one item, or a failure; as many as fit into a batch.
  private mutating func work(_ batch: Batch, _ range: Range<Int>) -> Portion {
    var portion = Portion()
    let (given, unreadable) = worker.given(batch, range)
    var builder = BatchBuilder(viewing: given, delimiter: 0x0A)
    var inner = Cursor()
    portion.ends.reserveCapacity(given.count)
    do throws(Failure) {
      while inner.item < given.count {
        let item = inner.item
        let progress = try transform.process(given, &inner, upTo: item + 1, into: &builder)
        if progress == .full, inner.item == item {
          // What has begun of this item is done again when its turn comes.
          if item == 0 { portion.large = try finish(given, &inner, &builder) }
          break
        }
        if inner.item == item { inner.advance() }
        portion.ends.append(builder.count)
      }
      if portion.ends.count == given.count { portion.failure = unreadable }
    } catch {
      portion.failure = error
    }
    portion.results = builder.take(covering: 0..<0)
    return portion
  }

  /// All results of the first item, of which the builder has a part.
  private mutating func finish(
    _ given: Batch, _ inner: inout Cursor, _ builder: inout BatchBuilder
  ) throws(Failure) -> [Batch] {
    var results: [Batch] = []
    var bytes = 0
    repeat {
      results.append(builder.take(covering: 0..<0))
      bytes += results[results.count - 1].liveBytes
      if worker.takesResult, bytes > ItemField.maxResult { throw .fieldTooLarge }
    } while try transform.process(given, &inner, upTo: 1, into: &builder) == .full
    results.append(builder.take(covering: 0..<0))
    return results
  }
}

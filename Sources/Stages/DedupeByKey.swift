import Expressions
import Lines
import PipelineModel

/// `dedupe` with `by`: the same three ways, by the value of an expression.
enum DedupeByKey {
  static func work(
    _ by: Argument, keepsLast: Bool, consecutive: Bool, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    var expressions = ItemExpressions(setting)
    let grouping = try Grouping(by, &expressions)
    let compiled = expressions
    if consecutive {
      return .transform {
        KeyNeighbours(compiled.values(), grouping.reader(), keepsLast: keepsLast)
      }
    }
    if keepsLast { return .transform { LastOfKey(compiled.values(), grouping.reader()) } }
    return .transform { FirstOfKey(compiled.values(), grouping.reader()) }
  }
}

private struct FirstOfKey: Transform {
  private let values: ItemValues
  private var reader: KeyReader
  private var keys = KeyTable()

  init(_ values: ItemValues, _ reader: KeyReader) {
    self.values = values
    self.reader = reader
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      values.load(batch, cursor.item)
      let key = try reader.number(values, batch, in: &keys, limit: .max)
      if key?.isNew == true { out.keep(batch, cursor.item) }
      cursor.advance()
    }
    return .done
  }
}

private struct LastOfKey: Transform {
  private let values: ItemValues
  private var reader: KeyReader
  private var keys = KeyTable()
  /// For each key its last item, and the place of that in the stream.
  private var last: [(index: Int, item: Batch)] = []
  private var index = 0
  private var order: [Int]?
  private var given = 0

  init(_ values: ItemValues, _ reader: KeyReader) {
    self.values = values
    self.reader = reader
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    // Only the last item of a key in this batch is copied out of it.
    var places: [Int: Int] = [:]
    var met: [Int] = []
    defer {
      for key in met {
        guard let place = places[key] else { continue }
        let item = batch.slice(place..<place + 1).compacted()
        last[key] = (last[key].index, item)
      }
    }
    while cursor.item < end {
      let i = cursor.item
      values.load(batch, i)
      if let key = try reader.number(values, batch, in: &keys, limit: .max) {
        if key.isNew { last.append((index, Batch())) } else { last[key.number].index = index }
        if places.updateValue(i, forKey: key.number) == nil { met.append(key.number) }
      }
      index += 1
      cursor.advance()
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    let order = order ?? last.indices.sorted { last[$0].index < last[$1].index }
    self.order = order
    while given < order.count {
      if out.isFull { return .full }
      out.keep(last[order[given]].item, 0)
      given += 1
    }
    return .done
  }
}

/// Compares each key with the one before.
private struct KeyNeighbours: Transform {
  private let values: ItemValues
  private var reader: KeyReader
  private let keepsLast: Bool
  /// Has the key of the item before, and no other.
  private var before: KeyTable?
  /// The item before, where the last one is kept.
  private var held = Batch()

  init(_ values: ItemValues, _ reader: KeyReader, keepsLast: Bool) {
    self.values = values
    self.reader = reader
    self.keepsLast = keepsLast
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      let i = cursor.item
      values.load(batch, i)
      if try !isSame(batch) {
        if !keepsLast {
          out.keep(batch, i)
        } else if !held.isEmpty {
          out.keep(held, 0)
        }
      }
      if keepsLast { held = batch.slice(i..<i + 1).compacted() }
      cursor.advance()
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if !held.isEmpty { out.keep(held, 0) }
    held = Batch()
    return .done
  }

  /// Whether the key of the loaded item is that of the one before, which it then takes the place of.
  private mutating func isSame(_ batch: Batch) throws(Failure) -> Bool {
    if var table = before {
      before = nil
      defer { before = table }
      if try reader.number(values, batch, in: &table, limit: 1) != nil { return true }
    }
    var table = KeyTable()
    _ = try reader.number(values, batch, in: &table, limit: 1)
    before = table
    return false
  }
}

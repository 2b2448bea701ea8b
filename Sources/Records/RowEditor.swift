package import Lines

/// What a field is set to.
package enum FieldSource: Sendable {
  case value(Value)
  /// A row of either form.
  case row([UInt8])
  /// Found in the very row that is changed: its bytes are copied.
  case place(FieldPlace)
  /// The field stays as it is, or is not there.
  case unchanged
}

/// Changes fields of a row; those not named are copied as bytes. A row that is JSON text stays JSON
/// text as long as JSON can hold what is set, and becomes compact else. One worker's.
package final class RowEditor {
  private enum Change { case set, unset, rename, select }

  private let change: Change
  private let names: [FieldName]
  /// For `rename`.
  private let newNames: [FieldName]
  private let fields: RowFields
  /// Of each name, the first field that has it; -1 for none.
  private var first: [Int]
  private let selection = RowSelection()

  /// Sets fields, in their places if they are there, else behind all others in this order.
  package convenience init(set names: [FieldName]) { self.init(.set, names) }

  package convenience init(unset names: [FieldName]) { self.init(.unset, names) }

  /// Keeps just these fields, in this order.
  package convenience init(select names: [FieldName]) { self.init(.select, names) }

  /// Gives fields other names, in their places. A field that had the new name before is gone.
  package convenience init(rename pairs: [(from: FieldName, to: FieldName)]) {
    self.init(.rename, pairs.map(\.from), pairs.map(\.to))
  }

  private init(_ change: Change, _ names: [FieldName], _ newNames: [FieldName] = []) {
    self.change = change
    self.names = names
    self.newNames = newNames
    // New names come behind the old ones, so that fields that have them are met.
    var all = names
    for name in newNames where !all.contains(name) { all.append(name) }
    fields = RowFields(all, keepsOthers: change != .select)
    first = Array(repeating: -1, count: all.count)
  }

  /// Appends the changed row to the open line of `out`.
  ///
  /// - Parameters:
  ///   - sources: for `set`, one for each name.
  ///   - tokens: those of the batch whose bytes these are.
  /// - Throws: a fault if the row is no record; nothing has been appended then.
  package func apply(
    _ bytes: RawSpan, _ range: Range<Int>, _ sources: [FieldSource] = [],
    _ tokens: TokenTable? = nil, into out: inout BatchBuilder
  ) throws(RecordFault) {
    try fields.read(bytes, range, tokens)
    if !fields.areAsBefore { find() }
    if change == .select, selection.append(fields, first, bytes, tokens, into: &out) { return }
    // One access: the checks of many would be most of the work.
    let first = first
    let isJSON = fields.isJSON && sources.allSatisfy(\.isJSON)
    var writer = RowWriter(isJSON: isJSON, isFromJSON: fields.isJSON, hasEscapes: fields.hasEscapes)
    writer.begin(&out)
    switch change {
    case .set: set(first, bytes, sources, &writer, &out)
    case .select: for i in first where i >= 0 { writer.copy(fields[i], bytes, &out) }
    case .unset:
      for i in 0..<fields.count where fields[i].match < 0 { writer.copy(fields[i], bytes, &out) }
    case .rename: rename(first, bytes, &writer, &out)
    }
    writer.end(&out)
  }

  private func find() {
    for i in first.indices { first[i] = -1 }
    for i in 0..<fields.count {
      let match = fields[i].match
      if match < 0 { continue }
      // Of `select` the last field of a name is meant, as everywhere; else it says where to write.
      if change == .select || first[match] < 0 { first[match] = i }
    }
  }

  private func set(
    _ first: [Int], _ bytes: RawSpan, _ sources: [FieldSource], _ writer: inout RowWriter,
    _ out: inout BatchBuilder
  ) {
    for i in 0..<fields.count {
      let field = fields[i]
      guard field.match >= 0 else {
        writer.copy(field, bytes, &out)
        continue
      }
      if case .unchanged = sources[field.match] {
        writer.copy(field, bytes, &out)
      } else if first[field.match] == i {
        writer.put(names[field.match], sources[field.match], bytes, &out)
      }
    }
    for (k, name) in names.enumerated() where first[k] < 0 {
      if case .unchanged = sources[k] { continue }
      writer.put(name, sources[k], bytes, &out)
    }
  }

  private func rename(
    _ first: [Int], _ bytes: RawSpan, _ writer: inout RowWriter, _ out: inout BatchBuilder
  ) {
    let taken = newNames.indices.filter { first[$0] >= 0 }.map { newNames[$0] }
    for i in 0..<fields.count {
      let field = fields[i]
      if field.match < 0 {
        writer.copy(field, bytes, &out)
      } else if field.match < newNames.count {
        if first[field.match] == i {
          let last = (i..<fields.count).last { fields[$0].match == field.match } ?? i
          writer.put(newNames[field.match], fields[last], bytes, &out)
        }
      } else if !taken.contains(where: { $0 == name(field.match) }) {
        writer.copy(field, bytes, &out)
      }
    }
  }

  /// Of the names looked for, the one numbered `match`.
  private func name(_ match: Int) -> FieldName {
    if match < names.count { return names[match] }
    let others = newNames.filter { !names.contains($0) }
    return others[match - names.count]
  }
}

extension FieldSource {
  /// Whether JSON can hold it.
  fileprivate var isJSON: Bool {
    switch self {
    case .value(let value): value.isJSON
    case .row(let row): row.first.map { $0 < RowTag.null.rawValue } ?? false
    case .place(let place): place.isJSON || place.isMissing
    case .unchanged: true
    }
  }
}

extension Value {
  /// Whether JSON holds the value so that it is the same again when it is read.
  fileprivate var isJSON: Bool {
    switch self {
    case .null, .bool, .int, .uint: true
    case .double(let number): number.isFinite
    case .string(let text): text.isUTF8
    case .list(let values): values.allSatisfy(\.isJSON)
    case .map(let map):
      map.entries.allSatisfy { entry in
        if case .string(let name) = entry.key { name.isUTF8 && entry.value.isJSON } else { false }
      }
    case .bytes, .timestamp, .duration, .type, .optional: false
    }
  }
}

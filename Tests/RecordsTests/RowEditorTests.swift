import Lines
import Records
import Testing

struct RowEditorTests {
  private func edited(
    _ row: [UInt8], _ editor: RowEditor, _ sources: [FieldSource] = []
  ) throws -> [UInt8] {
    let batch = Batch.of([row])
    var out = BatchBuilder(delimiter: 0x0A)
    try batch.withBytes { bytes in
      try editor.apply(bytes, batch.range(0), sources, into: &out)
    }
    out.endLine(number: 1, kind: .record)
    return out.take(covering: 1..<2).bytes(0)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private let source = Array(
    #"{ "id" : 12345678901234567890123, "n\u0061me":"\u00e9", "a": {"x": 1.0} , "id2":[1, 2]}"#
      .utf8)

  @Test func `JSON stays JSON, and what is not changed its very bytes`() throws {
    let editor = RowEditor(set: ["a", "name", "new"])
    let result = try edited(
      source, editor, [.value(true), .unchanged, .value(["é", .double(2), .null])])
    #expect(
      text(result)
        == #"{"id":12345678901234567890123,"n\u0061me":"\u00e9","a":true,"id2":[1, 2],"new":["é",2.0,null]}"#
    )
    #expect(
      text(try edited(source, editor, [.row(Array(#"{"q": 1}"#.utf8)), .value(1), .unchanged]))
        == #"{"id":12345678901234567890123,"name":1,"a":{"q": 1},"id2":[1, 2]}"#)
  }

  @Test func `what JSON can not hold makes the row compact, its fields still as they were`() throws
  {
    let editor = RowEditor(set: ["a"])
    let result = try edited(source, editor, [.value(.bytes([1, 2]))])
    #expect(result[0] >= 0x80)
    #expect(
      json(result)
        == #"{"id":12345678901234567890123,"name":"\u00e9","a":"AQI=","id2":[1, 2]}"#)
    #expect(try located(result, ["name", "a", "id2"]) == ["é", .bytes([1, 2]), [1, 2]])
  }

  @Test func `fields are taken away, chosen and renamed`() throws {
    #expect(
      text(try edited(source, RowEditor(unset: ["id", "a", "none"])))
        == #"{"n\u0061me":"\u00e9","id2":[1, 2]}"#)
    #expect(
      text(try edited(source, RowEditor(select: ["id2", "name", "none"])))
        == #"{"id2":[1, 2],"n\u0061me":"\u00e9"}"#)
    #expect(
      text(try edited(source, RowEditor(rename: [("name", "id"), ("a", "b")])))
        == #"{"id":"\u00e9","b":{"x": 1.0},"id2":[1, 2]}"#)
    // Two that change places.
    #expect(
      text(try edited(Array(#"{"a":1,"b":2}"#.utf8), RowEditor(rename: [("a", "b"), ("b", "a")])))
        == #"{"b":1,"a":2}"#)
    #expect(
      text(try edited(Array(#"{"b":2}"#.utf8), RowEditor(rename: [("a", "b")]))) == #"{"b":2}"#)
  }

  @Test func `compact rows are changed alike`() throws {
    let row = record([("a", 1), ("b", "x"), ("c", [1, 2])])
    #expect(
      json(try edited(row, RowEditor(set: ["b", "d"]), [.value(2), .value("y")]))
        == #"{"a":1,"b":2,"c":[1,2],"d":"y"}"#)
    #expect(json(try edited(row, RowEditor(unset: ["b"]))) == #"{"a":1,"c":[1,2]}"#)
    #expect(json(try edited(row, RowEditor(select: ["c", "a"]))) == #"{"c":[1,2],"a":1}"#)
    #expect(json(try edited(row, RowEditor(rename: [("a", "b")]))) == #"{"b":1,"c":[1,2]}"#)
    let json1 = FieldSource.row(Array(#"{"k": 1}"#.utf8))
    #expect(
      json(try edited(row, RowEditor(set: ["b"]), [json1])) == #"{"a":1,"b":{"k": 1},"c":[1,2]}"#)
  }

  @Test func `a field set to another is a copy of its bytes`() throws {
    let locator = RowLocator(paths: [["id"], ["none"]])
    let batch = Batch.of([source])
    batch.withBytes { locator.locate($0, batch.range(0)) }
    let result = try edited(
      Array(batch.bytes(0)), RowEditor(set: ["a", "z"]), [.place(locator[0]), .place(locator[1])])
    #expect(
      text(result)
        == #"{"id":12345678901234567890123,"n\u0061me":"\u00e9","a":12345678901234567890123,"id2":[1, 2],"z":null}"#
    )
  }

  @Test func `of a name that is there twice one field is left when it is changed`() throws {
    let twice = Array(#"{"a":1,"b":2,"a":3}"#.utf8)
    #expect(text(try edited(twice, RowEditor(set: ["a"]), [.value(4)])) == #"{"a":4,"b":2}"#)
    #expect(text(try edited(twice, RowEditor(set: ["b"]), [.value(4)])) == #"{"a":1,"b":4,"a":3}"#)
    #expect(text(try edited(twice, RowEditor(select: ["a"]))) == #"{"a":3}"#)
    #expect(text(try edited(twice, RowEditor(rename: [("a", "c")]))) == #"{"c":3,"b":2}"#)
  }

  @Test func `what is no record can not be changed`() {
    for (row, type) in [("[1]", "list"), ("1", "int"), ("\"x\"", "string")] {
      let fault = #expect(throws: RecordFault.self) {
        try edited(Array(row.utf8), RowEditor(unset: ["a"]))
      }
      #expect(fault?.description == "at byte 1: expected a record, found \(type)")
    }
  }
}

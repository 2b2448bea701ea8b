import Testing
import YAMLTree

struct ReaderTests {
  private func read(_ text: String, _ bounds: ReadingBounds = ReadingBounds()) throws -> Document {
    try #require(try YAMLReader.document(Source(file: "a.yaml", text: text), bounds: bounds))
  }

  private func failure(_ text: String, _ bounds: ReadingBounds = ReadingBounds()) -> String {
    do throws(ReadingFailure) {
      _ = try YAMLReader.document(Source(file: "a.yaml", text: text), bounds: bounds)
      return "read"
    } catch {
      return "\(error.place): \(error.message)"
    }
  }

  @Test func `nodes know line and column in characters`() throws {
    let root = try read("ä: 1\nö: [é, \"x\"]\n").root
    let entries = try #require(root.mapping)
    #expect(entries[0].value.place.description == "a.yaml:1:4")
    #expect(entries[1].value.sequence?[1].place.description == "a.yaml:2:8")
    #expect(entries[1].value.sequence?[1].start.offset == 15)
  }

  @Test func `a byte order mark moves no place`() throws {
    let source = Source(file: "a.yaml", bytes: [0xEF, 0xBB, 0xBF] + Array("a: b".utf8))
    let root = try #require(try YAMLReader.document(source)).root
    #expect(root.mapping?.first?.key.scalar?.text == "a")
    #expect(root.place.description == "a.yaml:1:1")
  }

  @Test func `an empty text is no document`() throws {
    #expect(try YAMLReader.document(Source(file: "a", text: "# only this\n")) == nil)
  }

  @Test func `a second document is refused where it begins`() {
    #expect(failure("a: 1\n---\nb: 2\n").hasPrefix("a.yaml:2:1: a second document"))
  }

  @Test func `an alias stands for the value at its anchor`() throws {
    let root = try read("a: &x [1, 2]\nb: *x\n").root
    let alias = try #require(root.mapping?[1].value)
    #expect(alias.sequence?.count == 2)
    #expect(alias.place.line == 1)
    #expect(failure("a: *x\n") == "a.yaml:1:4: the alias '*x' has no anchor '&x' before it")
  }

  @Test func `a mapping's own keys win over merged ones and the first merged over later ones`()
    throws
  {
    let root = try read(
      "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 0\n"
    ).root
    let merged = try #require(root.mapping?[2].value.mapping)
    let pairs = merged.map { "\($0.key.scalar?.text ?? "")=\($0.value.scalar?.text ?? "")" }
    #expect(pairs == ["x=0", "y=1", "z=2"])
    #expect(failure("<<: 3\n").contains("takes a mapping"))
  }

  @Test func `a key that comes twice is told with both places`() throws {
    let document = try read("a: 1\nb: 2\na: 3\n")
    #expect(document.duplicateKeys.map(\.first.place.line) == [1])
    #expect(document.duplicateKeys.map(\.again.place.line) == [3])
  }

  @Test func `an alias bomb is refused by the number of values`() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(items)]\n"
    }
    #expect(failure(text).contains("more than 100000 values once its aliases are written out"))
  }

  @Test func `depth and size are bounded`() {
    #expect(failure(String(repeating: "[", count: 5000)).contains("more than 128 deep"))
    var bounds = ReadingBounds()
    bounds.depth = 3
    #expect(failure("[[[1]]]", bounds) == "read")
    #expect(failure("[[[[1]]]]", bounds).contains("more than 3 deep"))
    // An alias brings its depth with it.
    #expect(failure("- &a [[1]]\n- [*a]\n", bounds).contains("more than 3 deep"))
    bounds.bytes = 10
    #expect(failure("aaaaaaaaaaa", bounds).contains("more than 10 are not read"))
  }

  @Test func `text that is no UTF-8 is refused at its byte`() throws {
    do throws(ReadingFailure) {
      _ = try YAMLReader.document(Source(file: "a", bytes: Array("a: b\nc: ".utf8) + [0xFF]))
      Issue.record("it was read")
    } catch {
      #expect(error.message.hasPrefix("the file is not UTF-8"))
      #expect(error.place.line == 2)
      #expect(error.place.column == 4)
    }
  }

  @Test(arguments: [
    ("on", Resolved.string("on")), ("yes", .string("yes")), ("no", .string("no")),
    ("~", .null), ("null", .null), ("true", .bool(true)), ("False", .bool(false)),
    ("12", .int(12)), ("-7", .int(-7)), ("+3", .int(3)), ("0o17", .int(15)), ("0x1F", .int(31)),
    ("017", .int(17)), ("1_000", .string("1_000")), ("0b1", .string("0b1")),
    ("1.5", .double(1.5)), (".5", .double(0.5)), ("1.", .double(1)), ("1e3", .double(1000)),
    ("-.inf", .double(-.infinity)), (".", .string(".")), ("+", .string("+")),
    ("-0x1", .string("-0x1")), ("1e", .string("1e")), ("12a", .string("12a")),
    ("99999999999999999999", .double(1e20)), ("1:30", .string("1:30")),
    ("nan", .string("nan")), ("inf", .string("inf")), ("'12'", .string("12")),
  ])
  func `plain scalars mean what the core schema says`(text: String, value: Resolved) throws {
    #expect(try read("- " + text).root.sequence?[0].resolved == value)
  }

  @Test func `a byte of a scalar's text has a place in the file`() throws {
    func place(_ text: String, of part: String) throws -> String {
      let node = try #require(try read(text).root.mapping?[0].value)
      let value = try #require(node.scalar?.text)
      let range = try #require(value.range(of: part))
      let place = node.place(atOffset: value.utf8.distance(from: value.startIndex, to: range))
      return "\(place.line):\(place.column)"
    }
    #expect(try place("a: one two", of: "two") == "1:8")
    #expect(try place("a: é two", of: "two") == "1:6")
    #expect(try place("a: 'it''s two'", of: "two") == "1:11")
    #expect(try place(#"a: "\t\x41\u00e9two""#, of: "two") == "1:17")
    #expect(try place("a: !!str 'two'", of: "two") == "1:11")
    #expect(try place("a: |\n  one\n    two\n", of: "two") == "3:5")
    #expect(try place("a: >-\n  one\n  two\n", of: "two") == "3:3")
    #expect(try place("a: one\n   two", of: "two") == "2:4")
    #expect(try place("a: \"one\n\n   two\"", of: "two") == "3:4")
  }

  @Test func `an offset behind the text is its end`() throws {
    let node = try #require(try read("a: one\nb: 2").root.mapping?[0].value)
    #expect(node.place(atOffset: 99).description == "a.yaml:1:7")
  }
}

extension String {
  /// Where `part` begins, without Foundation.
  fileprivate func range(of part: String) -> Index? {
    indices.first { self[$0...].hasPrefix(part) }
  }
}

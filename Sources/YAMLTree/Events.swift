import CYAML

/// What libyaml tells while it goes through a text, as values. All uses of its memory are here.
enum Event {
  case streamEnd
  case documentStart(Mark)
  case documentEnd
  case alias(String)
  case scalar(Scalar, tag: String?, anchor: String?)
  case sequenceStart(tag: String?, anchor: String?)
  case mappingStart(tag: String?, anchor: String?)
  /// The end of a sequence or a mapping.
  case collectionEnd
}

/// An event with the part of the text it stands for.
struct PlacedEvent {
  var event: Event
  var start: Mark
  var end: Mark
}

/// libyaml's parser over one text that stays in memory as long as the parser.
@safe struct EventParser: ~Copyable {
  private let source: Source
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: UnsafeMutableBufferPointer<UInt8>
  /// A UTF-8 byte order mark is no part of the text.
  private let skipped: Int

  /// Nil if there is no memory for it.
  init?(_ source: Source) {
    self.source = source
    skipped = source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    unsafe parser = UnsafeMutablePointer.allocate(capacity: 1)
    unsafe text = UnsafeMutableBufferPointer.allocate(capacity: source.bytes.count + 1)
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.deallocate()
      unsafe text.deallocate()
      return nil
    }
    // libyaml loses the last line of a block scalar if it is blank and has no break behind it.
    _ = unsafe text.update(fromContentsOf: source.bytes + [0x0A])
    let endsInBreak = source.bytes.last == 0x0A || source.bytes.last == 0x0D
    let count = source.bytes.count + (endsInBreak ? 0 : 1)
    // Without this, libyaml takes a text that begins with FF FE for UTF-16.
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(
      parser, text.baseAddress.map { unsafe $0 + skipped }, count - skipped)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  mutating func next() throws(ReadingFailure) -> PlacedEvent {
    while true {
      var event = unsafe yaml_event_t()
      guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
      defer { unsafe yaml_event_delete(&event) }
      if let known = unsafe translate(event) {
        return PlacedEvent(
          event: known, start: unsafe mark(event.start_mark), end: unsafe mark(event.end_mark))
      }
    }
  }

  private func translate(_ event: yaml_event_t) -> Event? {
    switch unsafe event.type {
    case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return .streamEnd
    case YAML_DOCUMENT_START_EVENT: return .documentStart(unsafe mark(event.start_mark))
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    case YAML_ALIAS_EVENT: return .alias(unsafe string(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      return unsafe .scalar(
        Scalar(
          text: string(scalar.value, count: Int(scalar.length)), style: style(scalar.style)),
        tag: string(scalar.tag), anchor: string(scalar.anchor))
    case YAML_SEQUENCE_START_EVENT:
      let start = unsafe event.data.sequence_start
      return unsafe .sequenceStart(tag: string(start.tag), anchor: string(start.anchor))
    case YAML_MAPPING_START_EVENT:
      let start = unsafe event.data.mapping_start
      return unsafe .mappingStart(tag: string(start.tag), anchor: string(start.anchor))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .collectionEnd
    default: return nil
    }
  }

  private func style(_ style: yaml_scalar_style_t) -> Scalar.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }

  private func string(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    unsafe bytes.map { unsafe String(cString: $0) }
  }

  private func string(_ bytes: UnsafeMutablePointer<yaml_char_t>?, count: Int) -> String {
    unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// libyaml counts lines and columns from 0, in characters.
  private func mark(_ mark: yaml_mark_t) -> Mark {
    let line = Int(mark.line) + 1
    let column = Int(mark.column) + 1
    return Mark(line: line, column: column, offset: source.offset(line: line, column: column))
  }

  private func failure() -> ReadingFailure {
    let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "no YAML"
    if unsafe parser.pointee.error == YAML_READER_ERROR {
      // The reader has no lines yet; it gives the offset of the byte.
      let offset = unsafe Int(parser.pointee.problem_offset) + skipped
      return ReadingFailure(
        message: "the file is not UTF-8 text: \(problem)", place: source.place(atByte: offset),
        remedy: nil)
    }
    if unsafe parser.pointee.error == YAML_MEMORY_ERROR {
      return ReadingFailure(
        message: "there is no memory to read the file",
        place: Place(source: source, line: 1, column: 1), remedy: nil)
    }
    let place = unsafe mark(parser.pointee.problem_mark)
    return ReadingFailure(
      message: "this is no YAML: \(context())\(problem)",
      place: Place(source: source, line: place.line, column: place.column), remedy: nil)
  }

  /// "while parsing a block mapping (line 3)": libyaml's own words.
  private func context() -> String {
    guard let context = unsafe parser.pointee.context else { return "" }
    let line = unsafe Int(parser.pointee.context_mark.line) + 1
    return unsafe "\(String(cString: context)) (line \(line)), "
  }
}

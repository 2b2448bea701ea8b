import Flow

/// Trace events as JSON, those that have not been taken away to be written.
struct TraceText: Sendable {
  /// What times are counted from.
  var origin = Instant(nanoseconds: 0)
  private var bytes: [UInt8] = Array("[\n".utf8)

  var count: Int { bytes.count }

  mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  mutating func nameProcess(_ process: Int, _ name: String) {
    addName("process_name", process: process, thread: 0, name)
  }

  mutating func nameThread(_ thread: Int, of process: Int, _ name: String) {
    addName("thread_name", process: process, thread: thread, name)
  }

  /// A complete event: times in microseconds.
  ///
  /// - Parameter details: members of its `args`, their values as JSON.
  mutating func addSpan(
    _ name: String, _ category: String, process: Int, thread: Int, _ begun: Instant,
    _ ended: Instant, _ details: [(name: String, value: String)] = []
  ) {
    add(span(name, category, process: process, thread: thread, begun, ended, details))
    bytes += ",\n".utf8
  }

  /// The last event, which has no comma behind it: the whole run.
  mutating func end(at now: Instant) {
    add(span("run", "run", process: 1, thread: 0, origin, now, []))
    bytes += "\n]\n".utf8
  }

  private mutating func add(_ event: JSONObject) { bytes += event.finished }

  private mutating func addName(_ kind: String, process: Int, thread: Int, _ name: String) {
    var arguments = JSONObject()
    arguments.add("name", text: Array(name.utf8))
    var event = JSONObject()
    event.add("name", raw: "\"\(kind)\"")
    event.add("ph", raw: "\"M\"")
    event.add("pid", raw: String(process))
    event.add("tid", raw: String(thread))
    event.add("args", raw: String(decoding: arguments.finished, as: UTF8.self))
    add(event)
    bytes += ",\n".utf8
  }

  private func span(
    _ name: String, _ category: String, process: Int, thread: Int, _ begun: Instant,
    _ ended: Instant, _ details: [(name: String, value: String)]
  ) -> JSONObject {
    var event = JSONObject()
    event.add("name", text: Array(name.utf8))
    event.add("cat", raw: "\"\(category)\"")
    event.add("ph", raw: "\"X\"")
    event.add("ts", raw: Self.microseconds(begun - origin))
    event.add("dur", raw: Self.microseconds(ended - begun))
    event.add("pid", raw: String(process))
    event.add("tid", raw: String(thread))
    if !details.isEmpty {
      var arguments = JSONObject()
      for detail in details { arguments.add(detail.name, raw: detail.value) }
      event.add("args", raw: String(decoding: arguments.finished, as: UTF8.self))
    }
    return event
  }

  private static func microseconds(_ duration: Duration) -> String {
    let nanoseconds = max(0, duration.nanoseconds)
    let rest = String(nanoseconds % 1000)
    return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}

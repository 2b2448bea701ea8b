import Foundation
import Glibc

/// A folder in which one command runs: its working folder, and beside it one for temporary files.
/// It is removed with the last reference to it.
package final class CommandFolder: Sendable {
  private let root: URL
  /// What marks every process started for this folder, in its environment.
  package let mark = UUID().uuidString

  var work: URL { root.appending(path: "work") }
  var temporary: URL { root.appending(path: "tmp") }

  /// A folder that holds `files`, by their names.
  package init(_ files: [String: String] = [:]) throws {
    root = FileManager.default.temporaryDirectory.appending(path: "streamline-" + mark)
    try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
    for (name, text) in files { try add(name, Array(text.utf8)) }
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  package func add(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: work.appending(path: name))
  }

  package func path(_ name: String) -> String { work.appending(path: name).path }

  package func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: work.appending(path: name)))
  }

  package func text(_ name: String) throws -> String {
    String(decoding: try bytes(name), as: UTF8.self)
  }

  /// The names in the working folder, those of hidden files too.
  package func names() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: work.path))
  }

  package func temporaryNames() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: temporary.path)
  }

  /// Whether a process has been stopped by a signal.
  package func isStopped(_ process: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let behind = text.lastIndex(of: ")")
    else { return false }
    return text[behind...].hasPrefix(") T")
  }

  /// Living processes that were started for this folder, however they came about: a child inherits
  /// the environment. An ended one that nobody has reaped yet has no environment.
  /// - Parameters:
  ///   - session: one whose processes all count: in the middle of an exec a process has no
  ///     environment that could be read, and would be overlooked.
  package func processes(session: Int32? = nil) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { name in
      guard let process = Int32(name) else { return nil }
      let isOurs = hasMark(process) || (session != nil && livingSession(of: process) == session)
      return isOurs ? process : nil
    }
  }

  private func hasMark(_ process: Int32) -> Bool {
    FileManager.default.contents(atPath: "/proc/\(process)/environ")?
      .firstRange(of: Data(mark.utf8)) != nil
  }

  /// The session of a process that has not ended: proc(5), `stat`, fields 3 and 6.
  private func livingSession(of process: Int32) -> Int32? {
    guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
      let name = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = String(decoding: bytes[(name + 1)...], as: UTF8.self).split(separator: " ")
    guard fields.count > 3, fields[0] != "Z", fields[0] != "X" else { return nil }
    return Int32(fields[3])
  }

  /// What a process of this folder is, for a message.
  package func description(of process: Int32) -> String {
    let bytes = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
    let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return "\(process) (\(words.joined(separator: " ")))"
  }
}

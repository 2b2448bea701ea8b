import CLinux
import Glibc

/// What /proc says about the processes of this machine that matters for ending sessions.
struct ProcessTable {
  struct Row: Equatable {
    var process: Int32
    var state: UInt8
    var parent: Int32
    var group: Int32
    var session: Int32

    /// A zombie has ended; only its parent has not heard of it yet.
    var isAlive: Bool { state != UInt8(ascii: "Z") && state != UInt8(ascii: "X") }
  }

  var rows: [Row] = []

  func living(inSession session: Int32) -> [Row] {
    rows.filter { $0.session == session && $0.isAlive }
  }

  /// Reads the table, about 25 µs a process, by one descriptor at a time. Nil where there is no
  /// /proc or no descriptor for it.
  static func read() -> ProcessTable? {
    guard let processes = processes() else { return nil }
    return ProcessTable(rows: processes.compactMap { row(of: $0) })
  }

  private static func processes() -> [[UInt8]]? {
    guard let folder = unsafe opendir("/proc") else { return nil }
    defer { unsafe closedir(folder) }
    var processes: [[UInt8]] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe [UInt8](bytes.prefix { $0 != 0 })
      }
      if name.allSatisfy({ (0x30...0x39).contains($0) }) { processes.append(name) }
    }
    return processes
  }

  private static func row(of process: [UInt8]) -> Row? {
    let path = (Array("/proc/".utf8) + process + Array("/stat".utf8) + [0]).map {
      CChar(bitPattern: $0)
    }
    let text = unsafe [UInt8](unsafeUninitializedCapacity: 512) { bytes, count in
      count = unsafe max(0, linux_read_file(path, bytes.baseAddress, 512))
    }
    return parse(text)
  }

  /// `PID (NAME) STATE PARENT GROUP SESSION …`, as proc_pid_stat(5) has it. The name may hold
  /// anything, brackets and spaces too, so that what follows is found from its last bracket.
  static func parse(_ text: [UInt8]) -> Row? {
    guard let bracket = text.lastIndex(of: UInt8(ascii: ")")), bracket + 2 < text.count,
      let process = number(text.prefix { $0 != 0x20 })
    else { return nil }
    let fields = text[(bracket + 2)...].split(separator: 0x20, maxSplits: 4)
    guard fields.count >= 4, let state = fields[0].first, let parent = number(fields[1]),
      let group = number(fields[2]), let session = number(fields[3])
    else { return nil }
    return Row(process: process, state: state, parent: parent, group: group, session: session)
  }

  private static func number(_ digits: some Collection<UInt8>) -> Int32? {
    Int32(String(decoding: digits, as: UTF8.self))
  }
}

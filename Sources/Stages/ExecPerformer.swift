import Flow
import Lines
import Synchronization

/// Runs one process for each item.
final class ExecPerformer: Performer {
  private let command: ExecCommand
  /// Executables that were found, by the name they were asked for.
  private let located = Mutex<[String: String]>([:])

  init(_ command: ExecCommand) { self.command = command }

  var startsChildren: Bool { true }
  var givesRecords: Bool { command.decoding == .json }

  func prepare(_ launcher: any Launcher) throws(Failure) {
    switch command.arguments {
    case .shell: _ = try locate("/bin/sh", nil, launcher)
    case .list(let templates):
      let directory = command.directory
      // A name or a folder that the item chooses can only be looked up with the item.
      guard let name = templates.first?.constant, directory == nil || directory?.constant != nil
      else { return }
      _ = try locate(name, directory?.constant, launcher)
    }
  }

  func request(for item: Item) throws(Failure) -> [String] {
    try arguments(item).map { String(decoding: $0, as: UTF8.self) }
  }

  private func locate(
    _ name: String, _ directory: String?, _ launcher: any Launcher
  ) throws(Failure) -> String {
    let key = name + "\0" + (directory ?? "")
    if let found = located.withLock({ $0[key] }) { return found }
    let path = command.environment.first { $0.name == "PATH" }?.value.constant
    let found = try launcher.locate(
      name, directory: directory, path: path ?? command.setting.environment["PATH"])
    // Names that items choose may be without number.
    located.withLock { if $0.count < 1000 { $0[key] = found } }
    return found
  }

  func perform(_ item: Item, _ attempt: any Attempt) async throws(Failure) {
    let childCommand = try childCommand(item, attempt)
    // The child has a cancellation of its own, so that it can be ended while the attempt goes on.
    let ending = Cancellation()
    attempt.cancellation.onCancel { ending.cancel($0) }
    defer { attempt.cancellation.onCancel(nil) }
    let child = try await attempt.launcher.start(childCommand, cancellation: ending)
    var results = ExecResults(command, item)
    var failure: Failure?
    while true {
      switch await child.next() {
      case .output(let bytes):
        attempt.progress()
        if ending.isCancelled { continue }
        let (batch, tooLarge) = results.add(bytes)
        failure = tooLarge
        if let batch, await !attempt.emit(batch) { ending.cancel(.stop) }
        if failure != nil { ending.cancel(.stop) }
      case .exited(let exit):
        if let failure = exit.immortality { throw failure }
        if let failure { throw failure }
        if ending.isCancelled { return }
        try judge(exit)
        if let batch = try results.finish() { _ = await attempt.emit(batch) }
        return
      }
    }
  }

  /// Throws unless the exit is one of success.
  private func judge(_ exit: ChildExit) throws(Failure) {
    if exit.signal == nil, command.success.contains(exit.status ?? 0) { return }
    throw exit.failure
  }

  // MARK: The command for an item

  private func childCommand(
    _ item: Item, _ attempt: any Attempt
  ) throws(Failure) -> ChildCommand {
    let directory = try command.directory.map { (template) throws(Failure) in
      String(decoding: try template.render(item), as: UTF8.self)
    }
    let arguments = try arguments(item)
    let name = String(decoding: arguments.first ?? [], as: UTF8.self)
    return ChildCommand(
      executable: try locate(name, directory, attempt.launcher), arguments: arguments,
      environment: try environment(item), directory: directory, input: try input(item),
      grace: command.setting.grace, onErrorLine: { attempt.forward(errorLine: $0) })
  }

  private func arguments(_ item: Item) throws(Failure) -> [[UInt8]] {
    switch command.arguments {
    case .list(let templates):
      var arguments: [[UInt8]] = []
      for template in templates { arguments.append(try template.render(item)) }
      return try checked(arguments)
    case .shell(let text):
      // A text without a dollar can not ask for $1, and then the line may be what no argument can.
      let asks = text.utf8.contains(UInt8(ascii: "$"))
      let head = ["/bin/sh", "-c", text, "sh"].map { Array($0.utf8) }
      return try checked(asks ? head + [item.text] : head)
    }
  }

  /// 128 KiB is what Linux takes as one argument, its NUL counted in (MAX_ARG_STRLEN).
  private func checked(_ arguments: [[UInt8]]) throws(Failure) -> [[UInt8]] {
    for argument in arguments {
      if argument.contains(0) {
        throw Failure(.spawn, "an argument can not hold a NUL byte", remedy: ExecPerformer.useStdin)
      }
      if argument.count >= 128 << 10 {
        throw Failure(
          .spawn, "an argument of \(argument.count) bytes is too long, 128 KiB is the most",
          remedy: ExecPerformer.useStdin)
      }
    }
    return arguments
  }

  private static let useStdin = "leave '{}' out of the command: then it reads the line from stdin"

  private func environment(_ item: Item) throws(Failure) -> [[UInt8]]? {
    if command.environment.isEmpty { return nil }
    var own = command.setting.environment
    var added: [[UInt8]] = []
    for (name, template) in command.environment {
      own[name] = nil
      let value = try template.render(item)
      if value.contains(0) {
        throw Failure(.spawn, "the variable '\(name)' can not hold a NUL byte")
      }
      added.append(Array("\(name)=".utf8) + value)
    }
    return own.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) } + added
  }

  private func input(_ item: Item) throws(Failure) -> [UInt8]? {
    let text: [UInt8]
    switch command.input {
    case .none: return nil
    case .item: text = item.text
    case .template(let template): text = try template.render(item)
    }
    return text + [0x0A]
  }
}

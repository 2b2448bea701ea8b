import YAMLTree

// What the arguments of common keys mean, in the units the runtime works in.

extension Reading {
  func commonKeys(_ given: Arguments) -> CommonKeys {
    var keys = CommonKeys()
    keys.emitsInput = given.string("emit") == "input"
    keys.from = given.argument("from")
    keys.into = given.argument("into")
    keys.results = given.string("results").flatMap(ResultsForm.init) ?? .one
    keys.fanout = given.argument("fanout").map(fanOut)
    keys.limits = given.argument("timeout").map(limits) ?? Limits()
    keys.retry = given.argument("retry").map(retry)
    keys.rate = given.rate("rate")
    keys.onError = given.argument("on_error").flatMap(policy)
    keys.maxErrors = given.argument("max_errors").flatMap(maxErrors)
    if let queue = given.argument("queue") { keys.queue = capacity(queue) }
    return keys
  }

  private func fanOut(_ argument: Argument) -> FanOutKeys {
    // Step by step: as one expression it crashes the optimiser (Swift 6.3.1).
    var keys = FanOutKeys(workers: .auto, keepsOrder: true, place: argument.place)
    var workers = argument.int
    if let parts = argument.arguments {
      workers = parts.int("workers")
      keys.keepsOrder = parts.string("order") != "none"
      if let lookahead = parts.arguments("lookahead") {
        keys.lookaheadLines = lookahead.int("lines")
        keys.lookaheadBytes = lookahead.size("bytes")
      }
    }
    if let workers { keys.workers = .number(workers) }
    return keys
  }

  private func limits(_ argument: Argument) -> Limits {
    var limits = Limits()
    if let duration = argument.duration {
      limits.attempt = duration
    } else if let parts = argument.arguments {
      limits.attempt = parts.duration("attempt")
      limits.item = parts.duration("item")
      limits.idle = parts.duration("idle")
      limits.total = parts.duration("total")
      if parts.entries.isEmpty {
        error("'timeout' is empty; it takes attempt, item, idle or total", at: argument.place)
      }
    }
    return limits
  }

  private func retry(_ argument: Argument) -> RetryPolicy {
    let parts = argument.arguments
    let backoff = parts?.duration("backoff") ?? .milliseconds(100)
    let maxBackoff = parts?.duration("max_backoff") ?? .seconds(30)
    if let parts, backoff > maxBackoff {
      // A long backoff alone is no contradiction: the default bound gives way.
      if parts.isGiven("max_backoff") {
        error(
          "'max_backoff' is \(maxBackoff.written), and 'backoff' is longer: \(backoff.written)",
          at: parts.place("max_backoff"))
      }
    }
    return RetryPolicy(
      attempts: argument.int ?? parts?.int("attempts") ?? 1, backoff: backoff,
      maxBackoff: max(backoff, maxBackoff), jitter: parts?.bool("jitter") ?? true,
      causes: (parts?.list("when") ?? []).compactMap(cause))
  }

  /// Kinds of failure that policies absorb, in SEMANTICS' order.
  static let causes = [
    "exit", "timeout", "http", "expression", "assert", "pattern", "too_large", "spawn",
  ]

  private func cause(_ argument: Argument) -> RetryPolicy.Cause? {
    let text = argument.string ?? ""
    if Reading.causes.contains(text) { return .kind(text) }
    if let status = Int(text), (0...999).contains(status) { return .status(status) }
    if text.utf8.count == 3, text.hasSuffix("xx"), let hundred = text.first?.wholeNumberValue,
      (1...9).contains(hundred)
    {
      return .statusClass(hundred)
    }
    error(
      "'when' takes kinds of failure (\(Reading.causes.joined(separator: ", "))), a status such as "
        + "429 or a class such as 5xx, not \(argument.node.spokenOf)", at: argument.place,
      remedy: Spelling.hint(for: text, in: Reading.causes))
    return nil
  }

  func policy(_ argument: Argument) -> OnError? {
    switch argument.string {
    case "skip": return .skip
    case "pass": return .pass
    case "collect": return .collect
    case "fail": return .fail
    default: break
    }
    guard let parts = argument.arguments, parts.entries.count == 1 else {
      error(
        "'on_error' takes one of {default: TEXT} and {dead_letter: PATH}", at: argument.place)
      return nil
    }
    if let text = parts.argument("default") { return .replace(text) }
    guard let letter = parts.argument("dead_letter") else { return nil }
    let path = letter.arguments?.argument("path") ?? letter
    return .deadLetter(path: path, append: letter.arguments?.bool("append") ?? false)
  }

  private func maxErrors(_ argument: Argument) -> MaxErrors? {
    if let number = argument.int { return .number(number) }
    if let most = argument.string.flatMap(MaxErrors.init(written:)) { return most }
    error(
      "'max_errors' takes a whole number, or a percentage above 0 such as 1%, not "
        + argument.node.spokenOf, at: argument.place)
    return nil
  }

  private func capacity(_ argument: Argument) -> QueueCapacity {
    var capacity = QueueCapacity()
    capacity.isGiven = true
    capacity.lines = argument.int ?? argument.arguments?.int("lines") ?? capacity.lines
    capacity.bytes = argument.arguments?.size("bytes") ?? capacity.bytes
    return capacity
  }
}

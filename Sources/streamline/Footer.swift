/// Rows that stay at the bottom of a terminal while messages go by above them: the text to write for
/// each thing that happens. It knows no descriptor, so that tests can show it on a screen of theirs.
///
/// Between two writes the cursor stands where the rows begin. So whatever else is written to the
/// terminal goes over them and never over anything of somebody else's; a shell that comes back
/// after KILL begins there too.
struct Footer {
  private var rows: [String] = []
  /// Whether rows may be drawn.
  private(set) var isOpen = false

  mutating func open() { isOpen = true }

  /// Draws `rows`, no wider than the terminal and fewer than its rows, over those drawn before.
  mutating func draw(_ rows: [String]) -> String {
    guard isOpen else { return "" }
    self.rows = rows
    return drawing
  }

  /// Whole lines that stay, above the rows.
  func message(_ text: String) -> String { rows.isEmpty ? text : "\r\u{1B}[J" + text + drawing }

  /// Takes the rows away for good, or until it is opened again.
  mutating func close() -> String {
    isOpen = false
    defer { rows = [] }
    return rows.isEmpty ? "" : "\r\u{1B}[J"
  }

  /// Each row is cleared to its end rather than before it is written, which would flicker. A terminal
  /// that has become narrower may have broken the old rows into more: clearing all below takes those.
  private var drawing: String {
    guard !rows.isEmpty else { return "" }
    let text = "\r" + rows.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J"
    return rows.count == 1 ? text + "\r" : text + "\u{1B}[\(rows.count - 1)A\r"
  }
}

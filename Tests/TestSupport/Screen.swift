/// A terminal's screen as it looks after what was written to it: the few control sequences that the
/// progress uses, line breaks, and scrolling. Anything else is noted as a fault.
package struct Screen {
  package let columns: Int
  package let height: Int
  /// Rows that have gone off the top.
  package private(set) var scrolled: [String] = []
  /// What a terminal might take amiss.
  package private(set) var faults: [String] = []
  package private(set) var cursor = (row: 0, column: 0)
  private var cells: [[Character]]
  private var sequence: String?

  package init(columns: Int, rows: Int) {
    self.columns = columns
    height = rows
    cells = Array(repeating: [], count: rows)
  }

  /// The rows without the blanks at their ends, and without the empty ones at the bottom.
  package var rows: [String] {
    var rows = cells.map { row in
      String(String(row).reversed().drop { $0 == " " }.reversed())
    }
    while rows.last == "" { rows.removeLast() }
    return rows
  }

  package mutating func write(_ text: String) {
    for scalar in text.unicodeScalars { take(scalar) }
  }

  private mutating func take(_ scalar: Unicode.Scalar) {
    if let open = sequence {
      sequence = open + String(scalar)
      if scalar != "[", ("A"..."z").contains(Character(scalar)) { finish() }
      return
    }
    switch scalar {
    case "\u{1B}": sequence = ""
    case "\r": cursor.column = 0
    case "\n":
      // As a terminal does that adds the return by itself (ONLCR).
      cursor.column = 0
      moveDown()
    case " "...: put(Character(scalar))
    default: faults.append("control character \(scalar.value)")
    }
  }

  private mutating func moveDown() {
    if cursor.row + 1 < height {
      cursor.row += 1
      return
    }
    scrolled.append(String(cells.removeFirst()))
    cells.append([])
  }

  private mutating func put(_ character: Character) {
    if cursor.column >= columns {
      faults.append("a row is broken at '\(character)'")
      cursor.column = 0
      moveDown()
    }
    let missing = cursor.column - cells[cursor.row].count
    if missing > 0 { cells[cursor.row] += Array(repeating: " ", count: missing) }
    if cursor.column < cells[cursor.row].count {
      cells[cursor.row][cursor.column] = character
    } else {
      cells[cursor.row].append(character)
    }
    cursor.column += 1
  }

  private mutating func finish() {
    let text = sequence ?? ""
    sequence = nil
    switch text {
    case "[K": cells[cursor.row] = Array(cells[cursor.row].prefix(cursor.column))
    case "[J":
      cells[cursor.row] = Array(cells[cursor.row].prefix(cursor.column))
      for row in cursor.row + 1..<max(height, cursor.row + 1) { cells[row] = [] }
    case _ where text.hasSuffix("A"):
      let up = Int(text.dropFirst().dropLast()) ?? 1
      if up > cursor.row { faults.append("up beyond the top") }
      cursor.row = max(0, cursor.row - up)
    default: faults.append("sequence ESC \(text)")
    }
  }
}

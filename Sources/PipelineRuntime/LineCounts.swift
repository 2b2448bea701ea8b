/// Line counts of one stage: committed as items leave, so that they are exact.
package struct LineCounts: Sendable, Equatable {
  package var taken = 0
  package var given = 0
  /// Nil where there is nothing of it, as nearly always: counts are moved with each output.
  private var others: Others?

  /// What becomes of lines besides. Never changed, so that copies of the counts may share it.
  private final class Others: Sendable, Equatable {
    let values: Rare
    init(_ values: Rare) { self.values = values }
    static func == (a: Others, b: Others) -> Bool { a.values == b.values }
  }

  private struct Rare: Equatable {
    var skipped = 0
    var passed = 0
    var replaced = 0
    var collected = 0
    var deadLettered = 0
    var dropped = 0
  }

  private var rare: Rare {
    get { others?.values ?? Rare() }
    set { others = newValue == Rare() ? nil : Others(newValue) }
  }

  package init() {}

  package var skipped: Int {
    get { rare.skipped }
    set { rare.skipped = newValue }
  }
  package var passed: Int {
    get { rare.passed }
    set { rare.passed = newValue }
  }
  package var replaced: Int {
    get { rare.replaced }
    set { rare.replaced = newValue }
  }
  package var collected: Int {
    get { rare.collected }
    set { rare.collected = newValue }
  }
  package var deadLettered: Int {
    get { rare.deadLettered }
    set { rare.deadLettered = newValue }
  }
  /// Left out because the stage is there to leave them out and says so: what came too soon.
  package var dropped: Int {
    get { rare.dropped }
    set { rare.dropped = newValue }
  }

  /// Items whose failure a policy absorbed.
  package var absorbed: Int {
    guard let rare = others?.values else { return 0 }
    return rare.skipped + rare.passed + rare.replaced + rare.collected + rare.deadLettered
  }

  package mutating func add(_ other: LineCounts) {
    taken += other.taken
    given += other.given
    guard let more = other.others?.values else { return }
    var sum = rare
    sum.skipped += more.skipped
    sum.passed += more.passed
    sum.replaced += more.replaced
    sum.collected += more.collected
    sum.deadLettered += more.deadLettered
    sum.dropped += more.dropped
    rare = sum
  }
}

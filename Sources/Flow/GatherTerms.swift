/// Input of a gather that has not been taken yet, handed out unit by unit.
@usableFromInline package protocol Supply: Sendable {
  associatedtype Unit: Sendable
  var isEmpty: Bool { get }
  /// The next unit, of at most `lines` items but at least one, and how many items it has; none if it
  /// only accounts for dropped items.
  mutating func next(lines: Int) -> (unit: Unit, lines: Int)
}

/// What units of work give, and workers about to be done with one.
@usableFromInline package protocol Gathered: Sendable {
  /// Takes in `last`, with which the unit ends, where the two can leave as one. False, and nothing is
  /// changed, where they can not.
  mutating func join(_ last: Self) -> Bool
}

extension Gathered {
  @inlinable package mutating func join(_ last: Self) -> Bool { false }
}

/// What somebody who waits on a gather is told.
@usableFromInline package enum GatherMessage<Unit: Sendable>: Sendable {
  case taken(id: Int, Unit)
  /// For a taker and the feeder: no more work.
  case over
  /// For the gatherer: look again.
  case look
  /// For one that emits: go on. For the feeder: give the next input.
  case proceed
  /// The slot's results are not wanted any more.
  case void
}

/// What the gatherer can hand on.
@usableFromInline package enum GatherCollected<Output: Gathered, Cause: Sendable>: Sendable {
  case outputs([Output])
  /// Nothing is left behind these.
  case last([Output], Closing<Cause>)
  /// The ring was stopped: nothing leaves any more.
  case stopped
}

/// The bounds of a gather: how far others may run ahead of the oldest unfinished unit.
@usableFromInline package struct GatherBounds: Sendable, Hashable {
  @usableFromInline package var lines: Int
  @usableFromInline package var bytes: Int
  /// Results may leave before their unit is finished.
  @usableFromInline package var streams: Bool
  @usableFromInline package var keepsOrder: Bool
  /// How much of the front's results may wait for the gatherer.
  @usableFromInline package var frontBytes = 1 << 18

  @inlinable package init(lines: Int, bytes: Int, streams: Bool, keepsOrder: Bool) {
    self.lines = lines
    self.bytes = bytes
    self.streams = streams
    self.keepsOrder = keepsOrder
  }
}

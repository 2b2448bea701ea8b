import Flow
import Synchronization
import TestSupport
import Testing
import VirtualTime

struct DeadlineHeapTests {
  /// A timer as a list would keep it.
  private struct Entry {
    let instant: Instant
    let phase: TimerPhase
    let action: Int
    let id: TimerID
  }

  /// The heap beside a list that is searched from front to back.
  private struct Pair {
    var heap = DeadlineHeap<Int>()
    var list: [Entry] = []
    var removed: [TimerID] = []
    var count = 0

    mutating func add(_ nanoseconds: Int, _ phase: TimerPhase) {
      let instant = Instant(nanoseconds: Int64(nanoseconds))
      let id = heap.add(instant, phase, count)
      let entry = Entry(instant: instant, phase: phase, action: count, id: id)
      let place = list.firstIndex {
        ($0.instant, $0.phase.rawValue) > (instant, phase.rawValue)
      }
      list.insert(entry, at: place ?? list.endIndex)
      count += 1
    }

    /// Whether heap and list agree about taking back the timer at `index` of the list.
    mutating func remove(_ index: Int) -> Bool {
      let entry = list.remove(at: index)
      removed.append(entry.id)
      return heap.remove(entry.id) == entry.action
    }

    mutating func pop(_ now: Int) -> Bool {
      let now = Instant(nanoseconds: Int64(now))
      guard let first = list.first, first.instant <= now else { return heap.popDue(now) == nil }
      removed.append(list.removeFirst().id)
      return heap.popDue(now) == first.action
    }

    var agrees: Bool {
      guard heap.count == list.count, heap.isEmpty == list.isEmpty else { return false }
      let butTicks = list.first { $0.phase != .tick }?.instant
      return heap.next?.instant == list.first?.instant && heap.next?.phase == list.first?.phase
        && heap.nextButTicks == butTicks
    }
  }

  @Test(arguments: 0..<40)
  func `it gives what a sorted list gives, whatever is added, taken back and popped`(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    var pair = Pair()
    for step in 0..<500 {
      var isSame = true
      switch random.next(below: 6) {
      case 0...2: pair.add(random.next(below: 20), TimerPhase.allCases[random.next(below: 4)])
      case 3 where !pair.list.isEmpty:
        isSame = pair.remove(random.next(below: pair.list.count))
      case 4 where !pair.removed.isEmpty:
        // An id is never valid again, although its place is used again.
        isSame = pair.heap.remove(pair.removed[random.next(below: pair.removed.count)]) == nil
      default: isSame = pair.pop(random.next(below: 24))
      }
      guard isSame, pair.agrees else {
        Issue.record("seed \(seed): heap and list differ at step \(step)")
        return
      }
    }
  }

  @Test func `at one instant they come by phase and then as they were set`() {
    var heap = DeadlineHeap<String>()
    let now = Instant(nanoseconds: 5)
    for name in ["a", "b"] {
      for phase in [TimerPhase.tick, .grace, .limit, .work] {
        _ = heap.add(now, phase, "\(phase) \(name)")
      }
    }
    var popped: [String] = []
    while let action = heap.popDue(now) { popped.append(action) }
    #expect(
      popped == [
        "work a", "work b", "limit a", "limit b", "grace a", "grace b", "tick a", "tick b",
      ])
  }

  @Test func `instants and durations saturate instead of overflowing`() {
    let late = Instant(nanoseconds: .max - 1)
    let early = Instant(nanoseconds: .min + 1)
    #expect(late + .seconds(1) == Instant(nanoseconds: .max))
    #expect(early + .seconds(-1) == Instant(nanoseconds: .min))
    #expect(late - early == .nanoseconds(Int64.max))
    #expect(early - late == .nanoseconds(Int64.min))
    #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
  }
}

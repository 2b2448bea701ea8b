import Lines
import Testing

@testable import Host

struct WrittenAmountTests {
  /// Items of these input lines, accounting for the lines below `upper`.
  private func batch(_ numbers: [UInt64], below upper: UInt64) -> Batch {
    var builder = BatchBuilder(delimiter: 0x0A)
    for number in numbers {
      let item = Batch.of([[0x61]], firstNumber: number)
      builder.keepAll(item, 0..<1)
    }
    return builder.take(covering: 0..<upper)
  }

  @Test func `results that leave as they come count when their line is done`() {
    var amount = WrittenAmount()
    amount.add(batch([1, 1], below: 0))
    #expect(amount.lines == 2 && amount.linesComplete == 0 && amount.completeBelow == 0)
    amount.add(batch([1], below: 2))
    #expect(amount.lines == 3 && amount.linesComplete == 3 && amount.completeBelow == 2)
  }

  @Test func `a batch may end with results of a line that is not done`() {
    var amount = WrittenAmount()
    amount.add(batch([1, 2, 2, 4], below: 4))
    #expect(amount.lines == 4 && amount.linesComplete == 3)
    // Nothing came of line 5, and of line 4 nothing more.
    amount.add(batch([], below: 6))
    #expect(amount.lines == 4 && amount.linesComplete == 4 && amount.completeBelow == 6)
  }

  @Test func `what was dropped behind a line in work does not complete that line`() {
    var amount = WrittenAmount()
    amount.add(batch([7], below: 0))
    amount.add(batch([], below: 7))
    #expect(amount.linesComplete == 0)
    amount.add(batch([7, 8], below: 9))
    #expect(amount.linesComplete == 3)
  }
}

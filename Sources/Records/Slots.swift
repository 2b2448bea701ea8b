/// The slots that a worker's evaluations read, each written where it lies: an array of them, lent to an
/// evaluation, would be copied when the next item is read.
@safe
package final class Slots {
  private let slots: UnsafeMutableBufferPointer<Slot>

  package init(_ values: [Slot]) {
    unsafe slots = .allocate(capacity: values.count)
    _ = unsafe slots.initialize(from: values)
  }

  deinit {
    unsafe slots.deinitialize()
    unsafe slots.deallocate()
  }

  package subscript(i: Int) -> Slot {
    get { unsafe slots[checked(i)] }
    set { unsafe slots[checked(i)] = newValue }
  }

  @inline(__always)
  private func checked(_ i: Int) -> Int {
    precondition(unsafe slots.indices.contains(i), "There is no such slot.")
    return i
  }
}

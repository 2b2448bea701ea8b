/// What a locator found last, by place: memory of its own, since it is written field by field.
@safe
final class FoundPlaces {
  private let places: UnsafeMutableBufferPointer<FieldPlace>

  init(count: Int) {
    unsafe places = .allocate(capacity: count)
    unsafe places.initialize(repeating: .missing)
  }

  deinit { unsafe places.deallocate() }

  @inline(__always)
  subscript(i: Int) -> FieldPlace {
    get { unsafe places[i] }
    set { unsafe places[i] = newValue }
  }

  func forgetAll() { unsafe places.update(repeating: .missing) }
}

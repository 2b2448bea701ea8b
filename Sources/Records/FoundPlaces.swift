/// What a locator found last, by place: memory of its own, since it is written field by field.
@safe
final class FoundPlaces {
  private struct Spot {
    var token = 0
    /// The one behind the value; 0 if there is none.
    var next = 0
  }

  private let count: Int
  private let places: UnsafeMutableBufferPointer<FieldPlace>
  /// Where the tokens of the values were.
  private let spots: UnsafeMutableBufferPointer<Spot>
  /// That of the text which the spots are of; 0 if there is none.
  var shape: UInt64 = 0

  init(count: Int) {
    self.count = count
    unsafe places = .allocate(capacity: count)
    unsafe places.initialize(repeating: .missing)
    unsafe spots = .allocate(capacity: count)
    unsafe spots.initialize(repeating: Spot())
  }

  deinit {
    unsafe places.deallocate()
    unsafe spots.deallocate()
  }

  @inline(__always)
  subscript(i: Int) -> FieldPlace {
    get { unsafe places[i] }
    set { unsafe places[i] = newValue }
  }

  func forgetAll() { unsafe places.update(repeating: .missing) }

  // MARK: By tokens

  @inline(__always)
  func put(_ place: FieldPlace, _ i: Int, _ token: Int, _ next: Int) {
    unsafe places[i] = place
    unsafe spots[i] = Spot(token: token, next: next)
  }

  @inline(__always)
  func forget(_ i: Int) { put(.missing, i, 0, 0) }

  func forgetSpots() { unsafe spots.update(repeating: Spot()) }

  /// Puts what `find` gives for the tokens of each place that was found.
  @inline(__always)
  func forEachSpot(_ find: (Int, Int) -> FieldPlace) {
    for i in 0..<count {
      let spot = unsafe spots[i]
      if spot.next > 0 { unsafe places[i] = find(spot.token, spot.next) }
    }
  }
}

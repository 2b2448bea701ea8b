/// A record of a time, a key and a value, as JSON: what aggregates are tested on.
func record(_ t: Int, _ k: String, _ v: Int) -> String {
  "{\"t\":\(t),\"k\":\"\(k)\",\"v\":\(v)}"
}

#if canImport(Glibc)
  import Glibc
#endif

/// How many processors this process may use: what `fanout: auto` means.
package enum Processors {
  package static let count: Int = {
    let number = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return max(1, Int(number))
  }()
}

private import Synchronization

/// A struct that has one is passed by its address alone.
///
/// The compiler may load and copy any other struct whole wherever it is only read: a worker of two
/// kilobytes at each call of a method that does not change it. What holds an atomic it must leave
/// where it is.
@safe
package struct Anchor: ~Copyable, Sendable {
    private let atomic = Atomic<UInt8>(0)

    package init() {}
}

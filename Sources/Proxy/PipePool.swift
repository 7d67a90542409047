internal import Bytes
internal import Kernel

/// The pipes of a worker: few, since the system has few, and opened only when they are needed. The
/// one used last comes first.
struct PipePool: ~Copyable {
    // Not private: the compiler fails to destroy a table of private elements.
    struct Slot: ~Copyable {
        var pipe: Pipe?
        var nextFree: Int32 = -1
    }

    private let slots = Table<Slot>(count: Limits.pipes) { _ in Slot() }
    private var firstFree: Int32 = -1
    private var touchedCount = 0

    init() {}

    /// An empty pipe, by its number; nil when all are in use or no other can be opened.
    mutating func take(_ crew: Crew) -> Int? {
        let number: Int
        if firstFree >= 0 {
            number = Int(firstFree)
            firstFree = slots[number].nextFree
        } else {
            guard touchedCount < Limits.pipes else { return nil }
            number = touchedCount
            touchedCount += 1
        }
        if slots[number].pipe != nil { return number }
        if let pipe = Self.open(crew) {
            slots[number].pipe = consume pipe
            return number
        }
        give(number)
        return nil
    }

    /// Takes a pipe out of its place, to be kept there again.
    func lend(_ number: Int) -> Pipe? { slots[number].pipe.take() }

    /// Puts a pipe back to its place.
    func keep(_ pipe: consuming Pipe, _ number: Int) { slots[number].pipe = consume pipe }

    /// A pipe is empty and free for others.
    mutating func give(_ number: Int) {
        slots[number].nextFree = firstFree
        firstFree = Int32(number)
    }

    /// Closes a pipe that has bytes in it which nobody wants.
    mutating func drop(_ number: Int, _ crew: Crew) {
        slots[number].pipe = nil
        crew.giveDescriptorBack()
        crew.giveDescriptorBack()
        give(number)
    }

    /// A pipe's two descriptors count like those of connections.
    private static func open(_ crew: Crew) -> Pipe? {
        guard crew.takeDescriptor(for: .downstream) else { return nil }
        guard crew.takeDescriptor(for: .downstream) else {
            crew.giveDescriptorBack()
            return nil
        }
        do throws(Errno) {
            return try Pipe(capacity: Limits.pipeBytes)
        } catch {
            crew.giveDescriptorBack()
            crew.giveDescriptorBack()
            return nil
        }
    }
}

import Glibc

/// Names one element of a slab: its index, and the generation of its slot when it was made, so
/// that the name of an element that is gone matches nothing that came after it.
///
/// Fits into epoll's 64 bits together with two bits that tell what kind of thing it names.
@frozen
@usableFromInline
package struct Token: Equatable, Sendable {
    /// The generation in the upper 32 bits, the index in the lower.
    @usableFromInline package let rawValue: UInt64

    @inlinable
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    init(index: Int, generation: UInt32) {
        rawValue = UInt64(generation) << 32 | UInt64(UInt32(truncatingIfNeeded: index))
    }

    /// The place of the element in its slab.
    @inlinable
    package var index: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }

    /// 1 to 2^30 - 1 for a real element.
    @inlinable
    package var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
}

/// Elements that never move, addressed by index. The addresses for as many as there may ever be
/// are reserved at once (mmap(2)); memory is used for those that there were.
///
/// Access is through the index alone and does not change the slab itself, so that two elements
/// can be worked on at once. The rule that comes with it: never hold on to an element while
/// something else may reach the same one.
@safe
@frozen
@usableFromInline
package struct Slab<Element: ~Copyable>: ~Copyable {
    @frozen
    @usableFromInline
    struct Slot: ~Copyable {
        /// Never 0 for a slot that was used; the highest bit says that it is used now.
        @usableFromInline var generation: UInt32
        /// The next free slot + 1 when this one is free; 0 ends the list.
        @usableFromInline var nextFree: UInt32
        @usableFromInline var element: Element

        @inlinable
        init(generation: UInt32, element: consuming Element) {
            self.generation = generation
            nextFree = 0
            self.element = element
        }
    }

    @inlinable static var used: UInt32 { 1 << 31 }
    @inlinable static var generations: UInt32 { 1 << 30 }

    @usableFromInline let slots: UnsafeMutablePointer<Slot>
    @usableFromInline let limit: Int
    /// Slots below this index were used at least once.
    @usableFromInline var touched = 0
    @usableFromInline var firstFree: UInt32 = 0
    /// How many elements exist.
    @usableFromInline package internal(set) var count = 0

    /// A slab for at most `limit` elements.
    package init(limit: Int) {
        self.limit = limit
        let reserved = unsafe mmap(
            nil, limit * MemoryLayout<Slot>.stride, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let reserved = unsafe reserved, unsafe reserved != MAP_FAILED else {
            preconditionFailure("no address space for a slab")
        }
        unsafe slots = reserved.bindMemory(to: Slot.self, capacity: limit)
    }

    deinit {
        for index in 0..<touched where isUsed(index) {
            unsafe withUnsafeMutablePointer(to: &slots[index].element) {
                _ = unsafe $0.deinitialize(count: 1)
            }
        }
        unsafe munmap(slots, limit * MemoryLayout<Slot>.stride)
    }

    /// The element at `index`, which must exist.
    @inlinable
    package subscript(index: Int) -> Element {
        unsafeAddress {
            precondition(isUsed(index), "no element at this index")
            return unsafe UnsafePointer(address(of: index))
        }
        nonmutating unsafeMutableAddress {
            precondition(isUsed(index), "no element at this index")
            return unsafe address(of: index)
        }
    }

    /// Whether the element that `token` names still exists.
    @inlinable
    package func contains(_ token: Token) -> Bool {
        let index = token.index
        guard index < touched else { return false }
        return unsafe slots[index].generation == token.generation | Self.used
    }

    /// The full name of the element at `index`, which must exist.
    @inlinable
    package func token(at index: Int) -> Token {
        precondition(isUsed(index), "no element at this index")
        return unsafe Token(index: index, generation: slots[index].generation & ~Self.used)
    }

    /// Whether there is an element at `index`.
    @inlinable
    package func isUsed(_ index: Int) -> Bool {
        guard index >= 0, index < touched else { return false }
        return unsafe slots[index].generation & Self.used != 0
    }

    /// One past the highest index ever used.
    @inlinable
    package var indexLimit: Int { touched }

    /// Puts `element` in; nil, and the element is gone, when the slab is full.
    @inlinable
    package mutating func insert(_ element: consuming Element) -> Token? {
        let index: Int
        var generation: UInt32 = 1
        if firstFree != 0 {
            index = Int(firstFree) - 1
            unsafe firstFree = slots[index].nextFree
            unsafe generation = slots[index].generation
        } else {
            guard touched < limit else { return nil }
            index = touched
            touched += 1
        }
        let slot = Slot(generation: generation | Self.used, element: element)
        unsafe (slots + index).initialize(to: slot)
        count += 1
        return Token(index: index, generation: generation)
    }

    /// Takes the element at `index` out; its token matches nothing from now on.
    @inlinable
    package mutating func remove(at index: Int) -> Element {
        precondition(isUsed(index), "no element at this index")
        let generation = unsafe slots[index].generation & ~Self.used
        unsafe slots[index].generation = generation % (Self.generations - 1) + 1
        unsafe slots[index].nextFree = firstFree
        firstFree = UInt32(index) + 1
        count -= 1
        return unsafe address(of: index).move()
    }

    @inlinable
    func address(of index: Int) -> UnsafeMutablePointer<Element> {
        unsafe withUnsafeMutablePointer(to: &slots[index].element) { unsafe $0 }
    }
}

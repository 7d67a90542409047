/// Names one element of a slab: its index, and the generation of its slot when it was made, so
/// that the name of an element that is gone matches nothing that came after it.
///
/// Fits into epoll's 64 bits together with two bits that tell what kind of thing it names.
@frozen
@usableFromInline
package struct Token: Equatable, Sendable {
    @usableFromInline package let rawValue: UInt64

    /// Matches no element.
    @inlinable
    package static var none: Token { Token(rawValue: 0) }

    @inlinable
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    init(index: Int, generation: UInt32) {
        rawValue = UInt64(generation) << 32 | UInt64(UInt32(truncatingIfNeeded: index))
    }

    @inlinable
    package var index: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }

    /// 1 to 2^30 - 1 for a real element.
    @inlinable
    package var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    @inlinable
    package var isNone: Bool { rawValue == 0 }
}

/// Elements that never move, addressed by index, in chunks that are allocated as they are needed
/// and kept.
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
    struct Slot {
        @usableFromInline var generation: UInt32
        /// The next free slot + 1 when this one is free; 0 ends the list.
        @usableFromInline var nextFree: UInt32
        @usableFromInline var isUsed: Bool
    }

    @usableFromInline static var chunkShift: Int { 6 }
    @usableFromInline static var chunkSize: Int { 1 << chunkShift }
    @usableFromInline static var generations: UInt32 { 1 << 30 }

    @usableFromInline let elements: UnsafeMutablePointer<UnsafeMutablePointer<Element>?>
    @usableFromInline let slots: UnsafeMutablePointer<UnsafeMutablePointer<Slot>?>
    @usableFromInline let chunkLimit: Int
    @usableFromInline var chunkCount = 0
    @usableFromInline var firstFree: UInt32 = 0
    /// How many elements exist.
    @usableFromInline package private(set) var count = 0

    /// A slab for at most `limit` elements, rounded up to whole chunks.
    package init(limit: Int) {
        chunkLimit = (limit + Self.chunkSize - 1) >> Self.chunkShift
        unsafe elements = .allocate(capacity: chunkLimit)
        unsafe elements.initialize(repeating: nil, count: chunkLimit)
        unsafe slots = .allocate(capacity: chunkLimit)
        unsafe slots.initialize(repeating: nil, count: chunkLimit)
    }

    deinit {
        for chunk in 0..<chunkCount {
            guard let block = unsafe elements[chunk], let states = unsafe slots[chunk] else {
                continue
            }
            for offset in 0..<Self.chunkSize where unsafe states[offset].isUsed {
                unsafe (block + offset).deinitialize(count: 1)
            }
            unsafe block.deallocate()
            unsafe states.deallocate()
        }
        unsafe elements.deallocate()
        unsafe slots.deallocate()
    }

    /// The element at `index`, which must exist.
    @inlinable
    package subscript(index: Int) -> Element {
        unsafeAddress { unsafe UnsafePointer(address(of: index)) }
        nonmutating unsafeMutableAddress { unsafe address(of: index) }
    }

    /// Whether the element that `token` names still exists.
    @inlinable
    package func contains(_ token: Token) -> Bool {
        let chunk = token.index >> Self.chunkShift
        guard chunk < chunkCount, let states = unsafe slots[chunk] else { return false }
        let slot = unsafe states[token.index & (Self.chunkSize &- 1)]
        return slot.isUsed && slot.generation == token.generation
    }

    /// The full name of the element at `index`, which must exist.
    @inlinable
    package func token(at index: Int) -> Token {
        let slot = unsafe state(of: index).pointee
        precondition(slot.isUsed, "no element at this index")
        return Token(index: index, generation: slot.generation)
    }

    /// Puts `element` in; nil, and the element is gone, when the slab is full.
    package mutating func insert(_ element: consuming Element) -> Token? {
        if firstFree == 0 {
            guard chunkCount < chunkLimit else { return nil }
            addChunk()
        }
        let index = Int(firstFree) - 1
        let slot = unsafe state(of: index)
        unsafe firstFree = slot.pointee.nextFree
        unsafe slot.pointee.isUsed = true
        unsafe address(of: index, checked: false).initialize(to: element)
        count += 1
        return unsafe Token(index: index, generation: slot.pointee.generation)
    }

    /// Takes the element at `index` out; its token matches nothing from now on.
    package mutating func remove(at index: Int) -> Element {
        let slot = unsafe state(of: index)
        precondition(unsafe slot.pointee.isUsed, "no element at this index")
        unsafe slot.pointee.isUsed = false
        unsafe slot.pointee.generation = (slot.pointee.generation % (Self.generations - 1)) + 1
        unsafe slot.pointee.nextFree = firstFree
        firstFree = UInt32(index) + 1
        count -= 1
        return unsafe address(of: index, checked: false).move()
    }

    /// One past the highest index ever used.
    @inlinable
    package var indexLimit: Int { chunkCount << Self.chunkShift }

    /// Whether there is an element at `index`.
    @inlinable
    package func isUsed(_ index: Int) -> Bool {
        guard index < indexLimit else { return false }
        return unsafe state(of: index).pointee.isUsed
    }

    @inlinable
    func state(of index: Int) -> UnsafeMutablePointer<Slot> {
        guard index >= 0, index < indexLimit,
            let states = unsafe slots[index >> Self.chunkShift]
        else { preconditionFailure("no slot at this index") }
        return unsafe states + (index & (Self.chunkSize &- 1))
    }

    @inlinable
    func address(of index: Int, checked: Bool = true) -> UnsafeMutablePointer<Element> {
        guard index >= 0, index < indexLimit,
            let block = unsafe elements[index >> Self.chunkShift]
        else { preconditionFailure("no element at this index") }
        precondition(!checked || isUsed(index), "no element at this index")
        return unsafe block + (index & (Self.chunkSize &- 1))
    }

    private mutating func addChunk() {
        let first = chunkCount << Self.chunkShift
        let states = UnsafeMutablePointer<Slot>.allocate(capacity: Self.chunkSize)
        for offset in 0..<Self.chunkSize {
            let isLast = offset == Self.chunkSize - 1
            let slot = Slot(
                generation: 1, nextFree: isLast ? firstFree : UInt32(first + offset + 2),
                isUsed: false)
            unsafe (states + offset).initialize(to: slot)
        }
        unsafe slots[chunkCount] = states
        unsafe elements[chunkCount] = .allocate(capacity: Self.chunkSize)
        chunkCount += 1
        firstFree = UInt32(first) + 1
    }
}

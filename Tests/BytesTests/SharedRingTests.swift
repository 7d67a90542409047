import Foundation
import Testing

@testable import Bytes

/// A bounded queue from one thread to another.
struct SharedRingTests {
    @Test func `what is put is taken in its order, as far as there is room`() {
        let ring = SharedRing<Int>(count: 4)
        #expect(ring.take() == nil)
        for round in 0..<5 {
            for number in 0..<6 { ring.put(round * 10 + number) }
            #expect((0..<5).map { _ in ring.take() } == (0..<4).map { round * 10 + $0 } + [nil])
        }
        #expect(ring.lost.value == 10)
    }

    @Test func `a place is free as soon as its element is taken`() {
        let ring = SharedRing<Int>(count: 1)
        for number in 0..<100 {
            ring.put(number)
            #expect(ring.take() == number)
        }
        #expect(ring.lost.value == 0)
    }

    @Test func `two threads lose nothing but what is counted`() {
        let ring = SharedRing<(Int, Int)>(count: 64)
        let count = 100_000
        Thread.detachNewThread {
            for number in 0..<count { ring.put((number, ~number)) }
        }
        var (taken, last) = (0, -1)
        var isWhole = true
        while taken + Int(ring.lost.value) < count {
            guard let (number, other) = ring.take() else { continue }
            isWhole = isWhole && number > last && other == ~number
            (taken, last) = (taken + 1, number)
        }
        #expect(isWhole)
        #expect(ring.take() == nil && taken > 0)
    }
}

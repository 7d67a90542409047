import Bytes
import Testing

@Suite
struct TableTests {
    @Test
    func `elements are made from their indices and changed in place`() {
        let table = Table(count: 4) { $0 * 10 }
        table[2] += 1
        let values = (0..<4).map { table[$0] }
        #expect(values == [0, 10, 21, 30])
    }

    @Test
    func `a table grows without losing anything and never shrinks`() {
        var table = Table(count: 0) { [$0] }
        for count in [3, 1, 0, 64, 65, 10] {
            table.grow(to: count) { [$0] }
        }
        let count = table.count
        let values = (0..<count).map { table[$0] }
        #expect(values == (0..<65).map { [$0] })
    }

    @Test
    func `a changed element is kept when the table grows`() {
        var table = Table(count: 2) { "\($0)" }
        table[1] = "changed"
        table.grow(to: 9) { "\($0)" }
        let values = [table[0], table[1], table[8]]
        #expect(values == ["0", "changed", "8"])
    }
}

@Suite
struct SharedCounterTests {
    @Test
    func `a counter answers with the number from before`() {
        let counter = SharedCounter()
        #expect(counter.add(2) == 0)
        #expect(counter.add(5) == 2)
        counter.subtract(3)
        #expect(counter.value == 4)
    }

    @Test
    func `of many that take at once, exactly as many succeed as there is room for`() async {
        let counter = SharedCounter()
        for limit: UInt64 in [0, 1, 100, 7_777] {
            counter.subtract(counter.value)
            let taken = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        (0..<5_000).count { _ in counter.take(below: limit) }
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(taken == Int(limit))
            #expect(counter.value == limit)
        }
        counter.subtract(1)
        #expect(counter.take(below: 7_777))
        #expect(!counter.take(below: 7_777))
    }

    @Test
    func `numbers taken by many at once are all different`() async {
        let counter = SharedCounter()
        let numbers = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<4 {
                group.addTask { (0..<10_000).map { _ in counter.add(1) } }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(numbers) == Set(0..<40_000))
    }
}

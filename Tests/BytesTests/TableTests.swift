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

    @Test(arguments: [0, 1, 3] as [UInt64])
    func `no more is taken than the limit allows, until something is given back`(limit: UInt64) {
        let counter = SharedCounter()
        for _ in 0..<limit { #expect(counter.take(below: limit)) }
        #expect(!counter.take(below: limit))
        #expect(counter.current == limit)
        if limit > 0 {
            counter.giveBack()
            #expect(!counter.take(below: limit - 1))
            #expect(counter.take(below: limit))
        }
        #expect(!counter.take(below: limit))
    }

    @Test
    func `a number that is replaced is told to exactly one`() async {
        let counter = SharedCounter()
        counter.replace(with: 1)
        let sum = await withTaskGroup(of: UInt64.self) { group in
            for _ in 0..<8 { group.addTask { counter.replace(with: 0) } }
            return await group.reduce(0, +)
        }
        #expect(sum == 1)
        #expect(counter.current == 0)
    }

    @Test
    func `many at once never have more than the limit`() async {
        let counter = SharedCounter()
        let most = SharedCounter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<20_000 where counter.take(below: 3) {
                        while case let seen = counter.current, seen > most.current {
                            most.replace(with: seen)
                        }
                        counter.giveBack()
                    }
                }
            }
        }
        #expect(most.current <= 3)
        #expect(counter.current == 0)
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

import Bytes
import Testing

/// Counts how many of its kind exist.
private final class Witness {
    final class Count { var existing = 0 }

    let number: Int
    private let count: Count

    init(_ number: Int, _ count: Count) {
        self.number = number
        self.count = count
        count.existing += 1
    }

    deinit { count.existing -= 1 }
}

@Suite
struct SlabTests {
    @Test
    func `a token of an element that is gone matches nothing that came after it`() throws {
        var slab = Slab<Int>(limit: 128)
        let firstPlace = slab.insert(1)
        let first = try #require(firstPlace)
        _ = slab.remove(at: first.index)
        let secondPlace = slab.insert(2)
        let second = try #require(secondPlace)
        let knowsFirst = slab.contains(first)
        let knowsSecond = slab.contains(second)
        #expect(second.index == first.index)
        #expect(!knowsFirst)
        #expect(knowsSecond)
    }

    @Test
    func `a full slab refuses one more element`() {
        var slab = Slab<Int>(limit: 64)
        for number in 0..<64 {
            let token = slab.insert(number)
            #expect(token != nil)
        }
        let oneMore = slab.insert(64)
        let count = slab.count
        let sum = slab[63] + slab[0]
        #expect(oneMore == nil)
        #expect(count == 64)
        #expect(sum == 63)
    }

    @Test
    func `a slot that was freed in a full slab is used again`() throws {
        var slab = Slab<Int>(limit: 3)
        for number in 0..<3 { _ = slab.insert(number) }
        let removed = slab.remove(at: 1)
        #expect(removed == 1)
        let place = slab.insert(7)
        let token = try #require(place)
        let oneMore = slab.insert(8)
        #expect(token.index == 1)
        #expect(oneMore == nil)
    }

    @Test
    func `two elements can be worked on at once`() throws {
        var slab = Slab<[Int]>(limit: 64)
        let onePlace = slab.insert([1])
        let one = try #require(onePlace)
        let twoPlace = slab.insert([2])
        let two = try #require(twoPlace)
        swap(&slab[one.index], &slab[two.index])
        let values = [slab[one.index], slab[two.index]]
        #expect(values == [[2], [1]])
    }

    @Test
    func `a token survives the way through sixty-four bits`() throws {
        var slab = Slab<Int>(limit: 8)
        for number in 0..<3 { _ = slab.insert(number) }
        _ = slab.remove(at: 2)
        let place = slab.insert(9)
        let token = try #require(place)
        let copy = Token(rawValue: token.rawValue)
        let knows = slab.contains(copy)
        #expect(knows)
        #expect(copy == token)
        #expect(token.rawValue >> 62 == 0)
        #expect(token.generation == 2)
    }

    @Test(arguments: [UInt64(0), 1 << 32, 1 << 32 | 7, 2 << 32, .max])
    func `a token that was never given matches nothing`(rawValue: UInt64) {
        var slab = Slab<Int>(limit: 8)
        for number in 0..<3 { _ = slab.insert(number) }
        _ = slab.remove(at: 0)
        let knows = slab.contains(Token(rawValue: rawValue))
        #expect(!knows)
    }

    @Test
    func `elements leave with the slab, or when they are taken out`() throws {
        let count = Witness.Count()
        do {
            var slab = Slab<Witness>(limit: 100)
            for number in 0..<100 { _ = slab.insert(Witness(number, count)) }
            let refused = slab.insert(Witness(100, count))
            #expect(refused == nil)
            #expect(count.existing == 100)
            for index in stride(from: 0, to: 100, by: 3) {
                let number = slab.remove(at: index).number
                #expect(number == index)
            }
            #expect(count.existing == 66)
        }
        #expect(count.existing == 0)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `a slab agrees with a dictionary over many random steps`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var slab = Slab<UInt64>(limit: 200)
        var model: [UInt64: UInt64] = [:]
        var gone: [Token] = []
        for _ in 0..<20_000 {
            if model.isEmpty || Bool.random(using: &random) {
                let value = random.next()
                let token = slab.insert(value)
                #expect((token == nil) == (model.count == 200))
                guard let token else { continue }
                let isNew = model.updateValue(value, forKey: token.rawValue) == nil
                #expect(isNew)
            } else if let name = model.keys.randomElement(using: &random) {
                let token = Token(rawValue: name)
                let knows = slab.contains(token)
                #expect(knows)
                let removed = slab.remove(at: token.index)
                #expect(removed == model.removeValue(forKey: name))
                gone.append(token)
            }
            let count = slab.count
            #expect(count == model.count)
        }
        for (name, value) in model {
            let token = Token(rawValue: name)
            let found = slab[token.index]
            let full = slab.token(at: token.index)
            #expect(found == value)
            #expect(full == token)
        }
        let alive = gone.count { slab.contains($0) }
        #expect(alive == 0)
    }
}

import Testing

@testable import Proxy

@Suite
struct RollCallTests {
    @Test
    func `nobody is missing when all answered, before the wait or during it`() async {
        let roll = RollCall(count: 3)
        roll.answer(2)
        roll.answer(0)
        Task { roll.answer(1) }
        #expect(await roll.wait(nanoseconds: 60_000_000_000) == [])
    }

    @Test
    func `who has not answered at the end of the time is named`() async {
        let roll = RollCall(count: 4)
        roll.answer(1)
        roll.answer(1)
        #expect(await roll.wait(nanoseconds: 1_000_000) == [0, 2, 3])
        roll.answer(0)
    }

    @Test
    func `a roll of nobody is over at once`() async {
        #expect(await RollCall(count: 0).wait(nanoseconds: 60_000_000_000) == [])
    }

    @Test
    func `many answers at once conclude one wait`() async {
        for _ in 0..<200 {
            let roll = RollCall(count: 8)
            let missing = await withTaskGroup(of: Void.self) { group in
                for number in 0..<8 { group.addTask { roll.answer(number) } }
                return await roll.wait(nanoseconds: 60_000_000_000)
            }
            #expect(missing == [])
        }
    }
}

@Suite
struct CrewTests {
    @Test
    func `a connection stays while no other worker has clearly fewer`() throws {
        let crew = try Crew(workers: 3)
        for _ in 0...Limits.imbalance { #expect(place(on: 1, crew) == 1) }
        #expect(crew.home(forConnectionOf: 1) == 0)
        #expect(crew.home(forConnectionOf: 0) == 0)
    }

    @Test
    func `a connection goes to the worker with the fewest`() throws {
        let crew = try Crew(workers: 3)
        for _ in 0..<20 { crew.connectionOpened(by: 0) }
        for _ in 0..<5 { crew.connectionOpened(by: 1) }
        #expect(crew.home(forConnectionOf: 0) == 2)
        for _ in 0..<20 { crew.connectionClosed(by: 0) }
        #expect(crew.home(forConnectionOf: 0) == 0)
    }

    @Test
    func `a worker alone keeps everything`() throws {
        let crew = try Crew(workers: 1)
        for _ in 0..<1_000 { #expect(place(on: 0, crew) == 0) }
    }

    @Test
    func `whatever is accepted where, the workers stay even`() throws {
        var random = SeededRandom(seed: 5)
        let crew = try Crew(workers: 4)
        var loads = [0, 0, 0, 0]
        for number in 0..<5_000 {
            // Most arrive at the first worker, as a port shared unevenly makes it.
            let acceptor = number.isMultiple(of: 3) ? Int.random(in: 0..<4, using: &random) : 0
            loads[place(on: acceptor, crew)] += 1
            let least = loads.min() ?? 0
            let most = loads.max() ?? 0
            #expect(most <= least + Limits.imbalance + least / 16 + 1)
        }
    }

    @Test
    func `clients leave descriptors to the connections that their requests need`() throws {
        let crew = try Crew(workers: 1)
        while crew.takeDescriptor(for: .downstream) {}
        #expect(crew.takeDescriptor(for: .upstream))
    }

    @Test
    func `descriptors are given out up to the limit, less the reserve`() throws {
        let crew = try Crew(workers: 1)
        var taken = 0
        while crew.takeDescriptor(for: .upstream) { taken += 1 }
        #expect(taken >= 16)
        #expect(!crew.takeDescriptor(for: .upstream))
        crew.giveDescriptorBack()
        #expect(crew.takeDescriptor(for: .upstream))
        #expect(!crew.takeDescriptor(for: .upstream))
    }

    private func place(on worker: Int, _ crew: Crew) -> Int {
        let home = crew.home(forConnectionOf: worker)
        crew.connectionOpened(by: home)
        return home
    }
}

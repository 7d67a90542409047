import Foundation
import Kernel
import Testing

extension LiveTests {
    /// Rehearsals by seed: whatever peers say, in whatever pieces and order, whenever they leave.
    @Suite
    struct RehearsalTests {
        private static let rounds = 500

        @Test
        func `whatever is said, each answer belongs to its request and nothing is left`() throws {
            let seed = SeededRandom.announcedSeed("rehearsals")
            let ground = try #require(Rehearsal.Ground.lasting)
            var relayed = 0
            var answers = 0
            var statuses: [Int: Int] = [:]
            let deadline = Instant.now().advanced(byMilliseconds: 60_000)
            var round = 0
            let rounds = SeededRandom.isRepeating ? 1 : Self.rounds
            while round < rounds, Instant.now() < deadline {
                var random = SeededRandom(seed: seed &+ UInt64(round))
                let bytes = (0..<Int.random(in: 10...600, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                let (faults, verdict) = Rehearsal.faults(playing: bytes, on: ground)
                #expect(faults.isEmpty, "SLUICE_SEED=\(seed &+ UInt64(round)) repeats it")
                if SeededRandom.isRepeating, let verdict { print(verdict.protocolText) }
                relayed += verdict?.relayedCount ?? 0
                answers += verdict?.answerCount ?? 0
                statuses.merge(verdict?.statuses ?? [:]) { $0 + $1 }
                round += 1
            }
            print("\(round) rehearsals, \(answers) answers, \(relayed) relayed: \(statuses)")
            // A machine that is busy elsewhere does not get through all of them.
            #expect(round == rounds || round > 50)
            #expect(relayed > round || SeededRandom.isRepeating)
        }

        /// The fuzzer's first inputs and what it has found, each by its name.
        @Test
        func `the kept rehearsals have no fault`() throws {
            let folder = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Fuzz/Corpus/ExchangeFuzz").standardized
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names.contains("unasked"))
            for name in names {
                let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
                #expect(Rehearsal.faults(playing: bytes).isEmpty, "\(name)")
            }
        }
    }
}

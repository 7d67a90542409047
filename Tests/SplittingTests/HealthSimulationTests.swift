import Splitting
import Testing

/// Random checks, failures, drains and jumps of the clock against what must always hold.
@Suite struct HealthSimulationTests {
    private static let targets = ["a", "b", "c", "d"]

    /// What a target's checks say, worked out anew from all of them.
    private struct Reference {
        var verdicts: [CheckVerdict] = []
        let rise: Int
        let fall: Int

        var level: HealthState {
            var level = HealthState.unknown
            for count in 1...max(1, verdicts.count) where count <= verdicts.count {
                let seen = verdicts[..<count]
                let (rise, fall) = level == .unknown ? (1, 1) : (rise, fall)
                if last(fall, of: seen, are: Self.isFailed) {
                    level = .down
                } else if last(rise, of: seen, are: { $0 == .sound }) {
                    level = .sound
                } else if level == .down {
                    if last(rise, of: seen, are: { !Self.isFailed($0) }) { level = .degraded }
                } else if last(fall, of: seen, are: { $0 != .sound }) {
                    level = .degraded
                }
            }
            return level
        }

        private func last(
            _ count: Int, of seen: ArraySlice<CheckVerdict>, are test: (CheckVerdict) -> Bool
        ) -> Bool {
            seen.count >= count && seen.suffix(count).allSatisfy(test)
        }

        private static func isFailed(_ verdict: CheckVerdict) -> Bool {
            if case .failed = verdict { true } else { false }
        }
    }

    private struct World {
        var random: FastRandom
        var upstream: UpstreamHealth
        var references: [String: Reference] = [:]
        /// What the changes add up to.
        var told: [String: HealthState] = [:]
        var drained: Set<String> = []
        var now: Int64 = 0

        init(seed: UInt64) {
            random = FastRandom(seed: seed)
            let rules = HealthRules(
                checks: .init(
                    rise: Int.random(in: 1...3, using: &random),
                    fall: Int.random(in: 1...4, using: &random)),
                ejection: .init(
                    base: Int64.random(in: 1...2_000, using: &random),
                    maxSharePercent: [10, 50, 75, 100].randomElement(using: &random) ?? 50),
                slowStart: [0, 500, 7_001].randomElement(using: &random) ?? 0)
            upstream = UpstreamHealth(rules)
            _ = upstream.run(rules, targets: targets, now: 0)
            for target in targets {
                told[target] = .unknown
                references[target] = Reference(
                    rise: rules.checks?.rise ?? 1, fall: rules.checks?.fall ?? 1)
            }
        }

        mutating func step() -> [HealthChange] {
            let target = targets.randomElement(using: &random) ?? "a"
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4:
                let verdict: CheckVerdict =
                    [.sound, .sound, .failed("f"), .degraded("g")]
                    .randomElement(using: &random) ?? .sound
                references[target]?.verdicts.append(verdict)
                return upstream.take(verdict, of: target, now: now)
            case 5...6:
                return upstream.fail(target, "x", now: now)
            case 7:
                drained = Bool.random(using: &random) ? [target] : []
                return upstream.setDrained(drained, now: now)
            default:
                now += Int64.random(in: 0...3_000, using: &random)
                return upstream.advance(to: now)
            }
        }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `whatever happens, no rule is broken`(seed: UInt64) throws {
        var world = World(seed: seed)
        for step in 0..<300 {
            let before = Self.ejected(world.upstream)
            for change in world.step() {
                #expect(world.told[change.target] == change.from, "step \(step)")
                #expect(change.from != change.to)
                world.told[change.target] = change.to
            }
            try check(world, step, ejectedBefore: before)
        }
    }

    private static func ejected(_ upstream: UpstreamHealth) -> Int {
        targets.count { upstream[$0]?.state == .ejected }
    }

    private func check(_ world: World, _ step: Int, ejectedBefore: Int) throws {
        let (upstream, now) = (world.upstream, world.now)
        let rules = try #require(upstream.rules.ejection)
        let ejected = Self.ejected(upstream)
        #expect(ejected <= max(rules.most(of: 4), ejectedBefore), "step \(step)")
        for target in Self.targets {
            let known = try #require(upstream[target])
            #expect(known.state == world.told[target], "step \(step)")
            let level = world.references[target]?.level
            #expect(known.state == level || known.state == .ejected && level != .down)
            let weight = try #require(upstream.standing(of: target, now: now)).weightPercent
            #expect(weight % 5 == 0 && (5...100).contains(weight))
            #expect(weight == 100 || known.state.isUsable)
            #expect(known.since <= now)
            let until = known.ejectedUntil ?? now + 1
            #expect(until > now && until <= now + max(300_000, rules.base))
        }
        // Ejection alone leaves nobody without a target.
        let isOnlyDown = Self.targets.allSatisfy {
            upstream[$0]?.state == .down || world.drained.contains($0)
        }
        #expect(upstream.isUsable || isOnlyDown, "step \(step)")
        #expect(upstream.nextChange(after: now) ?? .max > now)
    }
}

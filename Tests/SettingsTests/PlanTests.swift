import Foundation
import Judging
import Splitting
import Testing

@testable import Settings

/// Plans of rollouts: whole files and the exact text of their faults, Golden/plans/<name>.yaml and
/// <name>.expected; and the plan of conf/.
struct PlanTests {
    private static let folder = repositoryPath("Tests/SettingsTests/Golden/plans/")
    private static let steps = [
        "freeze", "backup", "changes", "migrations", "versions", "health", "smoke", "shift",
        "metrics", "empty", "finish", "remove", "unfreeze", "watch",
    ]

    private static let late = [
        "shift", "metrics", "empty", "finish", "remove", "unfreeze", "watch",
    ]

    static let names: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: folder)
        return (files ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
            .sorted()
    }()

    private func snapshot() throws -> Snapshot {
        let split = { (name: String, members: [String], candidate: String?) in
            SplitSettings(
                name: name, members: members, weights: members.map { _ in .one },
                stable: members[0], candidate: candidate)
        }
        return Snapshot(
            listeners: [],
            upstreams: ["x", "y"].map { UpstreamSettings(name: $0, targets: []) },
            splits: [
                split("kong", ["x", "y"], "y"), split("three", ["x", "y", "z"], "y"),
                split("single", ["x"], nil),
            ])
    }

    private func faults(_ name: String) throws -> String {
        let bytes = try DiskFiles.read(Self.folder + "\(name).yaml").get()
        do throws(SettingsErrors) {
            _ = try RolloutPlan.read(
                bytes, file: "\(name).yaml", environment: [:], for: try snapshotOrFail(),
                acknowledgements: Self.steps, afterwards: Self.late)
            return ""
        } catch {
            return error.errors.map { "\($0)\n" }.joined()
        }
    }

    private func snapshotOrFail() throws(SettingsErrors) -> Snapshot {
        do { return try snapshot() } catch { throw SettingsErrors([]) }
    }

    @Test func `there are golden plans`() { #expect(Self.names.count >= 20) }

    @Test(arguments: names)
    func `the faults of a plan are these`(name: String) throws {
        let expected = try DiskFiles.read(Self.folder + "\(name).expected").get()
        #expect(try faults(name) == String(decoding: expected, as: UTF8.self))
    }

    @Test func `a sound plan says what it says`() throws {
        let bytes = try DiskFiles.read(Self.folder + "sound.yaml").get()
        let plan = try RolloutPlan.read(
            bytes, file: "sound.yaml", environment: [:], for: snapshot(),
            acknowledgements: Self.steps)
        #expect(plan.splits == ["kong"])
        let half = try #require(Weight(hundredths: 50))
        let all = try #require(Weight(hundredths: 10_000))
        #expect(
            plan.steps == [
                .init(weight: half, holdMilliseconds: 1_000),
                .init(
                    weight: all, holdMilliseconds: 86_400_000, minRequests: 5,
                    needsApproval: true),
            ])
        #expect(plan.alpha == 0.01)
        #expect(plan.allowance == .init(factor: 2, plusNanoseconds: 5_000_000))
        #expect(plan.guards.errorShare == .init(above: 0.025, overSeconds: 600, fewest: 1))
        #expect(plan.guards.latency == .init(quantile: 0.99, aboveSeconds: 0.25))
        #expect(plan.guards.noUsableTargetSeconds == nil)
        #expect(plan.action(on: .latency) == .rollback)
        #expect(plan.action(on: .rateLimited) == .pause)
        #expect(plan.action(on: .errors) == .rollback)
        #expect(plan.requirement == .init(errorShareBelow: 0.005, atMostWorse: 2))
        #expect(plan.checklist == ["backup", "health"])
        #expect(plan.smoke == [SmokeRequest(path: "/")])
    }

    @Test func `a plan that has started is not refused for what its start did not mind`() throws {
        let text = "splits: [a]\nsteps: [{weight: 1, hold: 1s}]\nchecklist: [finish, finish]\n"
        let plan = try RolloutPlan.read(
            Array(text.utf8), file: "plan.yaml", environment: [:], acknowledgements: Self.steps)
        #expect(plan.checklist == ["finish", "finish"])
    }

    @Test func `the plan of conf holds before there is nothing to compare with`() throws {
        let bytes = try DiskFiles.read(repositoryPath("conf/rollout/plan.yaml")).get()
        let reading = try SettingsReader.read(
            repositoryPath("conf/sluice.yaml"), environment: [:])
        let plan = try RolloutPlan.read(
            bytes, file: "plan.yaml", environment: [:], for: reading.snapshot,
            acknowledgements: Self.steps)
        #expect(plan.steps.map { "\($0.weight)" } == ["1", "10", "50", "95", "100"])
        #expect(plan.steps[3].needsApproval)
        #expect(plan.alpha == 0.001)
        #expect(plan.actions.allSatisfy { $0.value == $0.key.defaultAction })
    }

    @Test func `what the plan of conf has commented out works too`() throws {
        let bytes = try DiskFiles.read(repositoryPath("conf/rollout/plan.yaml")).get()
        let text = String(decoding: bytes, as: UTF8.self)
            .replacing(/\n# (require|checklist|smoke):/) { "\n\($0.1):" }
        let plan = try RolloutPlan.read(
            Array(text.utf8), file: "plan.yaml", environment: [:], acknowledgements: Self.steps)
        #expect(plan.requirement.atMostWorse == 2)
        #expect(plan.checklist == ["backup", "migrations", "health"])
        #expect(plan.smoke.count == 1)
    }

    @Test func `what connections have not is refused at its place`() throws {
        let listener = { (mode: ListenerMode, split: String, routes: [RouteSettings]) in
            ListenerSettings(
                name: split, address: AddressSetting(host: .name("a"), port: 1), mode: mode,
                split: split, routes: routes)
        }
        let text = """
            splits: [kong]
            steps: [{weight: 10, hold: 10m}]
            judge: {alpha: 0.001, latency: {factor: 2}}
            guards:
              latency: {above: 250ms}
            smoke: [{path: /}]
            """
        let find = { (listeners: [ListenerSettings]) -> [String] in
            var snapshot = try snapshot()
            snapshot.listeners = listeners
            do throws(SettingsErrors) {
                _ = try RolloutPlan.read(
                    Array(text.utf8), file: "plan.yaml", environment: [:], for: snapshot,
                    acknowledgements: [])
                return []
            } catch {
                return error.errors.map { "\($0)" }
            }
        }
        let faults = try find([listener(.tcp, "kong", [])])
        #expect(
            faults == [
                "plan.yaml:3:23: `latency` of `judge` has no data: listeners of mode tcp have the "
                    + "plan's splits, and connections have no answers; expected a split of "
                    + "requests, or no `latency`",
                "plan.yaml:5:3: `latency` of `guards` has no data: listeners of mode tcp have the "
                    + "plan's splits, and connections have no answers; expected a split of "
                    + "requests, or no `latency`",
                "plan.yaml:6:1: `smoke` has nobody to ask: listeners of mode tcp have the plan's "
                    + "splits, and no request is sent there; expected a split of requests, or no "
                    + "`smoke`",
            ])
        // A split that has requests as well, or that nobody has, is asked.
        let route = RouteSettings(when: WhenSettings([]), split: "kong")
        #expect(try find([]).isEmpty)
        #expect(try find([listener(.http, "kong", [])]).isEmpty)
        #expect(
            try find([listener(.tcp, "kong", []), listener(.http, "single", [route])]).isEmpty)
        #expect(try find([listener(.tcp, "single", [route])]).count == 3)
    }

    @Test func `a plan that is cut or mangled anywhere is read or refused`() throws {
        let bytes = try DiskFiles.read(Self.folder + "sound.yaml").get()
        for place in bytes.indices {
            var mangled = bytes
            mangled[place] = UInt8(ascii: ":")
            for text in [Array(bytes[..<place]), mangled] {
                do throws(SettingsErrors) {
                    let plan = try RolloutPlan.read(
                        text, file: "plan.yaml", environment: [:], acknowledgements: Self.steps)
                    #expect(!plan.steps.isEmpty && !plan.splits.isEmpty)
                } catch {
                    #expect(!error.errors.isEmpty)
                    #expect(error.errors.allSatisfy { $0.line > 0 && $0.column > 0 })
                }
            }
        }
    }
}

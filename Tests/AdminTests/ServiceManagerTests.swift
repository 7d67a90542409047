import Addressing
import Foundation
import Kernel
import Logging
import Settings
import Testing

@testable import Admin

/// What is told a service manager, and whose rights the process takes on.
struct ServiceManagerTests {
    private static let own = "\(ProcessFacts.identifier)"

    @Test(arguments: [
        (["WATCHDOG_USEC": "20000000"], 20_000),
        (["WATCHDOG_USEC": "20000000", "WATCHDOG_PID": own], 20_000),
        (["WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"], nil),
        (["WATCHDOG_USEC": "1"], 1), (["WATCHDOG_USEC": "0"], nil),
        (["WATCHDOG_USEC": "-5"], nil), (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
    ])
    func `a watchdog is fed when it is this process's`(
        environment: [String: String], milliseconds: Int?
    ) {
        #expect(ServiceManager.watchdog(environment) == milliseconds)
    }

    @Test(arguments: ["", "relative", "vsock:2:9999", "/", String(repeating: "/a", count: 60)])
    func `an address that cannot be used is passed over`(address: String) {
        let logger = LogLine.logger(LogControl(level: .critical) { _ in })
        #expect(ServiceManager(["NOTIFY_SOCKET": address], logger: logger) == nil)
    }

    @Test(arguments: [
        ["LISTEN_PID": own, "LISTEN_FDS": "x"], ["LISTEN_PID": own, "LISTEN_FDS": "-1"],
        ["LISTEN_PID": own, "LISTEN_FDS": "100000"],
    ])
    func `sockets that are announced wrongly are refused`(environment: [String: String]) {
        #expect(throws: InheritedSocket.Fault.self) { try InheritedSocket.all(environment) }
    }

    @Test(arguments: [
        [:], ["LISTEN_FDS": "3"], ["LISTEN_PID": "1", "LISTEN_FDS": "3"],
        ["LISTEN_PID": own, "LISTEN_FDS": "0"],
    ])
    func `sockets of others are left alone`(environment: [String: String]) throws {
        #expect(try InheritedSocket.all(environment).isEmpty)
    }

    private func snapshot(_ user: String, _ group: String? = nil) -> Snapshot {
        Snapshot(
            listeners: [], upstreams: [], splits: [],
            identity: IdentitySettings(
                user: .init(user, line: 3, column: 7),
                group: group.map { .init($0, line: 4, column: 8) }))
    }

    @Test(arguments: [
        ("nobody-has-this-name", nil, "s:3:7: \"nobody-has-this-name\" is no user of this machine"),
        ("nobody", "no-such-group", "s:4:8: \"no-such-group\" is no group of this machine"),
        ("root", nil, "s:3:7: \"root\" is root"), ("0", nil, "s:3:7: \"0\" is root"),
        ("3999999999", nil, "s:3:7: \"3999999999\" has no group of its own"),
    ])
    func `a user or a group that is not there is refused with its place`(
        user: String, group: String?, expected: String
    ) throws {
        let faults = IdentityCheck.faults(snapshot(user, group), file: "s").map(\.description)
        #expect(faults.count == 1 && faults[0].hasPrefix(expected), "\(faults)")
    }

    @Test func `a user may be a number without a name where a group is said`() {
        let snapshot = snapshot("3999999999", "3999999998")
        #expect(IdentityCheck.faults(snapshot, file: "s").isEmpty)
        #expect(
            IdentityCheck.identity(snapshot)
                == ProcessIdentity(user: 3_999_999_999, group: 3_999_999_998))
    }

    @Test(
        .enabled(if: ProcessIdentity.isRoot, "only root gives files away"),
        arguments: [
            (0o600, false, false), (0o640, false, false), (0o604, false, true),
            (0o640, true, true), (0o600, true, false), (0o004, true, false),
        ])
    func `a secret that the user may not read is told while root still may`(
        mode: Int, isOfGroup: Bool, isReadable: Bool
    ) throws {
        let folder = try TemporaryFolder()
        try folder.write("a-token-of-many-letters\n", to: "ops.token")
        let path = "\(folder.path)/ops.token"
        let nobody = try #require(ProcessIdentity.user("nobody"))
        let group = try #require(nobody.group)
        try FileManager.default.setAttributes(
            [.posixPermissions: mode, .groupOwnerAccountID: isOfGroup ? Int(group) : 0],
            ofItemAtPath: path)
        let text = """
            listeners: {api: {address: 127.0.0.1:0, split: kong}}
            upstreams: {x: {targets: [127.0.0.1:9001]}}
            splits: {kong: {x: 1}}
            admin: {address: 127.0.0.1:0, tokens: [{name: ops, file: \(path)}]}
            user: nobody
            """
        let reading = try SettingsReader.read("s", environment: [:]) { _ in
            .success(Array(text.utf8))
        }
        let faults = IdentityCheck.faults(reading.snapshot, file: "s").map(\.description)
        #expect(faults.isEmpty == isReadable, "\(faults)")
        if !isReadable {
            let told = "s:5:7: \"nobody\" may not read \(path), the token ops;"
            #expect(faults.first?.hasPrefix(told) == true)
        }
    }

    @Test(
        arguments: [(0o600, false), (0o640, false), (0o644, true), (0o660, true), (0o601, true)])
    func `a file of secrets is its owner's and may be shown to the own group`(
        mode: Int, isOpen: Bool
    ) throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "secret")
        let path = "\(folder.path)/secret"
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(FileFacts.isOpenToOthers(path) == isOpen)
        #expect(FileFacts.isOpenToOthers("\(path)-none") == nil)
    }
}

/// What the doctor finds.
struct DoctorTests {
    private func snapshot(connections: Int? = nil) throws -> Snapshot {
        let limit = connections.map { ", limits: {connections: \($0)}" } ?? ""
        let trusted = #"[10.0.0.0/8, "fd00::/8"]"#
        let text = """
            listeners:
              api:
                {address: 127.0.0.1:0, split: kong, trusted_proxies: \(trusted)\(limit)}
              raw: {address: 127.0.0.1:0, split: raw, mode: tcp}
            upstreams:
              x: {targets: [127.0.0.1:9001, 127.0.0.1:9003], kong: true}
              y: {targets: [192.0.2.1:9002], health: kong, send_proxy_protocol: v2}
              z: {targets: [127.0.0.1:9004], kong: true}
              other: {targets: [127.0.0.1:9009]}
            splits:
              kong: {x: 90, y: 10, other: 1}
              raw: {z: 1}
            """
        return try SettingsReader.read("s", environment: [:]) { _ in .success(Array(text.utf8)) }
            .snapshot
    }

    private func facts(
        descriptors: Int = 100_000, waiting: Int? = 4_096, clock: Bool? = true
    ) -> MachineCheck.Facts {
        MachineCheck.Facts(
            mostDescriptors: descriptors, mostWaiting: waiting, isClockRight: clock, kernel: "6.1")
    }

    @Test func `a machine that is fit is found so`() throws {
        let findings = MachineCheck(facts()).findings(try snapshot(connections: 10_000))
        #expect(findings.allSatisfy { $0.level == .ok && $0.advice.isEmpty }, "\(findings)")
    }

    @Test(
        arguments: [
            (1_024, nil, 4_096, true, DoctorFinding.Level.warn, "open files"),
            (1_024, 1_000, 4_096, true, .fail, "open files"),
            (100_000, 60_000, 4_096, true, .fail, "open files"),
            (100_000, nil, 128, true, .warn, "somaxconn"),
            (100_000, nil, nil, true, .warn, "somaxconn"),
            (100_000, nil, 4_096, false, .warn, "clock"),
            (100_000, nil, 4_096, nil, .warn, "clock"),
        ] as [(Int, Int?, Int?, Bool?, DoctorFinding.Level, String)])
    func `what is not right is told`(
        descriptors: Int, connections: Int?, waiting: Int?, clock: Bool?,
        level: DoctorFinding.Level, topic: String
    ) throws {
        let machine = MachineCheck(
            facts(descriptors: descriptors, waiting: waiting, clock: clock))
        let bad = machine.findings(try snapshot(connections: connections)).filter {
            $0.level != .ok
        }
        #expect(bad.map(\.level) == [level] && bad.map(\.topic) == [topic], "\(bad)")
    }

    @Test func `Kong is told whom to believe`() throws {
        let lines = KongLines.all(try snapshot()) { address in
            address.description.hasPrefix("127")
                ? [IPAddress(ipv4: 0x7f00_0001)]
                : [IPAddress(ipv4: 0x0a01_0203)]
        }
        #expect(
            lines == [
                KongLines(
                    upstream: "x",
                    lines: [
                        "trusted_ips = 127.0.0.1/32,10.0.0.0/8,fd00::/8",
                        "real_ip_header = X-Forwarded-For", "real_ip_recursive = on",
                    ]),
                KongLines(
                    upstream: "y",
                    lines: [
                        "trusted_ips = 10.1.2.3/32,10.0.0.0/8,fd00::/8",
                        "real_ip_header = proxy_protocol",
                        "proxy_listen = 0.0.0.0:9002 proxy_protocol  "
                            + "# send_proxy_protocol is v2",
                    ]),
                KongLines(
                    upstream: "z",
                    lines: [
                        "# connections are passed on: without send_proxy_protocol Kong sees "
                            + "Sluice alone"
                    ]),
            ])
    }

    @Test func `a proxy of another version is told of`() {
        let running = { (version: String) in
            DoctorCommand.process(.object(["version": .string(version)]))
        }
        #expect(DoctorCommand.process(nil).level == .ok)
        #expect(running(Version.text).level == .ok)
        let other = running("0.0.0")
        #expect(other.level == .warn && other.line.contains("the running one is 0.0.0"))
    }

    @Test func `a line says what to do on one of its own`() {
        let finding = DoctorFinding(.warn, "clock", "wrong", advice: "set it")
        #expect(finding.line == "warn  clock: wrong\n      set it\n")
        #expect(DoctorFinding(.ok, "clock", "right").line == "ok    clock: right\n")
    }
}

import Testing

@testable import Settings

struct AdminSettingsTests {
    private func admin(_ more: String) throws -> AdminSettings? {
        try snapshot(settingsText(rest: "admin: {address: a:2, \(more)}")).admin
    }

    @Test func `what may be done there is read`() throws {
        let admin = try #require(
            try admin(
                "tokens: [{name: ops, file: t}, {name: wall, file: /u, role: read}], "
                    + "hosts: [Sluice.Example.com], read: token, "
                    + "tls: {certificate: a.pem, key: /k.pem}"))
        #expect(admin.tokens.map(\.role) == [.write, .read])
        #expect(admin.hosts == ["sluice.example.com"])
        #expect(admin.readers == .token)
        #expect(admin.tls == AdminTLS(certificate: "a.pem", key: "/k.pem"))
        let plain = try #require(try self.admin("tokens: []"))
        #expect(plain.hosts.isEmpty && plain.readers == .anybody && plain.tls == nil)
    }

    @Test(arguments: [
        ("tokens: [{name: a, file: b, role: admin}]", "`role` is `admin`; expected read or write"),
        ("hosts: x", "`hosts` is `x`; expected a list"),
        ("hosts: [a/b]", "expected a name such as sluice.example.com"),
        ("hosts: ['a.b:80']", "expected a name such as sluice.example.com, without a port"),
        ("hosts: ['*.b']", "expected a name such as sluice.example.com"),
        ("hosts: [127.0.0.1]", "expected a name such as sluice.example.com"),
        ("read: nobody", "`read` is `nobody`; expected anybody or token"),
        ("tls: {certificate: a}", "`key` of `tls` of admin is missing"),
        ("tls: yes", "`tls` of admin is `yes`; expected a mapping"),
        ("tls: {certificate: a, key: b, ca: c}", "`ca`"),
    ])
    func `a fault is told with what was expected`(more: String, fault: String) {
        let found = faults(settingsText(rest: "admin: {address: a:2, \(more)}"))
        #expect(found.count == 1 && found[0].contains(fault), "\(more): \(found)")
    }

    @Test func `a reload changes all but where and by what it is spoken`() {
        let address = AddressSetting(host: .any, port: 1)
        var before = AdminSettings(address: address, tokens: [TokenSetting(name: "a", file: "a")])
        var next = AdminSettings(address: AddressSetting(host: .any, port: 2))
        next.hosts = ["b"]
        next.readers = .token
        next.tls = AdminTLS(certificate: "c", key: "k")
        let plain = before.taking(next)
        #expect(plain.address == address && plain.tokens.isEmpty && plain.hosts == ["b"])
        #expect(plain.readers == .token && plain.tls == nil)
        before.tls = AdminTLS(certificate: "a", key: "b")
        #expect(before.taking(next).tls == next.tls)
        next.tls = nil
        #expect(before.taking(next).tls == before.tls)
        #expect(before.taking(nil).tokens.isEmpty)
    }
}

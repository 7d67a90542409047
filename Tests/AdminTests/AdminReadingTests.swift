import Admin
import Kernel
import NIOSSL
import Settings
import Testing

/// Reading an Admin API over HTTP: pages, limits, and everything that it may answer instead.
@Suite(.timeLimit(.minutes(5))) struct AdminReadingTests {
    @Test func `every list is read to its last page`() async throws {
        let admin = FakeAdmin("3.4.2", id: "n2")
        admin.state.withLock { $0.mostPerPage = 7 }
        admin.set(.services, (0..<40).reversed().map { FakeAdmin.entity($0, at: 1_000 + $0) })
        admin.set(.routes, (0..<7).map { FakeAdmin.entity($0, at: 1) })
        admin.set(.plugins, [FakeAdmin.entity(1, at: nil, more: ",\"config\":{\"a\":1,\"b\":[2]}")])
        try await admin.serve { url in
            let reading = try await read(url).get()
            #expect(reading.node == KongNode(version: "3.4.2", id: "n2", hostname: "kong-n2"))
            let services = try #require(reading.inventory[.services])
            #expect(services.count == 40 && services.allSatisfy(\.hasTime))
            #expect(services.map(\.id) == services.map(\.id).sorted())
            #expect(reading.inventory[.routes]?.count == 7)
            #expect(reading.inventory[.plugins]?.first?.hasTime == false)
            #expect(reading.inventory[.consumers] == [])
            #expect(reading.inventory.count == 48 && reading.inventory.missingKinds == [])
        }
        #expect(admin.requests.first == "/")
        #expect(admin.requests.contains("/services?size=1000"))
        #expect(admin.requests.contains("/services?size=1000&offset=%2B%2F7"))
    }

    @Test func `a list that is not there is left out`() async throws {
        let admin = FakeAdmin("2.8.1")
        admin.state.withLock { $0.lists["certificates"] = nil }
        try await admin.serve { url in
            let reading = try await read(url).get()
            #expect(reading.inventory.missingKinds == [.certificates])
        }
    }

    @Test(arguments: [
        ("/", FakeAdmin.Fault.status(503), "/: status 503"),
        ("/routes", .status(500), "/routes: status 500"),
        ("/routes", .status(401), "/routes: status 401: it wants a token, or another one"),
        ("/routes", .status(403), "/routes: status 403: the token may not read this"),
        ("/", .status(404), "/: status 404"),
        ("/", .redirect, "/: leads to http://127.0.0.1:1/elsewhere, where nobody follows"),
        ("/plugins", .redirect, "/plugins: leads to http://127.0.0.1:1/elsewhere"),
        ("/", .text("<html>"), "/: no JSON: byte 1"),
        ("/", .text("{}"), "/: no `version`; expected Kong's Admin API"),
        ("/", .text("[]"), "/: an array; expected an object"),
        ("/routes", .text(""), "/routes: no JSON: byte 1: the text ends"),
        ("/routes", .text("{}"), "/routes: no `data`; expected a list"),
        ("/routes", .text("{\"data\":[{}]}"), "/routes: an entity without an id"),
        ("/routes", .text("{\"data\":[{\"id\":\"7\"}]}"), "/routes: an entity without an id"),
        ("/routes", .text("{\"data\":[],\"next\":\"/routes?o\"}"), "/routes: a next page without"),
        ("/routes", .text("{\"data\":[],\"offset\":7}"), "/routes: an `offset` of another kind"),
        ("/routes", .text("{\"data\":[],\"offset\":\"\"}"), "/routes: an `offset` of another"),
        ("/routes", .samePage, "/routes: its pages do not end: a page leads to one before it"),
        ("/routes", .newPages, "/routes: its pages do not end: more than 400 pages in all"),
        ("/routes", .silence, "no whole answer within 2 s"),
        ("/certificates", .huge, "/certificates: more than 32 MiB in a page"),
    ])
    func `what is no answer is told`(path: String, fault: FakeAdmin.Fault, text: String)
        async throws
    {
        let admin = FakeAdmin()
        admin.fail(path, fault)
        try await admin.serve { url in
            let result = await read(url, seconds: fault == .silence ? 2 : 30)
            #expect(result.faultText.hasPrefix(text), "\(result.faultText)")
        }
    }

    @Test func `an id that is there twice is no list`() async throws {
        let admin = FakeAdmin()
        admin.set(.routes, [FakeAdmin.entity(1, at: 1), FakeAdmin.entity(1, at: 1)])
        try await admin.serve { url in
            #expect(await read(url).faultText.contains("is there twice"))
        }
    }

    @Test func `nobody there is told`() async {
        let result = await read("http://127.0.0.1:1")
        #expect(result.faultText.hasPrefix("no connection: "), "\(result.faultText)")
        let unknown = await read("http://no-such-host.invalid:8001")
        #expect(unknown.faultText.hasPrefix("no connection: "), "\(unknown.faultText)")
    }

    @Test func `a list of nothing but 404 is not Kong`() async throws {
        let admin = FakeAdmin()
        admin.state.withLock { $0.lists = [:] }
        try await admin.serve { url in
            let text = await read(url).faultText
            #expect(text.hasPrefix("/: it has none of the lists"), "\(text)")
        }
    }

    @Test func `the token is sent, read anew, and never shown`() async throws {
        let folder = try TemporaryFolder()
        let admin = FakeAdmin()
        admin.state.withLock { $0.token = "s3cret" }
        try folder.write(" wrong\n", to: "token")
        let path = "\(folder.path)/token"
        try await admin.serve { url in
            #expect(await read(url).faultText.hasPrefix("/: status 401"))
            let denied = await read(url, token: path)
            #expect(denied.faultText.hasPrefix("/: status 401"))
            #expect(!denied.faultText.contains("wrong"))
            try folder.write("s3cret\n", to: "token")
            #expect(await read(url, token: path).faultText == "")
            for text in ["", " \n", "two words", "t\u{e9}n"] {
                try folder.write(text, to: "token")
                let fault = await read(url, token: path).faultText
                #expect(fault == "the token: \(path): is none; expected one word of visible ASCII")
            }
            let gone = await read(url, token: path + "x").faultText
            #expect(gone.hasPrefix("the token: \(path)x: "))
        }
    }

    @Test func `only a server whose certificate is trusted is read`() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.certificate, to: "ca.pem")
        try folder.write(Self.otherCertificate, to: "other.pem")
        try folder.write("no PEM", to: "none.pem")
        let tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(Self.certificate.utf8))
                .map { .certificate($0) },
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(Self.key.utf8), format: .pem)))
        let admin = FakeAdmin()
        try await admin.serve(tls: tls) { url in
            #expect(await read(url, ca: "\(folder.path)/ca.pem").faultText == "")
            let other = await read(url, ca: "\(folder.path)/other.pem").faultText
            #expect(other.hasPrefix("TLS: "), "\(other)")
            let system = await read(url).faultText
            #expect(system.hasPrefix("TLS: "), "\(system)")
            let none = await read(url, ca: "\(folder.path)/none.pem").faultText
            #expect(none == "the certificates: \(folder.path)/none.pem: are none; expected PEM")
            let plain = await read(url.replacing("https", with: "http")).faultText
            #expect(!plain.isEmpty)
        }
        let plain = FakeAdmin()
        try await plain.serve { url in
            let fault = await read(
                url.replacing("http", with: "https"), ca: "\(folder.path)/ca.pem")
            #expect(fault.faultText.hasPrefix("TLS: "), "\(fault.faultText)")
        }
    }

    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBijCCATCgAwIBAgIUalYDPT4HE3WJ5Dt2STfTXac2yJowCgYIKoZIzj0EAwIw
        ETEPMA0GA1UEAwwGdGVzdCBhMCAXDTI2MTEyNTIxMzY0NFoYDzIxMjYxMTAxMjEz
        NjQ0WjARMQ8wDQYDVQQDDAZ0ZXN0IGEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
        AATxiNTcV40xZKZ83GihwBa+a1c3S7PKLACK1DYB6U38TRDZwYWXEY6jjS13GDBI
        P7gRqmdY3AAgQVIHquT0iEEYo2QwYjAdBgNVHQ4EFgQUzqZodm7sYW4Zq+nORfYF
        icJ4gBQwHwYDVR0jBBgwFoAUzqZodm7sYW4Zq+nORfYFicJ4gBQwDwYDVR0TAQH/
        BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUCIQCp/oYv
        9yPA3JVPiHym+6CuNwi3GLs29Zk/5OrNORowDgIgQI2rQyK+jEWSqge3EGrKFqD8
        W5tCTBfjG2m1HqKOs7A=
        -----END CERTIFICATE-----

        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVHaibppyLAK71g+1
        MDLJqDT4qHZurgdCSzg+Fgey/D+hRANCAATxiNTcV40xZKZ83GihwBa+a1c3S7PK
        LACK1DYB6U38TRDZwYWXEY6jjS13GDBIP7gRqmdY3AAgQVIHquT0iEEY
        -----END PRIVATE KEY-----

        """

    private static let otherCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIBiTCCATCgAwIBAgIUWGc9lHgavYnRfashalhk7RE5Dq8wCgYIKoZIzj0EAwIw
        ETEPMA0GA1UEAwwGdGVzdCBiMCAXDTI2MTEyNTIxMzY0NFoYDzIxMjYxMTAxMjEz
        NjQ0WjARMQ8wDQYDVQQDDAZ0ZXN0IGIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
        AASLy47FVfTisIRcG+q28O0ah1YaNV9NWFB4q7xz9WvGzAoLU9exaZne5utdmzUl
        YzZdt8QISHA0EytI+EQgcaDEo2QwYjAdBgNVHQ4EFgQUo3NQbSdhBT+kZwG8QFHb
        /CXjcwowHwYDVR0jBBgwFoAUo3NQbSdhBT+kZwG8QFHb/CXjcwowDwYDVR0TAQH/
        BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQCIHrVomEn
        eqtYckX/yYq0MERD8ypSZoGFQYKrLn2TagPrAiBu3AJXVQjh4LWCZ1Pz68Y414L9
        jFHqZB8spWKzD/TXgA==
        -----END CERTIFICATE-----

        """
}

import Bytes
import HTTP
import Testing

struct PathPrefixTests {
    static let paths: [(path: String, prefix: String)] = [
        ("/", "/"), ("/orders", "/orders"), ("/orders/", "/orders"),
        ("/orders/open/3", "/orders/open"), ("/orders/17", "/orders/*"),
        ("/orders/17?a=/b/c", "/orders/*"), ("/orders?x=1", "/orders"), ("/17/18/19", "/*/*"),
        ("/a1/b2", "/a1/b2"), ("/3f2504e04f8911d39a0c0305e82c3301/x", "/*/x"),
        ("*", "/*"), ("", "/"), ("//x", "//x"),
        ("/" + String(repeating: "a", count: 49), "/*"),
    ]

    private func prefix(_ path: String) -> (hash: UInt64, text: String) {
        let bytes = Array("GET \(path) HTTP".utf8)
        let prefix = PathPrefix(bytes.span, ByteRange(4, 4 + path.utf8.count))
        return (prefix.hash, prefix.text(bytes.span))
    }

    @Test(arguments: paths)
    func `a prefix is the first two segments`(path: String, expected: String) {
        #expect(prefix(path).text == expected)
    }

    @Test func `paths of one prefix have one hash, and others another`() {
        #expect(prefix("/orders/1").hash == prefix("/orders/29?x").hash)
        #expect(prefix("/orders/open").hash != prefix("/orders/done").hash)
        #expect(prefix("/ab/c").hash != prefix("/a/bc").hash)
        let all = Self.paths.map { prefix($0.path) }
        for one in all {
            for other in all where one.text != other.text { #expect(one.hash != other.hash) }
        }
    }
}
